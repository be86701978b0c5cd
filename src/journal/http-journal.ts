import { existsSync } from "node:fs";
import { type FileHandle, mkdir, open, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { messageOf } from "../base/message.ts";
import type { CallEvent } from "../call/contract.ts";
import { eventWithoutPin } from "../call/pin.ts";
import type { Events } from "../telemetry/log.ts";
import { aheadOf, giveBack, reserveAhead, reserveBytes, spaceOf } from "./reserve.ts";

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

/** A disk that takes longer is not waited for: whoever sent the events is told, and sends them again. */
const patienceMs = 2000;

/** A look at the disk is good for so long: the agent asks for the app's health three times a second. */
const lookedMs = 1000;

/** Less than this is as good as full. */
const lowBytes = 4 * 1024 * 1024;

/** A batch of the largest size that the API takes. */
const lowReserve = 512 * 1024;

interface JournalHealth {
  ok: boolean;
  detail: string;
}

const silence = `the disk has not answered for ${patienceMs / 1000} s`;

interface OpenSegment {
  handle: FileHandle;
  path: string;
  bytes: number;
}

/**
 * Journal of the events that came over HTTP: segments of JSON lines, only appended to. `append` resolves when the
 * events are on the disk; whoever comes while a sync is under way shares the next one (group commit).
 * After any fault the segment is cut back to what was acknowledged and never written again, so that a reader's
 * position in it stays true.
 * Each segment has space behind its end that nothing else on a full disk can take (reserve.ts), and goes on beyond its
 * length when there is no room for the next one.
 */
export class HttpJournal implements AsyncDisposable {
  private readonly directory: string;
  private readonly events: Events;
  private readonly segmentBytes: number;
  private segment: OpenSegment | undefined;
  private waiting: Waiting[] = [];
  private flushing: Promise<void> | undefined;
  private fault: string | undefined;
  /** A write that has not come back is under way. */
  private hangs = false;
  private serial = 0;
  private looked: { at: number; health: JournalHealth } | undefined;
  private looking: { since: number; done: Promise<JournalHealth> } | undefined;

  constructor(directory: string, events: Events, segmentBytes = 16 * 1024 * 1024) {
    this.directory = directory;
    this.events = events;
    this.segmentBytes = segmentBytes;
  }

  /** @throws JournalError when they are not on the disk: none of them counts as taken. */
  append(list: readonly CallEvent[]): Promise<void> {
    if (list.length === 0) return Promise.resolve();
    if (this.hangs) return Promise.reject(new JournalError(silence));
    const text = list.map((event) => `${JSON.stringify(eventWithoutPin(event))}\n`).join("");
    return new Promise((resolve, reject) => {
      this.waiting.push({ text, resolve, reject });
      this.flushing ??= this.flush();
    });
  }

  /** Whether the next append is likely to succeed; answers soon, whatever the disk does. */
  async health(): Promise<JournalHealth> {
    if (this.looked && performance.now() - this.looked.at < lookedMs) return this.looked.health;
    this.looking ??= { since: performance.now(), done: this.look() };
    const { since, done } = this.looking;
    const patience = Math.max(0, since + 100 - performance.now());
    const health = await Promise.race([done, delay(patience, undefined, { ref: false })]);
    if (health) return health;
    // A busy disk may take a moment; what was known before still holds.
    if (this.looked && performance.now() - since < patienceMs) return this.looked.health;
    return { ok: false, detail: silence };
  }

  private async look(): Promise<JournalHealth> {
    const health = await this.ask();
    this.looked = { at: performance.now(), health };
    this.looking = undefined;
    return health;
  }

  private async ask(): Promise<JournalHealth> {
    if (this.hangs) return { ok: false, detail: silence };
    try {
      const { free } = await spaceOf(this.directory);
      const reserved = this.segment ? aheadOf(await this.segment.handle.stat()) : 0;
      if (free < lowBytes) {
        const said = `only ${Math.floor(free / 1024)} KiB free, ${Math.floor(reserved / 1024)} KiB reserved`;
        return { ok: reserved > lowReserve, detail: said };
      }
      return {
        ok: true,
        detail: this.fault === undefined ? "writable" : `was not writable: ${this.fault}`,
      };
    } catch (error) {
      return { ok: false, detail: messageOf(error) };
    }
  }

  private async flush(): Promise<void> {
    while (this.waiting.length > 0) {
      const batch = this.waiting.splice(0);
      const timer = setTimeout(() => this.giveUp(batch), patienceMs);
      try {
        await this.write(batch.map((entry) => entry.text).join(""));
        if (this.fault !== undefined) this.events.journalBack();
        this.fault = undefined;
        for (const entry of batch) entry.resolve();
      } catch (error) {
        this.refuse(batch, error);
      } finally {
        clearTimeout(timer);
        this.hangs = false;
      }
    }
    // At once: an append of whoever was just answered comes before any `finally` of this promise, and must find no flush.
    this.flushing = undefined;
  }

  /** Nobody waits any longer. What comes to the disk after all does no harm: it comes again with the same ids. */
  private giveUp(batch: Waiting[]): void {
    this.hangs = true;
    this.looked = undefined;
    this.refuse([...batch, ...this.waiting.splice(0)], new Error(silence));
  }

  private refuse(batch: Waiting[], error: unknown): void {
    if (this.fault === undefined) this.events.journalFault(error);
    this.fault = messageOf(error);
    const refusal = new JournalError(this.fault, { cause: error });
    for (const entry of batch) entry.reject(refusal);
  }

  private async write(text: string): Promise<void> {
    const segment = await this.current();
    const bytes = Buffer.from(text, "utf8");
    try {
      let written = 0;
      while (written < bytes.length)
        written += (await segment.handle.write(bytes, written, bytes.length - written)).bytesWritten;
      await segment.handle.datasync();
      segment.bytes += bytes.length;
    } catch (error) {
      this.segment = undefined;
      await this.abandon(segment);
      throw error;
    }
  }

  /** Takes back what was not acknowledged. When even that fails the events are kept twice or in part: harmless, ids are unique. */
  private async abandon(segment: OpenSegment): Promise<void> {
    try {
      await segment.handle.truncate(segment.bytes);
    } catch (error) {
      this.events.journalFault(error);
    } finally {
      await segment.handle.close().catch((error: unknown) => this.events.journalFault(error));
    }
  }

  /** Makes the first segment, so that its space is reserved before the disk is full. @throws Error of the file system */
  async open(): Promise<void> {
    this.segment ??= await this.begin();
  }

  private async current(): Promise<OpenSegment> {
    const before = this.segment;
    if (before && before.bytes >= this.segmentBytes) {
      const { free } = await spaceOf(this.directory);
      // With too little room for the next one this one goes on.
      if (free >= lowBytes) {
        this.segment = undefined;
        await this.finish(before);
      }
    }
    this.segment ??= await this.begin();
    return this.segment;
  }

  private async begin(): Promise<OpenSegment> {
    const stamp = new Date().toISOString().replaceAll(/[-:.]/g, "");
    const path = join(this.directory, `${stamp}-${process.pid}-${++this.serial}.log`);
    const handle = await open(path, "ax", 0o640);
    const { free, all } = await spaceOf(this.directory);
    try {
      // No more than half of what is left: others need room too.
      const bytes = Math.floor(Math.min(reserveBytes(all), this.segmentBytes, free / 2));
      if (bytes > 0) await reserveAhead(path, bytes);
    } catch (error) {
      // It works without, until the disk is full.
      this.events.journalReserveFault(error);
    }
    // The name of a new file is durable only when its directory is.
    const directory = await open(this.directory, "r");
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
    return { handle, path, bytes: 0 };
  }

  private async finish({ handle, path, bytes }: OpenSegment): Promise<void> {
    await handle.close();
    await tidy(path, bytes);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.flushing;
    if (this.segment) await this.finish(this.segment);
    this.segment = undefined;
  }
}

/** A segment that nobody writes to any more needs no space behind its end; an empty one is not needed at all. */
const tidy = (path: string, bytes: number): Promise<void> =>
  bytes === 0 ? rm(path, { force: true }) : giveBack(path);

/** Makes the directory if needed. */
export async function openHttpJournal(directory: string, events: Events): Promise<HttpJournal> {
  await mkdir(directory, { recursive: true, mode: 0o750 });
  const journal = new HttpJournal(directory, events);
  try {
    // Left by an app that was killed.
    for (const name of await readdir(directory)) {
      const pid = /-(\d+)-\d+\.log$/.exec(name)?.[1];
      if (pid === undefined || existsSync(`/proc/${pid}`)) continue;
      const path = join(directory, name);
      await tidy(path, (await stat(path)).size);
    }
    await journal.open();
  } catch (error) {
    // A full disk must not keep the app from deciding calls.
    events.journalFault(error);
  }
  return journal;
}
