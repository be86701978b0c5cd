import { setTimeout as delay } from "node:timers/promises";
import { forgetMemory } from "../host/memory.ts";
import { isAlive, type ProcessId } from "../host/process.ts";
import { partsOf, spawnIn, startAgent } from "./agents.ts";
import { setClock } from "./clock.ts";
import { addCut, applyCuts, cutsWithout, everyone, machineName } from "./cuts.ts";
import { fill, free, freeze, thaw } from "./disk.ts";
import { labPaths } from "./names.ts";
import { connectHost, disconnectHost, unplug } from "./network.ts";
import { processesIn, signal, treeOf } from "./processes.ts";
import {
  type Cut,
  hostNamed,
  type LabHost,
  type LabState,
  namespaceExists,
  poweredHost,
  saveState,
} from "./state.ts";

/** What can be broken in a lab, and how it is repaired. Each function expects the lab's lock to be held. */

/** The moment of a fault, for measurements: taken just before the command that causes it. */
export interface Moment {
  /** CLOCK_MONOTONIC in ms, the same clock in all hosts of a lab. */
  mono_ms: number;
  /** Wall clock, ms since 1970. */
  wall_ms: number;
  /** The fault was in force at most so long after `mono_ms`. */
  within_ms: number;
}

const monotonicMs = (): number => Number(process.hrtime.bigint()) / 1e6;

/** Synchronous, so that nothing else of this process comes between the clock and the fault. */
function timed(action: () => void): Moment {
  const wall_ms = Date.now();
  const mono_ms = monotonicMs();
  action();
  return { mono_ms, wall_ms, within_ms: Math.round((monotonicMs() - mono_ms) * 1000) / 1000 };
}

/**
 * Power cut: the cable is dead first, so that nothing the dying processes say gets out. With `unsynced` also what the
 * host had in memory is gone (host/memory.ts): call events that no disk had yet.
 */
export async function killHost(state: LabState, name: string, unsynced = false): Promise<Moment> {
  const host = poweredHost(state, name);
  host.powered = false;
  host.keeper = null;
  const moment = timed(() => unplug(state, name));
  // Written only now: the time between the cable and the processes should be short.
  state.paused = state.paused.filter((pause) => pause.host !== name);
  const gone = disconnectHost(state, name, host);
  // Who waits for a disk that hangs can not die.
  if (host.fitting?.image && host.data !== null) thaw(host.data);
  saveState(state);
  await gone;
  if (unsynced && host.data !== null) forgetMemory(host.data);
  return moment;
}

/** A part of a host and all its processes. The agent's children outlive it and belong to themselves. */
function partTree(host: LabHost, name: string, part: string): ProcessId[] {
  const parts = host.data === null ? {} : partsOf(host.data);
  const id = parts[part];
  if (!id || !isAlive(id)) {
    const running = Object.keys(parts).filter((other) => parts[other] && isAlive(parts[other]));
    throw new Error(`no part '${part}' runs on host '${name}'; running: ${running.join(", ") || "nothing"}`);
  }
  return part === "agent" ? [id] : treeOf(id);
}

/**
 * SIGKILL for a part; comes back when its processes are gone. With `stayDead` (the agent only) nothing restarts it
 * until `heal`.
 * @throws Error when it does not run, or does not die within 10 s.
 */
export async function killPart(
  state: LabState,
  name: string,
  part: string,
  stayDead: boolean,
): Promise<Moment> {
  if (stayDead && part !== "agent")
    throw new Error("only the agent can be kept dead: the other parts are restarted by their agent");
  const host = poweredHost(state, name);
  const tree = partTree(host, name, part);
  const moment = timed(() => {
    if (stayDead && host.keeper) signal(host.keeper, "SIGKILL");
    for (const id of tree) signal(id, "SIGKILL");
  });
  if (stayDead) host.keeper = null;
  saveState(state);
  const deadline = performance.now() + 10_000;
  while (tree.some(isAlive)) {
    if (performance.now() > deadline) throw new Error(`${part} on host '${name}' does not die`);
    await delay(2);
  }
  return moment;
}

/**
 * SIGSTOP for a part, or for all processes of a host: it lives, holds its sockets and answers nothing. The kernel of a
 * host that hangs as a whole still answers for its addresses.
 */
export function pausePart(state: LabState, name: string, part?: string): Moment {
  const host = poweredHost(state, name);
  const tree = part === undefined ? processesIn(host.namespace) : partTree(host, name, part);
  state.paused.push({ host: name, part: part ?? "everything", processes: tree });
  saveState(state);
  return timed(() => {
    for (const id of tree) signal(id, "SIGSTOP");
  });
}

/** Ends the pauses of one host's part, or all of them. */
export function resume(state: LabState, name?: string, part?: string): void {
  const [ended, kept] = [true, false].map((wanted) =>
    state.paused.filter(
      (pause) =>
        wanted ===
        ((name === undefined || pause.host === name) && (part === undefined || pause.part === part)),
    ),
  );
  for (const pause of ended ?? []) for (const id of pause.processes) signal(id, "SIGCONT");
  state.paused = kept ?? [];
  saveState(state);
}

/**
 * The wall clock of a host's processes jumps by so many seconds, counted from the true time, within a second.
 * @throws Error when the host was not fitted with a movable clock.
 */
export function jumpClock(state: LabState, name: string, seconds: number): Moment {
  if (!poweredHost(state, name).fitting?.clock)
    throw new Error(`host '${name}' has no movable clock; dialtone lab refit ${name} --clock`);
  return timed(() => setClock(labPaths(state.lab).clock(name), seconds));
}

/** Fills the host's own disk to the last byte. @throws Error when its data is not on a disk of its own. */
export function fillDisk(state: LabState, name: string): Moment {
  const { fitting, data } = poweredHost(state, name);
  if (fitting?.diskMb === undefined || data === null)
    throw new Error(`host '${name}' has no small disk of its own; dialtone lab refit ${name} --disk MB`);
  return timed(() => fill(data));
}

/** The host's own disk stops to answer, until `heal`. @throws Error when it has none that can. */
export function hangDisk(state: LabState, name: string): Moment {
  const { fitting, data } = poweredHost(state, name);
  if (!fitting?.image || data === null)
    throw new Error(`host '${name}' has no disk that can hang; dialtone lab refit ${name} --disk MB --image`);
  return timed(() => freeze(data));
}

/** Busy loops on a host, at the priority of ordinary programs. The hosts share this machine's processors. */
export function busy(state: LabState, name: string, loops: number): Moment {
  const { namespace } = poweredHost(state, name);
  return timed(() => {
    const started = Array.from({ length: loops }, () =>
      spawnIn(namespace, ["sh", "-c", "while :; do :; done"], "/dev/null"),
    );
    state.loops = [...(state.loops ?? []), { host: name, processes: started }];
    saveState(state);
  });
}

/** Ends loops, sets clocks right, frees disks: of one host, or of all. */
function healMachines(state: LabState, only?: string): void {
  const [ended, kept] = [true, false].map((wanted) =>
    (state.loops ?? []).filter(({ host }) => wanted === (only === undefined || host === only)),
  );
  for (const { processes } of ended ?? []) for (const id of processes) signal(id, "SIGKILL");
  state.loops = kept ?? [];
  for (const [name, { fitting, data }] of Object.entries(state.hosts)) {
    if (only !== undefined && name !== only) continue;
    if (fitting?.clock) setClock(labPaths(state.lab).clock(name), 0);
    if (fitting?.diskMb === undefined || data === null) continue;
    if (fitting.image) thaw(data);
    free(data);
  }
}

/** Drops frames between two hosts; `*` is everyone. */
export function cutLink(state: LabState, cut: Cut): Moment {
  for (const name of [cut.from, cut.to])
    if (name !== everyone && name !== machineName) hostNamed(state, name);
  if (cut.from === cut.to) throw new Error(`can not cut '${cut.from}' from itself`);
  state.cuts = addCut(state.cuts, cut);
  saveState(state);
  return timed(() => applyCuts(state));
}

/** Power, cables and paused parts of one host, or of all, as they were at the start. */
export async function heal(state: LabState, only?: string): Promise<void> {
  if (only !== undefined) hostNamed(state, only);
  state.cuts = only === undefined ? [] : cutsWithout(state.cuts, only);
  applyCuts(state);
  resume(state, only);
  healMachines(state, only);
  const names = Object.keys(state.hosts).filter((name) => only === undefined || name === only);
  await Promise.all(
    names.map(async (name) => {
      const host = hostNamed(state, name);
      if (!host.powered || !namespaceExists(host.namespace)) {
        // A power cut that was itself interrupted.
        if (namespaceExists(host.namespace)) await disconnectHost(state, name, host);
        host.powered = true;
        saveState(state);
        await connectHost(state, name, host);
      }
      if (host.keeper === null || !isAlive(host.keeper)) host.keeper = startAgent(state.lab, name, host);
    }),
  );
  for (const extra of state.extras) {
    const host = hostNamed(state, extra.host);
    if (names.includes(extra.host) && !isAlive(extra.process))
      extra.process = spawnIn(host.namespace, extra.argv, extra.log);
  }
  saveState(state);
}
