import { type FSWatcher, watch } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import { type Line, maxLineBytes, readLines, type Segment, SegmentList } from "./segments.ts";

/** Without inotify, and while there is no directory yet, everything is looked at so often. */
const pollMs = 250;
/** A notice that inotify lost (its queue was full) is made up for so often. */
const safetyMs = 5000;

/**
 * Follows the segments of one journal directory: tells when something was written, and looks only at what was. Files
 * stay open between two looks.
 */
export class Follower {
  private readonly list: SegmentList;
  private readonly onFault: (error: unknown) => void;
  private readonly handles = new Map<string, FileHandle>();
  private readonly changed = new Set<string>();
  /** All that ever grew, of those that there are: they are looked at after a pause. */
  private readonly growing = new Set<string>();
  private paused = false;
  /** Of the directory, as it was looked at last. */
  private directoryMs: number | undefined;
  private everything = true;
  private listedAt = 0;
  private watcher: FSWatcher | undefined;
  private wake: (() => void) | undefined;
  private told = false;

  /** @param onFault what inotify says; following goes on without it. */
  constructor(directory: string, onFault: (error: unknown) => void) {
    this.list = new SegmentList(directory);
    this.onFault = onFault;
  }

  /** Calls `wake` whenever something was written, until it is closed. */
  start(wake: () => void): void {
    this.wake = wake;
    this.watch();
  }

  /** How long from now until the whole directory is to be looked at, without any notice, ms; 0 or less: now. */
  dueInMs(): number {
    if (this.everything) return 0;
    return this.listedAt + (this.watcher || this.paused ? safetyMs : pollMs) - performance.now();
  }

  /** This (everything, if none is named) is to be looked at again, whether it has grown or not. */
  again(name?: string): void {
    if (name === undefined) this.everything = true;
    else this.changed.add(name);
  }

  /**
   * No notices until the next look, if something is to be looked at anyway: a wake-up for each line costs more than all
   * that is done with it.
   */
  pause(): void {
    if (this.changed.size === 0 || !this.watcher) return;
    this.watcher.close();
    this.watcher = undefined;
    this.paused = true;
  }

  /** Notices come again; what may have been missed is looked at. @returns whether files were made, renamed or removed */
  private async resume(): Promise<boolean> {
    this.paused = false;
    this.watch();
    for (const name of this.growing) this.changed.add(name);
    const before = this.directoryMs;
    this.directoryMs = await modifiedMs(this.list.directory);
    return this.directoryMs === undefined || this.directoryMs !== before;
  }

  /**
   * Segments that may have grown since the last look, or all that there are.
   * @throws Error of the file system
   */
  async look(all: boolean): Promise<Segment[]> {
    const moved = this.paused && (await this.resume());
    const names = [...this.changed].sort();
    this.changed.clear();
    if (!all && !moved) return names.length === 0 ? [] : this.list.look(names);
    this.everything = false;
    this.listedAt = performance.now();
    this.watch();
    this.directoryMs = await modifiedMs(this.list.directory);
    const segments = await this.list.list();
    const there = new Set(segments.map((segment) => segment.name));
    for (const name of this.growing) if (!there.has(name)) this.growing.delete(name);
    const keys = new Set(segments.map((segment) => segment.key));
    for (const key of this.handles.keys()) if (!keys.has(key)) await this.close(key);
    return segments;
  }

  /**
   * Complete lines of a segment from `offset` on; none, if it was renamed since the look: then the next one finds it.
   * @throws Error of the file system
   */
  async read(segment: Segment, offset: number): Promise<{ lines: Line[]; next: number }> {
    const handle = await this.handle(segment);
    if (handle) return readLines(handle, offset, Math.min(maxLineBytes, segment.size - offset));
    this.everything = true;
    return { lines: [], next: offset };
  }

  /** What was read is on the disk. @throws Error of the file system */
  async sync({ key }: Segment): Promise<void> {
    await this.handles.get(key)?.datasync();
  }

  private async handle({ key, path, ino }: Segment): Promise<FileHandle | undefined> {
    const known = this.handles.get(key);
    if (known) return known;
    try {
      const handle = await open(path, "r");
      if ((await handle.stat()).ino === ino) {
        this.handles.set(key, handle);
        return handle;
      }
      await handle.close();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
    return undefined;
  }

  private async close(key: string): Promise<void> {
    const handle = this.handles.get(key);
    this.handles.delete(key);
    await handle?.close();
  }

  private watch(): void {
    if (this.watcher || !this.wake) return;
    const wake = this.wake;
    try {
      this.watcher = watch(this.list.directory, (what, name) => {
        // Created, renamed, removed: names may mean other files now.
        if (what === "rename" || name === null) this.everything = true;
        else if (name.endsWith(".log")) {
          this.changed.add(name);
          this.growing.add(name);
        } else return;
        wake();
      });
      this.watcher.on("error", (error) => {
        this.watcher?.close();
        this.watcher = undefined;
        this.fault(error);
      });
    } catch (error) {
      // Kamailio has never been started here: the next look tries again.
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") this.fault(error);
    }
  }

  /** Once: it is tried again with each look. */
  private fault(error: unknown): void {
    if (!this.told) this.onFault(error);
    this.told = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.wake = undefined;
    this.paused = false;
    this.watcher?.close();
    this.watcher = undefined;
    for (const key of [...this.handles.keys()]) await this.close(key);
  }
}

/** @returns undefined: there is no such thing */
async function modifiedMs(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).mtimeMs;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return undefined;
  }
}
