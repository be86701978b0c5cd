import { writeFileSync } from "node:fs";
import { getPriority, setPriority } from "node:os";
import { familyOf, threadsOf } from "./process.ts";

/**
 * Gives a process that began a session of its own, and all that it starts, its weight against everything else on the
 * host: -20 (first) to 19. nice(1) alone does not: with autogroups (sched(7), on by default) the kernel shares the
 * processors among sessions first, and nice levels count only within each. In a cgroup with a CPU controller (systemd)
 * there are no autogroups, and nice counts. The I/O priority follows the nice level (ioprio_set(2)).
 * @throws Error when the kernel refuses (not root)
 */
export function setWeight(pid: number, nice: number): void {
  setPriority(pid, nice);
  weighSession(pid, nice);
}

/**
 * The same for one that runs: the kernel has a level for each thread, and those that there are keep theirs. What gave
 * itself another level than the process has (a conversion with nice 19) keeps it too.
 * @throws Error when the kernel refuses (not root)
 */
export function changeWeight(pid: number, nice: number): void {
  const before = levelOf(pid);
  const alike = familyOf(pid)
    .flatMap(threadsOf)
    .filter((thread) => levelOf(thread) === before);
  for (const thread of alike) setLevel(thread, nice);
  weighSession(pid, nice);
}

/** All threads of one process: its level within its session, or its cgroup. */
export function makeNice(pid: number, nice: number): void {
  for (const thread of threadsOf(pid)) setLevel(thread, nice);
}

function setLevel(thread: number, nice: number): void {
  try {
    setPriority(thread, nice);
  } catch (error) {
    if (!hasEnded(error)) throw error;
  }
}

/** @returns undefined: it has ended */
function levelOf(thread: number): number | undefined {
  try {
    return getPriority(thread);
  } catch (error) {
    if (!hasEnded(error)) throw error;
    return undefined;
  }
}

/** uv_os_setpriority of a thread that is no more. */
const hasEnded = (error: unknown): boolean => (error as { info?: { code?: string } }).info?.code === "ESRCH";

function weighSession(pid: number, nice: number): void {
  try {
    writeFileSync(`/proc/${pid}/autogroup`, String(nice));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // A kernel without autogroups; a process that has ended meanwhile; a container that may not.
    if (code !== "ENOENT" && code !== "ESRCH" && code !== "EROFS" && code !== "EACCES" && code !== "EPERM")
      throw error;
  }
}

/**
 * Words before a command that is to have a session of its own, in which it weighs as much as any program; within it, and
 * where there are no autogroups, it has this level. Its process id stays that of whoever was started.
 */
export const inOwnSession = (nice: number): string[] => [
  ...["setsid", "nice", "-n"],
  String(nice - getPriority()),
];
