import { readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";

/**
 * Processes by number and start time, read from /proc (proc(5)). A process number alone is reused by the kernel;
 * together with the start time it is unique since boot, so nobody else's process is ever signalled.
 */
export interface ProcessId {
  pid: number;
  /** Field 22 of /proc/PID/stat: clock ticks since boot. */
  start: string;
}

interface ProcessStat extends ProcessId {
  parent: number;
  state: string;
}

/** Codes of a process that ended while we looked at it. */
const isGone = (error: unknown): boolean =>
  ["ENOENT", "ESRCH"].includes((error as NodeJS.ErrnoException).code ?? "");

function statOf(pid: number): ProcessStat | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
  // The command name in parentheses may hold spaces and parentheses itself.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return { pid, state: fields[0] ?? "", parent: Number(fields[1]), start: fields[19] ?? "" };
}

const allPids = (): number[] =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);

/** The identity of a running process, undefined when there is none with this number. */
export function identify(pid: number): ProcessId | undefined {
  const stat = statOf(pid);
  return stat && { pid, start: stat.start };
}

/** Whether exactly this process still runs; a zombie has ended. */
export function isAlive(id: ProcessId): boolean {
  const stat = statOf(id.pid);
  return stat !== undefined && stat.start === id.start && stat.state !== "Z" && stat.state !== "X";
}

/** Signals exactly this process. Returns false when it has ended. */
export function signal(id: ProcessId, name: NodeJS.Signals): boolean {
  if (!isAlive(id)) return false;
  try {
    process.kill(id.pid, name);
    return true;
  } catch (error) {
    if (isGone(error)) return false;
    throw error;
  }
}

/** A process and all its descendants, parents first; empty when it has ended. */
export function treeOf(root: ProcessId): ProcessId[] {
  if (!isAlive(root)) return [];
  const children = new Map<number, ProcessStat[]>();
  for (const pid of allPids()) {
    const stat = statOf(pid);
    if (!stat || stat.state === "Z") continue;
    const siblings = children.get(stat.parent);
    if (siblings) siblings.push(stat);
    else children.set(stat.parent, [stat]);
  }
  const tree: ProcessId[] = [root];
  for (const member of tree)
    for (const child of children.get(member.pid) ?? []) tree.push({ pid: child.pid, start: child.start });
  return tree;
}

/** All processes that live in a network namespace of /run/netns; empty when there is no such namespace. */
export function processesIn(namespace: string): ProcessId[] {
  let wanted: string;
  try {
    wanted = `net:[${statSync(`/run/netns/${namespace}`).ino}]`;
  } catch (error) {
    if (isGone(error)) return [];
    throw error;
  }
  return allPids().flatMap((pid) => {
    try {
      if (readlinkSync(`/proc/${pid}/ns/net`) !== wanted) return [];
    } catch (error) {
      // Some containers hide their own first process even from root: it is none of a lab's.
      if (isGone(error) || ["EACCES", "EPERM"].includes((error as NodeJS.ErrnoException).code ?? ""))
        return [];
      throw error;
    }
    const stat = statOf(pid);
    return stat && stat.state !== "Z" ? [{ pid, start: stat.start }] : [];
  });
}
