import { copyFile, open, readdir, readFile, stat, truncate, writeFile } from "node:fs/promises";
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

/** Appends what one file has behind `from` to another. @returns where it ends */
async function append(source: string, target: string, from: number): Promise<number> {
  await using input = await open(source, "r+");
  const { size } = await input.stat();
  // It was emptied, or is a new one.
  let at = from > size ? 0 : from;
  if (at === size) return at;
  await using output = await open(target, "a", 0o640);
  while (at < size) {
    const { buffer, bytesRead } = await input.read(Buffer.allocUnsafe(Math.min(atOnce, size - at)), {
      position: at,
    });
    if (bytesRead === 0) break;
    await output.appendFile(buffer.subarray(0, bytesRead));
    at += bytesRead;
  }
  // What comes in this moment is lost, as with every logrotate(8) by copytruncate.
  if (at < freshBytes || (await input.stat()).size !== at) return at;
  await input.truncate(0);
  return 0;
}

/**
 * Moves what the parts say from memory to the disk. A part whose output went to a disk that does not answer would stand
 * still with its next word (seen with keepalived, in the middle of giving the address up).
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

  private async positions(): Promise<Map<string, number>> {
    const text = await readFile(this.memory, "utf8").catch(() => "{}");
    return new Map(Object.entries(JSON.parse(text) as Record<string, number>)); // written by us
  }

  /** @throws Error of the file system */
  async move(): Promise<void> {
    this.moved ??= await this.positions();
    const before = JSON.stringify([...this.moved]);
    for (const name of await readdir(this.from)) {
      if (!name.endsWith(".log")) continue;
      const at = this.moved.get(name) ?? 0;
      if ((await stat(join(this.from, name))).size === at) continue;
      this.moved.set(name, await append(join(this.from, name), join(this.to, name), at));
    }
    if (JSON.stringify([...this.moved]) !== before)
      await writeFile(this.memory, JSON.stringify(Object.fromEntries(this.moved)));
  }
}
