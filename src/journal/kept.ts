import { type FSWatcher, statSync, watch } from "node:fs";
import { join } from "node:path";
import { carriedFile, readCarried } from "./carrier.ts";

/**
 * Is all on the disk that stands in the journal in memory now? Nobody waits longer for that than said: while a disk does
 * not answer, and until all has been carried again, nobody waits at all.
 */
export class Kept {
  private readonly memory: string;
  private readonly files: readonly string[];
  private readonly waiting = new Set<() => void>();
  private watcher: FSWatcher | undefined;
  private late = false;

  /** @param files names that there may be */
  constructor(memory: string, files: readonly string[]) {
    this.memory = memory;
    this.files = files;
  }

  private sizes(): [name: string, size: number][] {
    return this.files.flatMap((name) => {
      const size = statSync(join(this.memory, name), { throwIfNoEntry: false })?.size ?? 0;
      return size === 0 ? [] : [[name, size] as [string, number]];
    });
  }

  /** @returns whether it is, within so many ms */
  async wait(deadlineMs: number): Promise<boolean> {
    const wanted = this.sizes();
    const done = (): boolean => {
      const carried = readCarried(this.memory);
      return wanted.every(([name, size]) => (carried[name] ?? 0) >= size);
    };
    if (done()) {
      this.late = false;
      return true;
    }
    if (this.late || !this.watch()) return false;
    return new Promise<boolean>((resolve) => {
      const end = (kept: boolean) => {
        clearTimeout(deadline);
        this.waiting.delete(look);
        this.late = !kept;
        resolve(kept);
      };
      const look = () => {
        if (done()) end(true);
      };
      const deadline = setTimeout(() => end(done()), deadlineMs);
      this.waiting.add(look);
      // It may have come to the disk meanwhile.
      look();
    });
  }

  /** @returns false: nobody carries here yet */
  private watch(): boolean {
    if (this.watcher) return true;
    try {
      this.watcher = watch(carriedFile(this.memory), { persistent: false }, () => {
        for (const look of [...this.waiting]) look();
      });
      this.watcher.on("error", () => this.close());
      return true;
    } catch {
      return false;
    }
  }

  close(): void {
    this.watcher?.close();
    this.watcher = undefined;
  }
}
