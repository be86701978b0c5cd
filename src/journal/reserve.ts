import type { Stats } from "node:fs";
import { stat, statfs, truncate } from "node:fs/promises";
import { execa } from "execa";
import { lastLineOf } from "../base/message.ts";

/**
 * Space behind the end of a file that only grows, so that nothing else on a full disk can take it: blocks beyond the
 * size (fallocate(1) --keep-size), which ext4, xfs and tmpfs know. Readers see nothing of it.
 */

const kb = 1024;
const mb = 1024 * kb;

/**
 * How much each file gets, on a file system of this size. Pure. A journal line has 305 bytes (measured), a call 3 to 5
 * of them: 50 calls/s write 100 kB/s, and the four workers of the service address share them. 16 MB for each is
 * 10 minutes of that, 5 when one worker gets half of the calls; the agent moves the address within seconds, and people are
 * warned at 64 MB, before any of it is touched. On a small disk (a lab's has 400 MB) a two-hundredth, 2 MB: a minute.
 */
export const reserveBytes = (diskBytes: number): number =>
  Math.max(64 * kb, Math.min(16 * mb, Math.floor(diskBytes / 200)));

/** What a file has behind its end, bytes. Pure. stat(2): a block is 512 bytes. */
export const aheadOf = ({ size, blocks }: Pick<Stats, "size" | "blocks">): number =>
  Math.max(0, 512 * blocks - size);

/** Sees to it that `file` has about `bytes` behind its end. @throws Error of fallocate(1): full, or not supported */
export async function reserveAhead(file: string, bytes: number): Promise<void> {
  const found = await stat(file);
  if (aheadOf(found) >= bytes / 2) return;
  const range = ["--offset", String(found.size), "--length", String(bytes)];
  try {
    await execa("fallocate", ["--keep-size", ...range, file], { timeout: 10_000 });
  } catch (error) {
    throw new Error(`no space could be reserved for ${file}: ${lastLineOf(error)}`, {
      cause: error,
    });
  }
}

/** Gives back what a file has behind its end. Nobody may be writing to it. */
export async function giveBack(file: string): Promise<void> {
  const found = await stat(file);
  if (aheadOf(found) > 64 * kb) await truncate(file, found.size);
}

/** Free and all bytes of the file system below a path. */
export async function spaceOf(path: string): Promise<{ free: number; all: number }> {
  const { bavail, bsize, blocks } = await statfs(path);
  return { free: bavail * bsize, all: blocks * bsize };
}
