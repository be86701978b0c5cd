import { existsSync, lstatSync, mkdirSync, rmSync, statfsSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import type { HostDirs } from "../cluster/facts.ts";

/**
 * What a host's parts write all the time and need not find again after a power cut (sockets, pids, the VRRP track file,
 * what comes out of the parts) lies in memory: nobody waits there for a disk that does not answer. DATA/run is a link.
 */

/** TMPFS_MAGIC of statfs(2). */
const tmpfs = 0x01021994;
/** The first is meant for this; where it is no tmpfs (some containers) the other one is. */
const places = ["/run", "/dev/shm"];

/** What a host's folder in memory is called: /var/lib/dialtone → dialtone. Pure. */
export const memoryName = (data: string): string =>
  data
    .replace(/^\/+(var\/lib\/)?/, "")
    .replace(/\/+$/, "")
    .replaceAll("/", "-");

const inMemory = (path: string): boolean => existsSync(path) && statfsSync(path).type === tmpfs;

/** Where DATA/run is to lie; undefined: this machine has no file system in memory. */
export function memoryFolder(data: string): string | undefined {
  const place = places.find(inMemory);
  return place === undefined ? undefined : join(place, memoryName(data));
}

/**
 * Makes DATA/run a link into memory. A folder that is there already is used on while a part of an earlier agent runs,
 * which has its sockets in it.
 * @param inUse does any part run?
 */
export function runInMemory({ data, run }: HostDirs, inUse: () => boolean): void {
  const folder = memoryFolder(data);
  if (folder === undefined) return;
  const found = lstatSync(run, { throwIfNoEntry: false });
  if (found?.isDirectory() && (inMemory(run) || inUse())) return;
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  if (found?.isSymbolicLink()) return;
  rmSync(run, { recursive: true, force: true });
  mkdirSync(data, { recursive: true, mode: 0o755 });
  symlinkSync(folder, run);
}

/** Of a host that is taken away, or that has lost its power: removes what it had in memory. */
export function forgetMemory(data: string): void {
  const folder = memoryFolder(data);
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
}
