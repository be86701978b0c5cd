import { closeSync, type FSWatcher, fstatSync, openSync, statSync, watch } from "node:fs";
import { join } from "node:path";
import { type Carried, CarriedReader, carriedFile } from "./carrier.ts";

/**
 * Is all on the disk that stands in the journal in memory now? Nobody waits longer for that than said: while a disk does
 * not answer, and until all has been carried again, nobody waits at all.
 */
export class Kept {
  private readonly memory: string;
  private readonly files: readonly string[];
  private readonly book: CarriedReader;
  /** Files that there are: asking an open one for its size costs half as much as asking by name. */
  private readonly open = new Map<string, number>();
  private readonly waiting = new Set<(carried: Carried) => void>();
  private watcher: FSWatcher | undefined;
  private late = false;

  /** @param files names that there may be */
  constructor(memory: string, files: readonly string[]) {
    this.memory = memory;
    this.files = files;
    this.book = new CarriedReader(memory);
  }

  private sizes(): [name: string, size: number][] {
    return this.files.flatMap((name) => {
      const size = this.sizeOf(name);
      return size === 0 ? [] : [[name, size] as [string, number]];
    });
  }

  /** @returns 0: there is none */
  private sizeOf(name: string): number {
    const known = this.open.get(name);
    if (known !== undefined) {
      const { size, nlink } = fstatSync(known);
      if (nlink > 0) return size;
      // Removed, and perhaps made anew.
      this.open.delete(name);
      closeSync(known);
    }
    const path = join(this.memory, name);
    const found = statSync(path, { throwIfNoEntry: false });
    if (!found) return 0;
    try {
      this.open.set(name, openSync(path, "r"));
    } catch {
      // By name again the next time.
    }
    return found.size;
  }

  /** @returns whether it is, within so many ms */
  async wait(deadlineMs: number): Promise<boolean> {
    const wanted = this.sizes();
    const done = (carried: Carried): boolean => wanted.every(([name, size]) => (carried[name] ?? 0) >= size);
    // Before the look: what is carried behind it has a notice.
    const told = this.watch();
    if (done(this.book.read())) {
      this.late = false;
      return true;
    }
    if (this.late || !told) return false;
    return new Promise<boolean>((resolve) => {
      const end = (kept: boolean) => {
        clearTimeout(deadline);
        this.waiting.delete(look);
        this.late = !kept;
        resolve(kept);
      };
      const look = (carried: Carried) => {
        if (done(carried)) end(true);
      };
      const deadline = setTimeout(() => end(done(this.book.read())), deadlineMs);
      this.waiting.add(look);
    });
  }

  /** @returns false: nobody carries here yet */
  private watch(): boolean {
    if (this.watcher) return true;
    try {
      this.watcher = watch(carriedFile(this.memory), { persistent: false }, () => {
        if (this.waiting.size === 0) return;
        const carried = this.book.read();
        for (const look of [...this.waiting]) look(carried);
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
    this.book.close();
    for (const fd of this.open.values()) closeSync(fd);
    this.open.clear();
  }
}
