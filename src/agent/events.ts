import { appendFileSync, existsSync, readFileSync } from "node:fs";
import type { AgentEvent } from "./report.ts";

const keep = 2000;

/** CLOCK_MONOTONIC in ms: the same for all processes of one machine, so that lab hosts can be compared. */
export const monotonicMs = (): number => Number(process.hrtime.bigint() / 1000n) / 1000;

/** The incident log of one host: the last entries in memory, all of them as JSON lines on disk. */
export class EventLog {
  private readonly file: string;
  private readonly host: string;
  private readonly entries: AgentEvent[];
  private seq: number;

  constructor(file: string, host: string) {
    this.file = file;
    this.host = host;
    const lines = existsSync(file) ? readFileSync(file, "utf8").trim().split("\n").slice(-keep) : [];
    // A power cut can leave a half-written last line.
    this.entries = lines.flatMap((line): AgentEvent[] => {
      try {
        return [JSON.parse(line) as AgentEvent];
      } catch {
        return [];
      }
    });
    this.seq = this.entries.at(-1)?.seq ?? 0;
  }

  add(kind: string, subject: string, text: string): void {
    const event = {
      seq: ++this.seq,
      wallMs: Date.now(),
      monotonicMs: monotonicMs(),
      host: this.host,
      kind,
      subject,
      text,
    };
    this.entries.push(event);
    if (this.entries.length > keep) this.entries.shift();
    const line = `${new Date(event.wallMs).toISOString()} ${kind} ${subject}: ${text}`;
    process.stdout.write(`${line}\n`);
    try {
      appendFileSync(this.file, `${JSON.stringify(event)}\n`);
    } catch (error) {
      // A full disk must not stop the agent; the entry stays in memory and on stdout.
      process.stderr.write(`incident log ${this.file}: ${(error as Error).message}\n`);
    }
  }

  /** Entries after `seq`. */
  since(seq: number): AgentEvent[] {
    return this.entries.filter((event) => event.seq > seq);
  }
}
