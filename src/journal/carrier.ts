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
const mostAtOnce = 1024 * 1024;
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

/** Marks each line whose event was in memory only for long: the flag `l` behind its last column (sip-journal.ts). Pure. */
export const markLate = (lines: Buffer): Buffer =>
  Buffer.from(lines.toString("latin1").replaceAll(/(\|\.[0-9a-z]*)\n/g, "$1l\n"), "latin1");

interface Source {
  fd: number;
  ino: number;
  at: number;
}

export class Carrier {
  private readonly memory: string;
  private readonly target: string;
  private readonly sources = new Map<string, Source>();
  private readonly carried: Carried;
  private readonly book: number;
  private disk: { fd: number; ino: number } | undefined;

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

  private names(): string[] {
    return readdirSync(this.memory).filter((name) => name.endsWith(".log"));
  }

  /** Complete lines of one file that are not on the disk yet. */
  private fresh(name: string): { source: Source; lines: Buffer } | undefined {
    const path = join(this.memory, name);
    let source = this.sources.get(name);
    if (!source) {
      const fd = openSync(path, "r");
      const { ino, size } = fstatSync(fd);
      source = { fd, ino, at: Math.min(this.carried[name] ?? 0, size) };
      this.sources.set(name, source);
    }
    const { size } = fstatSync(source.fd);
    if (size <= source.at) return undefined;
    const buffer = Buffer.allocUnsafe(Math.min(mostAtOnce, size - source.at));
    const read = readSync(source.fd, buffer, 0, buffer.length, source.at);
    const end = buffer.subarray(0, read).lastIndexOf(newline) + 1;
    return end === 0 ? undefined : { source, lines: buffer.subarray(0, end) };
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
   * One round: what is new now goes to the disk.
   * @param late these lines waited for a disk that did not answer
   * @param names of files that have grown; default: all that there are
   * @returns bytes carried; 0: nothing was new
   * @throws Error of the file system: nothing is taken for carried that may not be
   */
  carry(late: boolean, names: Iterable<string> = this.names()): number {
    const found = [...names].flatMap((name) => {
      const fresh = this.fresh(name);
      return fresh ? [{ name, ...fresh }] : [];
    });
    if (found.length === 0) return 0;
    const lines =
      found.length === 1 && found[0] ? found[0].lines : Buffer.concat(found.map((one) => one.lines));
    const fd = this.open();
    writeAll(fd, late ? markLate(lines) : lines);
    fdatasyncSync(fd);
    for (const { name, source, lines: own } of found) {
      source.at += own.length;
      this.carried[name] = source.at;
    }
    writeSync(this.book, JSON.stringify(this.carried).padEnd(carriedWidth), 0, "latin1");
    return lines.length;
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
