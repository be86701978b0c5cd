import {
  closeSync,
  existsSync,
  fdatasyncSync,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  statSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";

/**
 * Carries journal lines from memory, where their writer waits for no disk, to one file on the disk: all that is new at
 * once, synced, in the order of arrival for each writer. Everything here waits for the disk: it belongs into a thread of
 * its own (carry-worker.ts). How far it is stands beside the lines, for whoever wants to know that a line is safe
 * (kept.ts), and for the next carrier. One that ended in between repeats a few lines, which is harmless: each event has
 * a permanent id.
 */

/** How far each file in memory has been carried: JSON, name → bytes. Beside the folder: whoever watches that sees lines only. */
export const carriedFile = (memory: string): string => `${memory}.json`;

/** Of `carried.json`, which is written over in place: what a shorter text leaves of a longer one are spaces. */
const carriedWidth = 512;
/** Bytes that it may have: several times what all files of a node need. */
const mostCarried = 4096;
const mostAtOnce = 1024 * 1024;
/** More than the steps in which the kernel's time of files goes on. */
const clockMs = 20;
const newline = 0x0a;

export type Carried = Record<string, number>;

/** @returns nothing carried, where there is no such file yet or it is just being written */
export function readCarried(memory: string): Carried {
  try {
    return JSON.parse(readFileSync(carriedFile(memory), "latin1")) as Carried; // written by us
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw error;
  }
}

/**
 * The same for whoever asks for each call: the file stays open, and its text is parsed only when it has changed.
 * Opening it, asking for its size, and parsing it anew cost as much as all the rest of such a question.
 */
export class CarriedReader {
  private readonly memory: string;
  private fd: number | undefined;
  private readonly buffer = Buffer.alloc(mostCarried);
  private text = Buffer.alloc(0);
  private carried: Carried = {};

  /** @param memory folder of the writers' files */
  constructor(memory: string) {
    this.memory = memory;
  }

  /** @returns nothing carried, where there is no such file yet or it is just being written */
  read(): Carried {
    // One that was removed, and perhaps made anew, tells of lines that are no more.
    if (this.fd !== undefined && fstatSync(this.fd).nlink === 0) this.close();
    try {
      this.fd ??= openSync(carriedFile(this.memory), "r");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
      throw error;
    }
    const text = this.buffer.subarray(0, readSync(this.fd, this.buffer, 0, mostCarried, 0));
    if (text.equals(this.text)) return this.carried;
    try {
      this.carried = JSON.parse(text.toString("latin1")) as Carried; // written by us
    } catch {
      return {};
    }
    this.text = Buffer.from(text);
    return this.carried;
  }

  close(): void {
    if (this.fd !== undefined) closeSync(this.fd);
    this.fd = undefined;
  }
}

/** Marks each line whose event was in memory only for long: the flag `l` behind its last column (sip-journal.ts). Pure. */
export const markLate = (lines: Buffer): Buffer =>
  Buffer.from(lines.toString("latin1").replaceAll(/(\|\.[0-9a-z]*)\n/g, "$1l\n"), "latin1");

interface Source {
  fd: number;
  at: number;
}

export class Carrier {
  private readonly memory: string;
  private readonly target: string;
  private readonly sources = new Map<string, Source>();
  /** Of the folder, when it was listed last; undefined: it is to be listed again. */
  private listedMs: number | undefined;
  private readonly carried: Carried;
  private readonly book: number;
  private disk: { fd: number; ino: number } | undefined;
  private readonly buffer = Buffer.allocUnsafeSlow(mostAtOnce);

  /**
   * @param memory folder of the writers' files
   * @param target file on the disk; when another one is put in its place, that one is written to
   */
  constructor(memory: string, target: string) {
    this.memory = memory;
    this.target = target;
    this.carried = readCarried(memory);
    this.book = openSync(carriedFile(memory), existsSync(carriedFile(memory)) ? "r+" : "w+", 0o644);
  }

  /** Opens files that are new. */
  private list(): void {
    const { mtimeMs } = statSync(this.memory);
    if (mtimeMs === this.listedMs) return;
    // Time stands still for some ms there: another file may get the same.
    this.listedMs = Date.now() - mtimeMs < clockMs ? undefined : mtimeMs;
    for (const name of readdirSync(this.memory)) {
      if (!name.endsWith(".log") || this.sources.has(name)) continue;
      const fd = openSync(join(this.memory, name), "r");
      this.sources.set(name, { fd, at: Math.min(this.carried[name] ?? 0, fstatSync(fd).size) });
    }
  }

  /** Complete lines of one file that are not on the disk yet, into the buffer. @returns bytes */
  private take({ fd, at }: Source, into: number): number {
    const read = readSync(fd, this.buffer, into, mostAtOnce - into, at);
    return read === 0 ? 0 : this.buffer.subarray(into, into + read).lastIndexOf(newline) + 1;
  }

  /** The file on the disk, as it is called now. */
  private open(): number {
    const ino = statSync(this.target, { throwIfNoEntry: false })?.ino;
    if (this.disk && this.disk.ino === ino) return this.disk.fd;
    if (this.disk) closeSync(this.disk.fd);
    this.disk = undefined;
    const fd = openSync(this.target, "a", 0o644);
    this.disk = { fd, ino: fstatSync(fd).ino };
    return fd;
  }

  /**
   * One round: what is new now goes to the disk. No object is made for a file that has nothing: rounds are many.
   * @param late these lines waited for a disk that did not answer
   * @returns bytes carried; 0: nothing was new
   * @throws Error of the file system: nothing is taken for carried that may not be
   */
  carry(late: boolean): number {
    this.list();
    let bytes = 0;
    const grown: [name: string, source: Source, bytes: number][] = [];
    for (const [name, source] of this.sources) {
      const more = this.take(source, bytes);
      if (more === 0) continue;
      grown.push([name, source, more]);
      bytes += more;
    }
    if (bytes === 0) return 0;
    const lines = this.buffer.subarray(0, bytes);
    const fd = this.open();
    writeAll(fd, late ? markLate(lines) : lines);
    fdatasyncSync(fd);
    for (const [name, source, more] of grown) {
      source.at += more;
      this.carried[name] = source.at;
    }
    writeSync(this.book, JSON.stringify(this.carried).padEnd(carriedWidth), 0, "latin1");
    return bytes;
  }

  close(): void {
    for (const { fd } of this.sources.values()) closeSync(fd);
    if (this.disk) closeSync(this.disk.fd);
    closeSync(this.book);
  }
}

/** write(2) may take less than all. */
function writeAll(fd: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
}
