import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { lastLineOf } from "../base/message.ts";

/**
 * Whatever is written to a folder's files is on the disk when write(2) returns: the attribute S of chattr(1), which ext4,
 * xfs and btrfs keep and new files inherit. For writers that cannot be taught fsync(2), such as Kamailio's db_flatstore:
 * a power cut takes what only the page cache had.
 */

const timeoutMs = 10_000;

/** Folder, and what is in it already. @throws Error of chattr(1): a file system that has no such thing (tmpfs) */
export async function writeThrough(folder: string): Promise<void> {
  const files = (await readdir(folder)).map((name) => join(folder, name));
  try {
    await execa("chattr", ["+S", folder, ...files], { timeout: timeoutMs });
  } catch (error) {
    throw new Error(`what is written to ${folder} reaches the disk later: ${lastLineOf(error)}`, {
      cause: error,
    });
  }
}

/** lsattr(1) of one file; false also where it knows nothing. */
export async function isWrittenThrough(file: string): Promise<boolean> {
  const { stdout, exitCode } = await execa("lsattr", ["-d", file], { timeout: timeoutMs, reject: false });
  return exitCode === 0 && (stdout.split(" ")[0] ?? "").includes("S");
}
