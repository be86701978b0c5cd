import { appendFileSync, createReadStream, existsSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { type AgentEvent, readEvents } from "../../report/watch.ts";

const keep = 2000;
/** A timeline of more is no timeline. */
const mostRead = 20_000;

/** CLOCK_MONOTONIC in ms: the same for all processes of one machine, so that lab hosts can be compared. */
export const monotonicMs = (): number => Number(process.hrtime.bigint() / 1000n) / 1000;

export const bootId = (): string => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();

/** A power cut can leave a half-written line. */
const parseLine = (line: string): AgentEvent[] => {
  try {
    return readEvents([JSON.parse(line)]);
  } catch {
    return [];
  }
};

/** The incident log of one host: the last entries in memory, all of them as JSON lines on disk. */
export class EventLog {
  private readonly file: string;
  private readonly host: string;
  private readonly boot = bootId();
  private readonly entries: AgentEvent[];
  private seq: number;

  constructor(file: string, host: string) {
    this.file = file;
    this.host = host;
    // Also the file before (logs.ts rotates): the count must go on, and so must the story.
    const texts = [`${file}.1`, file].map((name) => (existsSync(name) ? readFileSync(name, "utf8") : ""));
    const lines = texts.join("").split("\n").slice(-keep);
    this.entries = lines.flatMap(parseLine);
    this.seq = this.entries.at(-1)?.seq ?? 0;
    // Otherwise the first new entry would be lost in the half line of a power cut.
    if (texts[1] !== "" && !texts[1]?.endsWith("\n")) this.write("\n");
  }

  /** `beganMsAgo`: what is told began so long before it was noticed. */
  add(kind: string, subject: string, text: string, beganMsAgo?: number): void {
    const event: AgentEvent = {
      seq: ++this.seq,
      wallMs: Date.now(),
      monotonicMs: monotonicMs(),
      boot: this.boot,
      ...(beganMsAgo === undefined ? {} : { beganMsAgo }),
      host: this.host,
      kind,
      subject,
      text,
    };
    this.entries.push(event);
    if (this.entries.length > keep) this.entries.shift();
    process.stdout.write(`${new Date(event.wallMs).toISOString()} ${kind} ${subject}: ${text}\n`);
    this.write(`${JSON.stringify(event)}\n`);
  }

  private write(line: string): void {
    try {
      appendFileSync(this.file, line);
    } catch (error) {
      // A full disk must not stop the agent; the entry stays in memory and on stdout.
      process.stderr.write(`incident log ${this.file}: ${(error as Error).message}\n`);
    }
  }

  /** `seq` of the newest entry. */
  get last(): number {
    return this.seq;
  }

  /** Entries after `seq` that are in memory. */
  since(seq: number): AgentEvent[] {
    return this.entries.filter((event) => event.seq > seq);
  }

  /** Entries of a time (ms since 1970 on this host's clock) and later, from memory or, where that is too short, from disk. */
  async sinceTime(wallMs: number): Promise<AgentEvent[]> {
    const [oldest] = this.entries;
    if (this.entries.length < keep || !oldest || oldest.wallMs < wallMs)
      return this.entries.filter((event) => event.wallMs >= wallMs);
    const found: AgentEvent[] = [];
    for (const name of [`${this.file}.1`, this.file]) {
      if (!existsSync(name)) continue;
      for await (const line of createInterface({ input: createReadStream(name) }))
        found.push(...parseLine(line).filter((event) => event.wallMs >= wallMs));
      found.splice(0, found.length - mostRead);
    }
    return found;
  }
}
