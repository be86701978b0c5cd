import { appendFile, mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { messageOf } from "../base/message.ts";
import type { Events } from "../telemetry/log.ts";

/** Journal lines that can not be used, set aside with their place, for a person to look at. */
export class Quarantine {
  readonly file: string;
  private readonly events: Events;
  count = 0;

  constructor(file: string, events: Events) {
    this.file = file;
    this.events = events;
  }

  /** Never throws: a full disk must not stop the shipping of good lines; the journal itself still has the line. */
  async add(path: string, offset: number, line: string, error: unknown): Promise<void> {
    const why = messageOf(error);
    this.count++;
    this.events.quarantined(path, offset, why);
    try {
      await mkdir(dirname(this.file), { recursive: true, mode: 0o750 });
      const entry = { at: new Date().toISOString(), path, offset, why, line: line.slice(0, 8192) };
      await appendFile(this.file, `${JSON.stringify(entry)}\n`, { mode: 0o640 });
    } catch (fault) {
      this.events.journalFollowFault(this.file, fault);
    }
  }
}
