import { readdirSync, readlinkSync, statSync } from "node:fs";
import { identify, isAlive, type ProcessId, processTree } from "../host/process.ts";

/** Codes of a process or a namespace that ended while we looked at it. */
const isGone = (error: unknown): boolean =>
  ["ENOENT", "ESRCH"].includes((error as NodeJS.ErrnoException).code ?? "");

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

/** A process with its group and its descendants, itself first; empty when it has ended. */
export const treeOf = (root: ProcessId): ProcessId[] =>
  processTree(root).flatMap((pid) => identify(pid) ?? []);

/** All processes that live in a network namespace of /run/netns; empty when there is no such namespace. */
export function processesIn(namespace: string): ProcessId[] {
  let wanted: string;
  try {
    wanted = `net:[${statSync(`/run/netns/${namespace}`).ino}]`;
  } catch (error) {
    if (isGone(error)) return [];
    throw error;
  }
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.flatMap((pid) => {
    try {
      if (readlinkSync(`/proc/${pid}/ns/net`) !== wanted) return [];
    } catch (error) {
      // Some containers hide their own first process even from root: it is none of a lab's.
      if (isGone(error) || ["EACCES", "EPERM"].includes((error as NodeJS.ErrnoException).code ?? ""))
        return [];
      throw error;
    }
    return identify(Number(pid)) ?? [];
  });
}
