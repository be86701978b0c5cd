import {
  closeSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { copyFile, open, readdir, stat, truncate } from "node:fs/promises";
import { join } from "node:path";

const limitBytes = 16 << 20;
/** In memory a log is emptied sooner. */
const freshBytes = 1 << 20;
const atOnce = 1 << 18;
/**
 * Keeps each log file below twice the limit: copies a large one to `.1` and empties it. The parts hold their files
 * open in append mode, so they go on writing to the emptied one (logrotate's copytruncate).
 */
export async function rotateLogs(directory: string): Promise<string[]> {
  const rotated: string[] = [];
  for (const name of await readdir(directory)) {
    if (!/\.(log|jsonl)$/.test(name)) continue;
    const file = join(directory, name);
    if ((await stat(file)).size < limitBytes) continue;
    await copyFile(file, `${file}.1`);
    await truncate(file);
    rotated.push(name);
  }
  return rotated;
}

/** Appends what one file in memory has behind `from` to another on the disk. @returns where it ends */
async function append(source: string, target: string, from: number): Promise<number> {
  const input = openSync(source, "r+");
  try {
    const { size } = fstatSync(input);
    // It was emptied, or is a new one.
    let at = from > size ? 0 : from;
    if (at === size) return at;
    await using output = await open(target, "a", 0o640);
    while (at < size) {
      const buffer = Buffer.allocUnsafe(Math.min(atOnce, size - at));
      const bytesRead = readSync(input, buffer, 0, buffer.length, at);
      if (bytesRead === 0) break;
      await output.appendFile(buffer.subarray(0, bytesRead));
      at += bytesRead;
    }
    // What comes in this moment is lost, as with every logrotate(8) by copytruncate.
    if (at < freshBytes || fstatSync(input).size !== at) return at;
    ftruncateSync(input);
    return 0;
  } finally {
    closeSync(input);
  }
}

/**
 * Moves what the parts say from memory to the disk. A part whose output went to a disk that does not answer would stand
 * still with its next word (seen with keepalived, in the middle of giving the address up). Asked every second, and nearly
 * always for nothing: of files in memory the kernel answers at once, where a thread of libuv's would wake twice for each.
 */
export class LogMover {
  private readonly from: string;
  private readonly to: string;
  /** By name of the log; undefined: an agent before this one may have moved some of it. */
  private moved: Map<string, number> | undefined;

  constructor(from: string, to: string) {
    this.from = from;
    this.to = to;
  }

  private get memory(): string {
    return join(this.from, "moved.json");
  }

  private positions(): Map<string, number> {
    let text = "{}";
    try {
      text = readFileSync(this.memory, "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
    return new Map(Object.entries(JSON.parse(text) as Record<string, number>)); // written by us
  }

  /** @throws Error of the file system */
  async move(): Promise<void> {
    this.moved ??= this.positions();
    let some = false;
    for (const name of readdirSync(this.from)) {
      if (!name.endsWith(".log")) continue;
      const at = this.moved.get(name) ?? 0;
      if (statSync(join(this.from, name)).size === at) continue;
      some = true;
      this.moved.set(name, await append(join(this.from, name), join(this.to, name), at));
    }
    if (some) writeFileSync(this.memory, JSON.stringify(Object.fromEntries(this.moved)));
  }
}
