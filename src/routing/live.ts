import type { Decision, Question } from "../call/contract.ts";
import type { Database } from "../db/database.ts";
import { LiveSnapshot } from "../entities/live.ts";
import type { Events } from "../telemetry/log.ts";
import { decide } from "./decide.ts";
import { registry } from "./registry.ts";

/** The snapshot that decides calls. */
export class LiveRouting extends LiveSnapshot<typeof registry> {
  constructor(file: string, database: Database, events: Events) {
    super(registry, file, database, events);
  }

  decide(question: Question): Decision {
    return decide(this.snapshot, question, Date.now());
  }
}
