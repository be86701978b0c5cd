import { setTimeout as delay } from "node:timers/promises";

/**
 * Writing behind the back of whoever must not wait for a disk: one write at a time, what comes meanwhile waits in
 * memory. A disk that does not answer keeps one of libuv's threads, and nobody else.
 */
export class WriteBehind {
  private readonly write: (text: string) => Promise<unknown>;
  private readonly failed: (error: unknown) => void;
  private readonly join: (waiting: string, text: string) => string;
  private waiting: string | undefined;
  private working: Promise<void> | undefined;

  /**
   * @param join what becomes of a text that waits when another one comes; default: the newer one counts
   * @param failed hears of each write that failed; it is not repeated
   */
  constructor(
    write: (text: string) => Promise<unknown>,
    failed: (error: unknown) => void,
    join: (waiting: string, text: string) => string = (_, text) => text,
  ) {
    this.write = write;
    this.failed = failed;
    this.join = join;
  }

  put(text: string): void {
    this.waiting = this.waiting === undefined ? text : this.join(this.waiting, text);
    this.working ??= this.work();
  }

  private async work(): Promise<void> {
    for (;;) {
      const text = this.waiting;
      if (text === undefined) break;
      this.waiting = undefined;
      await this.write(text).catch(this.failed);
    }
    this.working = undefined;
  }

  /** When all is written, or after so long. */
  async settled(deadlineMs: number): Promise<void> {
    const late = new AbortController();
    await Promise.race([this.working, delay(deadlineMs, undefined, { signal: late.signal }).catch(() => {})]);
    late.abort();
  }
}

/** Lines one after the other, of which so many characters may wait; what comes on top is dropped. */
export const appended =
  (most: number) =>
  (waiting: string, text: string): string =>
    waiting.length + text.length > most ? waiting : waiting + text;
