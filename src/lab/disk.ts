import { spawn } from "node:child_process";
import { closeSync, existsSync, ftruncateSync, openSync, rmSync, writeSync } from "node:fs";
import { mkdir, rename, rm, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { execa, execaSync } from "execa";

/** A disk of its own for a host's data: small enough to be filled (tmpfs(5)), or one that can stop to answer (an image). */

const fillerOf = (data: string): string => join(data, "filler");
const chunk = 1024 * 1024;

/** Writes until nothing more fits, down to single bytes. */
export function fill(data: string): void {
  const file = openSync(fillerOf(data), "a", 0o600);
  try {
    for (let size = chunk; size >= 1; ) {
      try {
        // A short write means that the rest did not fit.
        if (writeSync(file, Buffer.alloc(size)) < size) size = Math.floor(size / 2);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
        size = Math.floor(size / 2);
      }
    }
  } finally {
    closeSync(file);
  }
}

/** Gives the space back. */
export function free(data: string): void {
  if (!existsSync(fillerOf(data))) return;
  const file = openSync(fillerOf(data), "r+");
  try {
    ftruncateSync(file, 0);
  } finally {
    closeSync(file);
  }
  rmSync(fillerOf(data));
}

const imageOf = (data: string): string => `${data}.image`;

/** No disk of a lab hangs for longer, whoever forgot it. */
const mostSeconds = 90;

/**
 * Lets the disk hang: whoever writes to it, or syncs, stands still (fsfreeze(8)). A watchdog that outlives this process
 * thaws it in any case: a frozen file system can not be unmounted, and its writers can not be killed.
 */
export function freeze(data: string): void {
  const watchdog = `sleep ${mostSeconds}; fsfreeze -u "$1" 2> /dev/null`;
  spawn("sh", ["-c", watchdog, "dialtone-thaw", data], { detached: true, stdio: "ignore", cwd: "/" }).unref();
  execaSync("fsfreeze", ["--freeze", data]);
}

/** It answers again. Safe to repeat. */
export function thaw(data: string): void {
  execaSync("fsfreeze", ["--unfreeze", data], { reject: false });
}

const isMounted = async (directory: string): Promise<boolean> =>
  (await execa("mountpoint", ["--quiet", directory], { reject: false })).exitCode === 0;

/** cp(1) keeps owners, modes and times. No holes: a write into one on a full disk is a SIGBUS for who maps the file. */
const copy = (from: string, to: string) => execa("cp", ["-a", "--sparse=never", `${from}/.`, to]);

/** What a host needs at least beyond the data that it has, to start. */
const leastRoomMb = 150;

/**
 * Moves a directory onto a tmpfs of its own, of so many megabytes, or more where what is there would not fit: a lab in
 * which many calls were made has a large ledger. Nobody may be using it. `image`: an ext4 file system, for `freeze`.
 */
export async function smallDisk(data: string, wanted: number, image = false): Promise<void> {
  if (await isMounted(data)) return;
  const { stdout } = await execa("du", ["-sm", "--apparent-size", data]);
  const megabytes = Math.max(wanted, Number.parseInt(stdout, 10) + leastRoomMb);
  const aside = `${data}.large`;
  await rename(data, aside);
  await mkdir(data, { mode: 0o755 });
  if (image) {
    await execa("truncate", ["--size", `${megabytes}M`, imageOf(data)]);
    await execa("mkfs.ext4", ["-q", "-m", "0", imageOf(data)]);
    await execa("mount", ["-o", "loop", imageOf(data), data]);
  } else await execa("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m,mode=755`, "dialtone-lab", data]);
  await copy(aside, data);
  await rm(aside, { recursive: true });
}

/** Moves it back onto the disk that it came from. Safe to repeat. */
export async function largeDisk(data: string): Promise<void> {
  if (!(await isMounted(data))) return;
  thaw(data);
  free(data);
  const aside = `${data}.large`;
  await rm(aside, { recursive: true, force: true });
  await mkdir(aside, { mode: 0o755 });
  await copy(data, aside);
  await execa("umount", [data]);
  await rm(imageOf(data), { force: true });
  await rmdir(data);
  await rename(aside, data);
}
