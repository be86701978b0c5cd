import { readdirSync, readFileSync } from "node:fs";

/** Processes by pid and start time, so that a pid that was given out again is never mistaken. proc(5). */
export interface ProcessId {
  pid: number;
  /** Field 22 of /proc/PID/stat: clock ticks after boot at which the process started. */
  start: string;
}

interface Stat {
  state: string;
  parent: number;
  group: number;
  start: string;
}

/** Parses /proc/PID/stat; the command in parentheses may itself contain spaces and parentheses. */
export function parseStat(text: string): Stat {
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return {
    state: fields[0] ?? "",
    parent: Number(fields[1]),
    group: Number(fields[2]),
    start: fields[19] ?? "",
  };
}

const statOf = (pid: number): Stat | undefined => {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return undefined; // gone: that is an answer, not a fault
  }
};

/** The identity of a running process; undefined when it is gone. */
export function identify(pid: number): ProcessId | undefined {
  const stat = statOf(pid);
  return stat && stat.state !== "Z" ? { pid, start: stat.start } : undefined;
}

export const isAlive = (id: ProcessId): boolean => identify(id.pid)?.start === id.start;

/** The ids of a process's threads, its own first; none: it has ended. */
export function threadsOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map(Number);
  } catch {
    return [];
  }
}

/** A process and its descendants, whichever of its threads made them. Cheap: it asks only after these. */
export function familyOf(pid: number): number[] {
  const all = [pid];
  for (const one of all)
    for (const thread of threadsOf(one)) {
      try {
        const children = readFileSync(`/proc/${one}/task/${thread}/children`, "latin1").trim();
        if (children !== "") all.push(...children.split(" ").map(Number));
      } catch {
        // It ended meanwhile: then it has none.
      }
    }
  return all;
}

/** All members of a process's group and all its descendants, itself included if it lives. */
export function processTree(id: ProcessId): number[] {
  const all = new Map<number, Stat>();
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    const stat = statOf(Number(entry));
    if (stat && stat.state !== "Z") all.set(Number(entry), stat);
  }
  const leader = all.get(id.pid);
  // A different process has this pid now: whatever carries its number belongs to somebody else.
  if (leader && leader.start !== id.start) return [];
  const tree = new Set<number>(leader ? [id.pid] : []);
  for (const [pid, stat] of all)
    if (stat.group === id.pid && BigInt(stat.start) >= BigInt(id.start)) tree.add(pid);
  for (let size = -1; size !== tree.size; ) {
    size = tree.size;
    for (const [pid, stat] of all) if (tree.has(stat.parent)) tree.add(pid);
  }
  return [...tree];
}

/** Sends a signal to the whole tree of a process. Returns how many got it. */
export function signalTree(id: ProcessId, signal: NodeJS.Signals): number {
  let sent = 0;
  for (const pid of processTree(id)) {
    try {
      process.kill(pid, signal);
      sent++;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error; // ended meanwhile
    }
  }
  return sent;
}
