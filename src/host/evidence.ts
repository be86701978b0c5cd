import { readFileSync } from "node:fs";
import { familyOf, threadsOf } from "./process.ts";

/** What the kernel knows of a process tree: does it run, does it wait, and for what? proc(5). Read in trouble only. */

/** One thread. Times and counts since it was made. */
export interface Thread {
  /** R runs or wants to, S sleeps, D waits for a disk, T or t is stopped, Z is dead. */
  state: string;
  /** On a processor, ms. */
  ranMs: number;
  /** Ready to run, and others ran, ms; counted when the wait ends. */
  waitedMs: number;
  /** How often it went to sleep by itself. */
  pauses: number;
  /** System calls read(2) and write(2) and their like. */
  calls: number;
}

export interface Sample {
  /** Monotonic ms. */
  at: number;
  /** By `PID/TID`. */
  threads: Record<string, Thread>;
  /** Bytes that wait in the receiving queues of its sockets. */
  queued: number;
  /** The thread that looks, and asks. */
  asker: Pick<Thread, "ranMs" | "waitedMs">;
}

const read = (path: string): string => readFileSync(path, "latin1");

const figure = (text: string, name: string): number =>
  Number(new RegExp(`^${name}:\\s*(\\d+)`, "m").exec(text)?.[1] ?? 0);

/** Documentation/scheduler/sched-stats.rst. Pure. */
function parseSchedstat(schedstat: string): Pick<Thread, "ranMs" | "waitedMs"> {
  const [ran, waited] = schedstat.split(" ");
  return { ranMs: Number(ran) / 1e6, waitedMs: Number(waited) / 1e6 };
}

/** /proc/PID/task/TID: `status`, `schedstat` and `io`. Pure. */
export function parseThread(status: string, schedstat: string, io: string): Thread {
  return {
    state: /^State:\s*(\S)/m.exec(status)?.[1] ?? "",
    ...parseSchedstat(schedstat),
    pauses: figure(status, "voluntary_ctxt_switches"),
    calls: figure(io, "syscr") + figure(io, "syscw"),
  };
}

/** Bytes waiting at these local ports, of /proc/net/udp or /proc/net/tcp, with or without the 6. Pure. */
export function queuedAt(table: string, ports: readonly number[]): number {
  let bytes = 0;
  for (const line of table.split("\n").slice(1)) {
    const [, local = "", , , queues = ""] = line.trim().split(/\s+/);
    const port = Number.parseInt(local.slice(local.indexOf(":") + 1), 16);
    if (ports.includes(port)) bytes += Number.parseInt(queues.slice(queues.indexOf(":") + 1), 16);
  }
  return bytes;
}

const threadsIn = (pid: number): [string, Thread][] =>
  threadsOf(pid).flatMap((tid): [string, Thread][] => {
    const folder = `/proc/${pid}/task/${tid}`;
    try {
      const thread = parseThread(read(`${folder}/status`), read(`${folder}/schedstat`), read(`${folder}/io`));
      return [[`${pid}/${tid}`, thread]];
    } catch {
      return []; // ended meanwhile
    }
  });

/** Tables of sockets, of this network namespace: /proc/net. */
type SocketKind = "udp" | "udp6" | "tcp" | "tcp6";

/** Bytes (of sockets that listen: connections) that wait at these local ports. */
export function waitingAt(ports: readonly number[], kinds: readonly SocketKind[]): number {
  if (ports.length === 0) return 0;
  return kinds.reduce((bytes, kind) => {
    try {
      return bytes + queuedAt(read(`/proc/net/${kind}`), ports);
    } catch {
      return bytes; // a kernel without IPv6
    }
  }, 0);
}

/**
 * How a process and its descendants stand now; a few ms for a hundred threads. Never waits: /proc is memory.
 * @param ports local ports of its sockets, in this network namespace
 */
export const sampleOf = (pid: number, ports: readonly number[], at: number): Sample => ({
  at,
  threads: Object.fromEntries(familyOf(pid).flatMap(threadsIn)),
  queued: waitingAt(ports, ["udp", "udp6", "tcp", "tcp6"]),
  asker: parseSchedstat(read("/proc/thread-self/schedstat")),
});
