import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { messageOf } from "../../base/message.ts";
import {
  type HostContext,
  journalDirs,
  replicates,
  servesAtOwnAddress,
  serviceIp,
} from "../../cluster/facts.ts";
import { heldLately } from "../../host/held-address.ts";
import { cannotRun, ProcessFiles } from "../../host/process-state.ts";
import { spaceOf } from "../../journal/reserve.ts";
import type { Component, Health } from "../common/component.ts";
import { kamailioCommand, kamailioEtc, kamailioFiles, sipJournal } from "./config.ts";
import { journalReserve, reserveJournal } from "./journal.ts";
import { type SipLoad, sipLoad } from "./load.ts";
import { locationsFolder, writeLocationTables } from "./locations.ts";
import { type SipAnswer, SipAsker } from "./options.ts";
import { tellTcpWait } from "./tcp-wait.ts";

/** How much room there is, is a way to a thread and back. */
const roomEveryMs = 2000;
let room: { folder: string; at: number; free: number } | undefined;

/** Free bytes of a file system, of a moment ago. @throws Error of statfs(2) */
async function freeIn(folder: string): Promise<number> {
  const now = performance.now();
  if (room?.folder !== folder || now - room.at > roomEveryMs)
    room = { folder, at: now, free: (await spaceOf(folder)).free };
  return room.free;
}

/** When the disk is full, and what is reserved used up, journal lines are lost without a word: warn while there is time. */
const lowDiskBytes = 64 * 1024 * 1024;

export interface SipHealth {
  /** Round trip of the slower OPTIONS; missing: it has waited in the queue until now. */
  ms?: number;
  /** Free bytes where the journal lies; under 64 MB `detail` warns. */
  journalFree?: number;
  /** What its files have besides, for themselves. */
  journalReserved?: number;
  /** At the holder of the service address; undefined: a Kamailio of another release. */
  load: SipLoad | undefined;
}

const files = new ProcessFiles();
/** Of the Kamailio that runs, as long as it does. */
let parent = "";

/** Workers that can not run (SIGSTOP, ptrace, zombie): with others idle, OPTIONS alone would not show them. */
export function stopped(context: HostContext): string[] {
  const state = parent === "" ? "" : files.state(parent);
  if (state === "" || cannotRun(state)) {
    files.forget();
    parent = readFileSync(join(context.dirs.run, "kamailio", "kamailio.pid"), "latin1").trim();
  }
  const children = files.read(`/proc/${parent}/task/${parent}/children`).trim().split(" ");
  return [parent, ...children].filter((pid) => pid !== "" && cannotRun(files.state(pid)));
}

const askers = new Map<string, SipAsker>();

/** This host's own questions. An address that is not here has none: its socket would have a sender that is gone. */
function askerOf(address: string, port: number): SipAsker {
  const key = `${address}:${port}`;
  const known = askers.get(key) ?? new SipAsker(address, port);
  askers.set(key, known);
  return known;
}

function forgetAsker(address: string, port: number): void {
  const key = `${address}:${port}`;
  askers.get(key)?.close();
  askers.delete(key);
}

/** By the node's own address. @throws Error as SipAsker.ask */
export const askOwnSip = ({ self, cluster }: HostContext, signal: AbortSignal): Promise<SipAnswer> =>
  askerOf(self.address, cluster.sip.port).ask(signal);

const inMb = (bytes: number): string => `${Math.floor(bytes / 1024 / 1024)} MB`;

/** What people must know of the space for call events; empty: all is well. Pure. */
export function journalWarning(folder: string, free: number, reserved: number): string {
  if (free < lowDiskBytes)
    return `; CALL EVENTS ARE IN DANGER: ${inMb(free)} free in ${folder}, ${inMb(reserved)} are reserved for them: make room`;
  return reserved === 0
    ? `; no space is reserved for call events in ${folder} (see fallocate(1)): a full disk would lose them`
    : "";
}

/** An OPTIONS that has waited so long stands in a queue. */
const queuedMs = 250;
/** The probe's own questions count too, and so does what the other nodes send; calls are more. */
const leastServed = 5;

/** Resolves, in words, when workers have taken requests meanwhile; else never, and the OPTIONS decide. */
async function progress(
  before: SipLoad,
  ask: () => Promise<SipLoad | undefined>,
  answered: AbortSignal,
): Promise<string> {
  // Once the OPTIONS are answered nobody wants to know any more.
  await delay(queuedMs, undefined, { ref: false, signal: answered }).catch(() => undefined);
  const after = answered.aborted ? undefined : await ask();
  const served = after ? after.served - before.served : 0;
  if (!after || served < leastServed) return new Promise(() => undefined);
  return `busy: a request waits in its queue, and its workers have taken ${served} in the last ${queuedMs} ms${tooMany(after)}`;
}

const tooMany = (load: SipLoad | undefined): string =>
  load && load.limit > 0
    ? `; more calls than this node can carry: at most ${load.limit} a second, ${load.refused} refused since its start`
    : "";

/** @param wait ms, or why nobody could be told. Its calls go on as before then. */
const tcpWords = (wait: number | string): string =>
  typeof wait === "string"
    ? `; how long requests over TCP wait could not be told to it: ${wait}`
    : wait > 0
      ? `; requests over TCP wait ${wait} ms`
      : "";

/**
 * Does a worker of the node's socket, and of the service address where this node holds it, answer a real SIP
 * request? A full disk under the journal is not sick (calls go on) but said in `detail`.
 */
async function probe(context: HostContext, signal: AbortSignal): Promise<Health<SipHealth>> {
  const hung = stopped(context);
  if (hung.length > 0) return { ok: false, detail: `SIP processes that do not run: ${hung.join(", ")}` };
  const { port } = context.cluster.sip;
  const service = serviceIp(context.cluster);
  const holds = heldLately(context);
  if (!holds) forgetAsker(service, port);
  const loadNow = () => sipLoad(signal).catch(() => undefined);
  const own = askOwnSip(context, signal);
  const asked = Promise.all([own, ...(holds ? [askerOf(service, port).ask(signal)] : [])]);
  // It may fail while the load is still being asked for; what it says is read below.
  asked.catch(() => undefined);
  const load = holds || servesAtOwnAddress(context.cluster) ? await loadNow() : undefined;
  const at = performance.now();
  // A queue that is long is no hang: the workers' own count says whether they take requests.
  const answered = new AbortController();
  const answers = await (load
    ? Promise.race([asked, progress(load, loadNow, answered.signal)])
    : asked
  ).finally(() => answered.abort());
  const tcp = tcpWords(await tellTcpWait(context, { at, taken: load?.tcp }, signal).catch(messageOf));
  if (typeof answers === "string") return { ok: true, detail: `${answers}${tcp}`, facts: { load } };
  const bad = answers.find((answer) => answer.code !== 200);
  if (bad) return { ok: false, detail: `SIP OPTIONS is answered with ${bad.code}` };
  const ms = Math.max(...answers.map((answer) => answer.ms));
  const { disk } = journalDirs(context.dirs);
  const journalFree = await freeIn(disk);
  const journalReserved = journalReserve(context) ?? 0;
  const warning = journalWarning(disk, journalFree, journalReserved);
  return {
    ok: true,
    detail: `answers SIP in ${ms.toFixed(1)} ms${tcp}${tooMany(load)}${warning}`,
    facts: { ms, journalFree, journalReserved, load },
  };
}

/** Kamailio: registrar and proxy. */
export const kamailio: Component = {
  name: "kamailio",
  directories: (context) => [
    { path: kamailioEtc(context), mode: 0o755 },
    { path: join(kamailioEtc(context), "uac"), mode: 0o755 },
    { path: join(context.dirs.run, "kamailio"), owner: "kamailio", mode: 0o755 },
    { path: sipJournal(context), owner: "kamailio", mode: 0o755 },
    { path: journalDirs(context.dirs).disk, owner: "kamailio", mode: 0o755 },
    ...(replicates(context.cluster) ? [] : [{ path: locationsFolder(context), mode: 0o755 }]),
  ],
  files: kamailioFiles,
  async prepare(context) {
    if (!replicates(context.cluster)) await writeLocationTables(context);
    // A journal without its space must not keep calls from being taken: the probe says it.
    if (context.self.role === "node") await reserveJournal(context);
    return [];
  },
  // Before all others: it refuses what is too much, and what it lets in is their work. docs/decisions/0026-overload.md
  command: (context) => ({ argv: kamailioCommand(context), nice: -19 }),
  probe,
  ports: ({ cluster }) => [cluster.sip.port],
  probeEveryMs: 400,
  probeDeadlineMs: 400,
  sickAfterMs: 900,
  startTimeoutMs: 10_000,
  killAfterMs: 0,
  stopGraceMs: 3000,
};
