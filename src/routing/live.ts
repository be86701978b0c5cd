import type { Decision, Question } from "../call/contract.ts";
import { understood } from "../call/number.ts";
import { Alarms } from "../carriers/alarms.ts";
import { farmOf } from "../carriers/balance.ts";
import { noWorld, type World } from "../carriers/choose.ts";
import type { Consultation } from "../consult/consultation-schema.ts";
import type { Database } from "../db/database.ts";
import { LiveSnapshot } from "../entities/live.ts";
import type { Events } from "../telemetry/log.ts";
import { type Answers, consult } from "./decide.ts";
import { atDesks, seated } from "./desks.ts";
import { registrationsAsked } from "./registered.ts";
import { registry } from "./registry.ts";

/** The snapshot that decides calls. */
export class LiveRouting extends LiveSnapshot<typeof registry> {
  /** Whom of each group, or farm, the last call rang first. Each node knows its own calls only, until it is restarted. */
  private readonly last = new Map<string, string>();

  constructor(file: string, database: Database, events: Events) {
    super(registry, file, database, events);
  }

  /** What guards found to be too much. */
  readonly alarms = new Alarms();

  /** What carriers are chosen by; an app that decides gives its own. */
  world: World = noWorld;

  /** A question as it is meant: who calls, where somebody is logged in at that telephone. */
  seated(question: Question): Question {
    return seated(this.snapshot, question);
  }

  /** Of whom is to be known first whether they are registered. */
  registrationsAsked(question: Question): string[] {
    const meant = seated(this.snapshot, understood(question));
    return registrationsAsked(this.snapshot, meant, Date.now());
  }

  /** A decision that rings where users are logged in. */
  atDesks(decision: Decision): Decision {
    return atDesks(decision, this.snapshot);
  }

  /** The decision, or whom to ask before there is one: then again with the answers. */
  consult(question: Question, answers: Answers): Decision | Consultation {
    const found = consult(this.snapshot, question, Date.now(), answers, {
      world: this.world,
      lastOf: (group) => this.last.get(group),
    });
    if (found.action === "route" || found.action === "reject") this.alarms.note(found.alarms);
    if (found.action !== "route") return found;
    const [first] = found.targets;
    if (found.group !== undefined && first?.type === "user") this.last.set(found.group, first.user);
    const member = first?.type === "uri" ? first.carrier : undefined;
    const farm = member === undefined ? undefined : farmOf(member);
    if (member !== undefined && farm !== undefined) this.last.set(`farm ${farm}`, member);
    if (this.snapshot.indexes.webhooks > 0) return { ...found, tell_ringing: true };
    return found;
  }
}
