import { createHash } from "node:crypto";
import { type FileHandle, open, readdir, stat } from "node:fs/promises";
import { join } from "node:path";

/**
 * Segments of a journal as a reader sees them: files that only grow. A segment is known by its first line, which
 * holds a unique event id, so that renaming it, or a new file that gets an old inode, confuses nobody.
 */
export interface Segment {
  path: string;
  name: string;
  /** Identity: hash of the first line. */
  key: string;
  ino: number;
  size: number;
  modifiedMs: number;
}

export interface Line {
  text: string;
  /** Byte position of the line and of what follows it. */
  offset: number;
  next: number;
}

const newline = 0x0a;
/** Longer lines than this are not events. */
export const maxLineBytes = 256 * 1024;

/** Finds the segments of one directory; remembers identities between calls. */
export class SegmentList {
  readonly directory: string;
  private readonly known = new Map<string, { ino: number; key: string }>();

  constructor(directory: string) {
    this.directory = directory;
  }

  /** All `*.log` files with at least one line, in the order of their names. A directory that is missing has none. */
  async list(): Promise<Segment[]> {
    return this.look(await this.names());
  }

  /** Those of these files that are segments now, in the order given. */
  async look(names: readonly string[]): Promise<Segment[]> {
    const found = await Promise.all(names.map((name) => this.segment(name)));
    return found.filter((segment) => segment !== undefined);
  }

  private async segment(name: string): Promise<Segment | undefined> {
    const path = join(this.directory, name);
    try {
      const { ino, size, mtimeMs } = await stat(path);
      if (size === 0) return undefined;
      let known = this.known.get(name);
      if (known?.ino !== ino) {
        const key = await firstLineKey(path);
        if (key === undefined) return undefined;
        known = { ino, key };
        this.known.set(name, known);
      }
      return { path, name, key: known.key, ino, size, modifiedMs: mtimeMs };
    } catch (error) {
      // Renamed or removed between the listing and the look: the next listing tells.
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
      return undefined;
    }
  }

  private async names(): Promise<string[]> {
    try {
      return (await readdir(this.directory)).filter((name) => name.endsWith(".log")).sort();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
      throw error;
    }
  }
}

async function firstLineKey(path: string): Promise<string | undefined> {
  await using handle = await open(path, "r");
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(4096), 0, 4096, 0);
  const end = buffer.subarray(0, bytesRead).indexOf(newline);
  if (end < 0 && bytesRead < 4096) return undefined; // the first line is still being written
  return createHash("sha256")
    .update(buffer.subarray(0, end < 0 ? bytesRead : end))
    .digest("hex")
    .slice(0, 32);
}

/**
 * Complete lines from `offset` on, of at most `maxBytes` (all are allocated: say no more than there are). A last line without its newline is left for later; one that
 * is longer than any event may be is given in pieces, which the parser will refuse.
 */
export async function readLines(
  handle: FileHandle,
  offset: number,
  maxBytes = 1024 * 1024,
): Promise<{ lines: Line[]; next: number }> {
  const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(maxBytes), 0, maxBytes, offset);
  return splitLines(buffer.subarray(0, bytesRead), offset);
}

/** Pure part of {@link readLines}. */
export function splitLines(buffer: Buffer, offset: number): { lines: Line[]; next: number } {
  const lines: Line[] = [];
  let from = 0;
  for (;;) {
    const end = buffer.indexOf(newline, from);
    if (end < 0) break;
    lines.push({ text: buffer.toString("utf8", from, end), offset: offset + from, next: offset + end + 1 });
    from = end + 1;
  }
  if (buffer.length - from >= maxLineBytes) {
    lines.push({ text: buffer.toString("utf8", from), offset: offset + from, next: offset + buffer.length });
    from = buffer.length;
  }
  return { lines, next: offset + from };
}
