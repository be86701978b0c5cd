import { readFileSync } from "node:fs";
import { setWeight } from "../host/priority.ts";

/**
 * Callers and telephones stand for other machines: what runs beside them here must not make them late. So each has a session
 * of its own, whose weight counts against all others.
 */

/** Gives a process that was started so its weight, once it has its session. */
export function weigh(pid: number | undefined, niceness: number, tries = 20): void {
  const session = pid === undefined ? undefined : sessionOf(pid);
  if (session === undefined || pid === undefined) return;
  if (session === pid) setWeight(pid, niceness);
  else if (tries > 0) setTimeout(weigh, 20, pid, niceness, tries - 1).unref();
}

/** The session that a process belongs to (proc(5), stat); undefined: there is no such process. */
function sessionOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[3]);
  } catch {
    return undefined;
  }
}
