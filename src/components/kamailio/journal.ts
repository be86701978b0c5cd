import { existsSync, statSync } from "node:fs";
import { chown, link, open, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { messageOf } from "../../base/message.ts";
import { type HostContext, journalDirs } from "../../cluster/facts.ts";
import { readCarried } from "../../journal/carrier.ts";
import { aheadOf, giveBack, reserveAhead, reserveBytes, spaceOf } from "../../journal/reserve.ts";
import { rotatedName } from "../../journal/sip-journal.ts";
import { sipWorkers } from "./core.ts";

/**
 * The files of Kamailio's journal. Its processes write to memory, where they wait for no disk (journal/carrier.ts carries
 * the lines to one file on the disk). That file has space behind its end, which nothing else on a full disk can take.
 */

const inUse = /^acc_\d+\.log$/;
const finished = /^acc_\d+\.\w+\.log$/;
/** A line that was being written when its file was renamed is written by then. */
const settledMs = 60_000;
/** What else needs a little room while the journal begins new files. */
const roomBytes = 16 * 1024 * 1024;
/** All workers' lines come into one file. */
const shares = 4;
/** Memory behind which nothing is needed any more is given back in such pieces. */
const punchBytes = 1024 * 1024;

/** The file on the disk that lines are carried to. */
export const carriedTo = "acc_0.log";

/**
 * The files in memory that Kamailio may write to. db_flatstore (km_flatstore_mod.c) numbers them by the process's rank: SIP
 * workers, UDP then TCP, from 1 on and 128 more; timers (-1) are 1; async workers and the like (-2) are 2.
 */
export const journalFiles: readonly string[] = [
  ...[1, 2],
  ...Array.from({ length: sipWorkers }, (_, index) => 129 + index),
].map((number) => `acc_${number}.log`);

/** Makes a file, or leaves the one that is there, with the owner of its folder (kamailio). */
async function make(folder: string, name: string): Promise<string> {
  const path = join(folder, name);
  const handle = await open(path, "a", 0o644);
  await handle.close();
  const { uid, gid } = await stat(folder);
  await chown(path, uid, gid);
  return path;
}

/** What lies in the journal's folder; nothing as long as Kamailio has never been started here. */
const namesIn = async (folder: string): Promise<string[]> => (existsSync(folder) ? readdir(folder) : []);

const bytesFor = (all: number): number => shares * reserveBytes(all);

/**
 * Makes the file on the disk and tops its space up. Called before each start of Kamailio, and every few seconds.
 * @returns what could not be had, in words; a journal without it works until the disk is full
 */
export async function reserveJournal({ dirs }: HostContext): Promise<string[]> {
  const { disk } = journalDirs(dirs);
  // Kamailio has never been started here.
  if (!existsSync(disk)) return [];
  const { free, all } = await spaceOf(disk);
  try {
    await reserveAhead(await make(disk, carriedTo), Math.floor(Math.min(bytesFor(all), free / 2)));
    return [];
  } catch (error) {
    return [messageOf(error)];
  }
}

/** What is reserved for call events, bytes; undefined: there is no journal yet. Cheap: asked with each probe. */
export function journalReserve({ dirs }: HostContext): number | undefined {
  const found = statSync(join(journalDirs(dirs).disk, carriedTo), { throwIfNoEntry: false });
  return found && aheadOf(found);
}

/**
 * Finishes the journal's file: puts a new one, with its space, in its place; the carrier finds it with its next line. At no
 * moment is there none.
 * @returns the names of the finished files
 * @throws Error when the disk is too full for a new one: the journal goes on in the file that it has
 */
export async function rotateJournal({ dirs }: HostContext, when: Date): Promise<string[]> {
  const folder = journalDirs(dirs).disk;
  const found = (await namesIn(folder)).filter((name) => inUse.test(name));
  const sizes = await Promise.all(found.map(async (name) => (await stat(join(folder, name))).size));
  // An empty one has nothing to be finished.
  const files = found.filter((_, index) => (sizes[index] ?? 0) > 0);
  if (files.length === 0) return [];
  const { free, all } = await spaceOf(folder);
  const bytes = bytesFor(all);
  if (free < bytes + roomBytes)
    throw new Error(
      `${folder} has too little space to begin a new file: it goes on with the one that it has`,
    );
  const finishedNames: string[] = [];
  for (const name of files) {
    const to = rotatedName(name, when);
    if (name === carriedTo) {
      const next = `${name}.next`;
      await rm(join(folder, next), { force: true });
      const path = await make(folder, next);
      // Where nothing can be reserved at all, the old one has nothing either.
      await reserveAhead(path, bytes).catch(() => undefined);
      await link(join(folder, name), join(folder, to));
      await rename(path, join(folder, name));
      // Those that an earlier release let Kamailio write to get no more lines.
    } else await rename(join(folder, name), join(folder, to));
    finishedNames.push(to);
  }
  return finishedNames;
}

/** Gives back what finished files have behind their ends; the carrier let go of them long before. */
export async function trimJournal({ dirs }: HostContext): Promise<void> {
  const folder = journalDirs(dirs).disk;
  for (const name of await namesIn(folder)) {
    if (!finished.test(name)) continue;
    const path = join(folder, name);
    const found = await stat(path);
    const changed = Math.max(found.ctimeMs, found.mtimeMs);
    if (aheadOf(found) > 64 * 1024 && Date.now() - changed > settledMs) await giveBack(path);
  }
}

/** Gives the memory back in which lines are that have been carried: a hole at the beginning (fallocate(1)). */
export async function forgetCarried({ dirs }: HostContext): Promise<void> {
  const { memory } = journalDirs(dirs);
  if (!existsSync(memory)) return;
  for (const [name, at] of Object.entries(readCarried(memory))) {
    const path = join(memory, name);
    const found = statSync(path, { throwIfNoEntry: false });
    if (!found || at > found.size) continue;
    const held = 512 * found.blocks - (found.size - at);
    if (held < 2 * punchBytes) continue;
    const length = String(Math.floor(at / 4096) * 4096);
    await execa("fallocate", ["--punch-hole", "--offset", "0", "--length", length, path], { timeout: 5000 });
  }
}
