import { existsSync, readFileSync, statSync } from "node:fs";
import { chown, link, open, readdir, readFile, readlink, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { messageOf } from "../../base/message.ts";
import type { HostContext } from "../../cluster/facts.ts";
import { aheadOf, giveBack, reserveAhead, reserveBytes, spaceOf } from "../../journal/reserve.ts";
import { rotatedName } from "../../journal/sip-journal.ts";
import { writeThrough } from "../../journal/write-through.ts";
import { sipJournal } from "./config.ts";
import { sipWorkers } from "./core.ts";
import { kamailioRpc } from "./rpc.ts";

/**
 * The files of Kamailio's journal (records/sip-journal.ts): made before anybody writes to them, each with space behind its
 * end, because db_flatstore drops lines without a word when the disk is full.
 */

const inUse = /^acc_\d+\.log$/;
const finished = /^acc_\d+\.\w+\.log$/;
/** A line that was being written when its file was renamed is written by then. */
const settledMs = 60_000;
/** What else needs a little room while the journal begins new files. */
const roomBytes = 16 * 1024 * 1024;

/**
 * The files that Kamailio may write to. db_flatstore (km_flatstore_mod.c) numbers them by the process's rank: SIP workers,
 * UDP then TCP, from 1 on and 128 more; timers (-1) are 1; async workers and the like (-2) are 2.
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

/** Folders of this process: why their files are not written through; "": they are. */
const through = new Map<string, string>();

/** Before each start of Kamailio: a caller's record must outlive the power of the node that answered. */
export async function syncJournal(context: HostContext): Promise<void> {
  const folder = sipJournal(context);
  through.set(folder, await writeThrough(folder).then(() => "", messageOf));
}

/** Why call events do not reach the disk at once; undefined: they do, or Kamailio was not started by this process. */
export const journalBehind = (context: HostContext): string | undefined =>
  through.get(sipJournal(context)) || undefined;

/**
 * Makes the files that are missing and tops their space up. Called before each start of Kamailio, and every few seconds.
 * @returns what could not be had, each in words; a journal without it works until the disk is full
 */
export async function reserveJournal(context: HostContext): Promise<string[]> {
  const folder = sipJournal(context);
  // Kamailio has never been started here.
  if (!existsSync(folder)) return [];
  const { free, all } = await spaceOf(folder);
  const names = new Set([...journalFiles, ...(await readdir(folder)).filter((name) => inUse.test(name))]);
  const bytes = Math.floor(Math.min(reserveBytes(all), free / 2 / names.size));
  const results = await Promise.all(
    [...names].map(async (name) => {
      try {
        await reserveAhead(await make(folder, name), bytes);
        return [];
      } catch (error) {
        return [messageOf(error)];
      }
    }),
  );
  return results.flat();
}

/** What is reserved for call events, bytes; undefined: there is no journal yet. Cheap: asked with each probe. */
export function journalReserve(context: HostContext): number | undefined {
  const folder = sipJournal(context);
  let sum: number | undefined;
  for (const name of journalFiles) {
    const found = statSync(join(folder, name), { throwIfNoEntry: false });
    if (found) sum = (sum ?? 0) + aheadOf(found);
  }
  return sum;
}

/**
 * Finishes the journal's files: puts new ones, with their space, in their place and lets Kamailio open them. At no moment
 * is there none. At most once in two seconds.
 * @returns the names of the finished files
 * @throws Error when the disk is too full for new ones: the journal goes on in the files that it has
 */
export async function rotateJournal(
  context: HostContext,
  when: Date,
  signal: AbortSignal,
): Promise<string[]> {
  const folder = sipJournal(context);
  const found = (await readdir(folder)).filter((name) => inUse.test(name));
  const sizes = await Promise.all(found.map(async (name) => (await stat(join(folder, name))).size));
  // An empty one has nothing to be finished.
  const files = found.filter((_, index) => (sizes[index] ?? 0) > 0);
  const { free, all } = await spaceOf(folder);
  const bytes = reserveBytes(all);
  if (free < files.length * bytes + roomBytes)
    throw new Error(`${folder} has too little space to begin new files: it goes on with those that it has`);
  const next = (name: string) => `${name}.next`;
  try {
    for (const name of files) {
      await rm(join(folder, next(name)), { force: true });
      const path = await make(folder, next(name));
      // Where nothing can be reserved at all, the old ones have nothing either.
      await reserveAhead(path, bytes).catch(async (error: unknown) => {
        if ((await spaceOf(folder)).free < roomBytes) throw error;
      });
    }
  } catch (error) {
    for (const name of files) await rm(join(folder, next(name)), { force: true });
    throw error;
  }
  const renamed = files.map((name) => [name, rotatedName(name, when)] as const);
  for (const [from, to] of renamed) {
    await link(join(folder, from), join(folder, to));
    await rename(join(folder, next(from)), join(folder, from));
  }
  await kamailioRpc(context, "flatstore.k_rotate", [], signal);
  return renamed.map(([, to]) => to);
}

/**
 * Gives back what finished files have behind their ends. One that a process of Kamailio still has open is left alone: a
 * worker lets go of it with its next line, and only then can nobody lose one.
 */
export async function trimJournal(context: HostContext): Promise<void> {
  const folder = sipJournal(context);
  const candidates: string[] = [];
  for (const name of await readdir(folder)) {
    if (!finished.test(name)) continue;
    const path = join(folder, name);
    const found = await stat(path);
    const changed = Math.max(found.ctimeMs, found.mtimeMs);
    if (aheadOf(found) > 64 * 1024 && Date.now() - changed > settledMs) candidates.push(path);
  }
  if (candidates.length === 0) return;
  const open = await openFiles(context);
  for (const path of candidates) if (open && !open.has(path)) await giveBack(path);
}

/** The files that Kamailio's processes have open; undefined: it does not run, or that can not be told now. */
async function openFiles({ dirs }: HostContext): Promise<Set<string> | undefined> {
  const parent = readFileSync(join(dirs.run, "kamailio", "kamailio.pid"), "latin1").trim();
  if (!existsSync(`/proc/${parent}/fd`)) return undefined;
  const children = await readFile(`/proc/${parent}/task/${parent}/children`, "latin1");
  const files = new Set<string>();
  for (const pid of [parent, ...children.trim().split(" ")])
    for (const entry of await readdir(`/proc/${pid}/fd`))
      files.add(
        await readlink(`/proc/${pid}/fd/${entry}`).catch((error: NodeJS.ErrnoException) => {
          // Closed since the listing.
          if (error.code === "ENOENT") return "";
          throw error;
        }),
      );
  return files;
}
