import { copyFile, readdir, stat, truncate } from "node:fs/promises";
import { join } from "node:path";

const limitBytes = 16 << 20;

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
