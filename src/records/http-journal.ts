import { type FileHandle, mkdir, open, statfs } from "node:fs/promises";
import { join } from "node:path";
import type { CallEvent } from "../app/contract.ts";
import type { Events } from "../app/log.ts";
import { messageOf } from "../message.ts";

/** The journal can not be written: nothing of the batch counts as taken. */
export class JournalError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "JournalError";
  }
}

interface Waiting {
  text: string;
  resolve: () => void;
  reject: (error: unknown) => void;
}

const reserveBytes = 4 * 1024 * 1024;

/**
 * Journal of the events that came over HTTP: segments of JSON lines, only appended to. `append` resolves when the
 * events are on the disk; whoever comes while a sync is under way shares the next one (group commit).
 * After any fault the segment is cut back to what was acknowledged and never written again, so that a reader's
 * position in it stays true.
 */
export class HttpJournal implements AsyncDisposable {
  readonly #directory: string;
  readonly #events: Events;
  readonly #segmentBytes: number;
  #segment: { handle: FileHandle; bytes: number } | undefined;
  #waiting: Waiting[] = [];
  #flushing: Promise<void> | undefined;
  #fault: string | undefined;
  #serial = 0;

  constructor(directory: string, events: Events, segmentBytes = 16 * 1024 * 1024) {
    this.#directory = directory;
    this.#events = events;
    this.#segmentBytes = segmentBytes;
  }

  /** @throws JournalError when they are not on the disk: none of them counts as taken. */
  append(list: readonly CallEvent[]): Promise<void> {
    if (list.length === 0) return Promise.resolve();
    const text = list.map((event) => `${JSON.stringify(event)}\n`).join("");
    return new Promise((resolve, reject) => {
      this.#waiting.push({ text, resolve, reject });
      this.#flushing ??= this.#flush().finally(() => {
        this.#flushing = undefined;
      });
    });
  }

  /** Whether the next append is likely to succeed. */
  async health(): Promise<{ ok: boolean; detail: string }> {
    try {
      const { bavail, bsize } = await statfs(this.#directory);
      const free = bavail * bsize;
      if (free < reserveBytes) return { ok: false, detail: `only ${Math.floor(free / 1024)} KiB free` };
      return {
        ok: true,
        detail: this.#fault === undefined ? "writable" : `was not writable: ${this.#fault}`,
      };
    } catch (error) {
      return { ok: false, detail: (error as Error).message };
    }
  }

  async #flush(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0);
      try {
        await this.#write(batch.map((entry) => entry.text).join(""));
        if (this.#fault !== undefined) this.#events.journalBack();
        this.#fault = undefined;
        for (const entry of batch) entry.resolve();
      } catch (error) {
        if (this.#fault === undefined) this.#events.journalFault(error);
        this.#fault = messageOf(error);
        const refusal = new JournalError(this.#fault, { cause: error });
        for (const entry of batch) entry.reject(refusal);
      }
    }
  }

  async #write(text: string): Promise<void> {
    const segment = await this.#current();
    const bytes = Buffer.from(text, "utf8");
    try {
      let written = 0;
      while (written < bytes.length)
        written += (await segment.handle.write(bytes, written, bytes.length - written)).bytesWritten;
      await segment.handle.datasync();
      segment.bytes += bytes.length;
    } catch (error) {
      this.#segment = undefined;
      await this.#abandon(segment);
      throw error;
    }
  }

  /** Takes back what was not acknowledged. When even that fails the events are kept twice or in part: harmless, ids are unique. */
  async #abandon(segment: { handle: FileHandle; bytes: number }): Promise<void> {
    try {
      await segment.handle.truncate(segment.bytes);
    } catch (error) {
      this.#events.journalFault(error);
    } finally {
      await segment.handle.close().catch((error: unknown) => this.#events.journalFault(error));
    }
  }

  async #current(): Promise<{ handle: FileHandle; bytes: number }> {
    if (this.#segment && this.#segment.bytes >= this.#segmentBytes) {
      await this.#segment.handle.close();
      this.#segment = undefined;
    }
    if (!this.#segment) {
      const stamp = new Date().toISOString().replaceAll(/[-:.]/g, "");
      const name = `${stamp}-${process.pid}-${++this.#serial}.log`;
      const handle = await open(join(this.#directory, name), "ax", 0o640);
      // The name of a new file is durable only when its directory is.
      const directory = await open(this.#directory, "r");
      try {
        await directory.sync();
      } finally {
        await directory.close();
      }
      this.#segment = { handle, bytes: 0 };
    }
    return this.#segment;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#flushing;
    await this.#segment?.handle.close();
    this.#segment = undefined;
  }
}

/** Makes the directory if needed. */
export async function openHttpJournal(directory: string, events: Events): Promise<HttpJournal> {
  await mkdir(directory, { recursive: true, mode: 0o750 });
  return new HttpJournal(directory, events);
}
