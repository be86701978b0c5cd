import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";

/** Does a disk take what is written? One small write, synced, in a thread of libuv's: it hangs there, and nobody with it. */

const everyMs = 500;

export class DiskProbe {
  private readonly file: string;
  private handle: FileHandle | undefined;
  private since: number | undefined;
  private nextAt = 0;

  /** @param file made when it is missing; its content means nothing */
  constructor(file: string) {
    this.file = file;
  }

  /** Often; never waits. */
  tick(now: number): void {
    if (this.since !== undefined || now < this.nextAt) return;
    this.since = now;
    this.write()
      // A full or read-only disk answers, with an error.
      .catch(() => undefined)
      .finally(() => {
        this.since = undefined;
        this.nextAt = performance.now() + everyMs;
      });
  }

  private async write(): Promise<void> {
    // Synced by the write itself (open(2), O_DSYNC): one way to a thread and back, not two.
    const how = constants.O_WRONLY | constants.O_CREAT | constants.O_DSYNC;
    this.handle ??= await open(this.file, how, 0o600);
    await this.handle.write("1", 0);
  }

  /** For how long the last write has waited until now, ms; 0: it has not. */
  silentMs(now: number): number {
    return this.since === undefined ? 0 : now - this.since;
  }
}
