import { createReadStream, existsSync, readFileSync, write } from "node:fs";
import { appendFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { appended, WriteBehind } from "../../base/behind.ts";
import { messageOf } from "../../base/message.ts";
import { type AgentEvent, readEvents } from "../../report/watch.ts";

const keep = 2000;
/** A timeline of more is no timeline. */
const mostRead = 20_000;
/** Characters that wait for a disk that does not answer. */
const mostWaiting = 4 * 1024 * 1024;
const writeTo = promisify(write);

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

/**
 * The incident log of one host: the last entries in memory, all of them as JSON lines on disk and as text on stdout,
 * written behind: whoever adds one waits for no disk.
 */
export class EventLog {
  private readonly file: string;
  private readonly disk: WriteBehind;
  private readonly terminal: WriteBehind;
  private readonly host: string;
  private readonly boot = bootId();
  private readonly entries: AgentEvent[];
  private seq: number;

  constructor(file: string, host: string) {
    this.file = file;
    this.host = host;
    // A full disk must not stop the agent; the entry stays in memory and on stdout.
    const failed = (error: unknown) => this.terminal.put(`incident log ${file}: ${messageOf(error)}\n`);
    this.disk = new WriteBehind((text) => appendFile(file, text), failed, appended(mostWaiting));
    // Also a pipe to a log that hangs would hold us: by a thread, not by process.stdout.
    this.terminal = new WriteBehind(
      (text) => writeTo(1, text),
      () => {},
      appended(mostWaiting),
    );
    // Also the file before (logs.ts rotates): the count must go on, and so must the story.
    const texts = [`${file}.1`, file].map((name) => (existsSync(name) ? readFileSync(name, "utf8") : ""));
    const lines = texts.join("").split("\n").slice(-keep);
    this.entries = lines.flatMap(parseLine);
    this.seq = this.entries.at(-1)?.seq ?? 0;
    // Otherwise the first new entry would be lost in the half line of a power cut.
    if (texts[1] !== "" && !texts[1]?.endsWith("\n")) this.disk.put("\n");
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
    this.terminal.put(`${new Date(event.wallMs).toISOString()} ${kind} ${subject}: ${text}\n`);
    this.disk.put(`${JSON.stringify(event)}\n`);
  }

  /** At the end: what is still on its way, for so long, ms. */
  async settled(deadlineMs: number): Promise<void> {
    await Promise.all([this.disk.settled(deadlineMs), this.terminal.settled(deadlineMs)]);
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
