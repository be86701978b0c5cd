import { readdirSync, readFileSync } from "node:fs";

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
}

const read = (path: string): string => readFileSync(path, "latin1");

const figure = (text: string, name: string): number =>
  Number(new RegExp(`^${name}:\\s*(\\d+)`, "m").exec(text)?.[1] ?? 0);

/** /proc/PID/task/TID: `status`, `schedstat` (Documentation/scheduler/sched-stats.rst) and `io`. Pure. */
export function parseThread(status: string, schedstat: string, io: string): Thread {
  const [ran, waited] = schedstat.split(" ");
  return {
    state: /^State:\s*(\S)/m.exec(status)?.[1] ?? "",
    ranMs: Number(ran) / 1e6,
    waitedMs: Number(waited) / 1e6,
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

/** A process and its descendants. (Parts fork from their first thread.) */
function family(pid: string): string[] {
  const all = [pid];
  for (const one of all) {
    try {
      const children = read(`/proc/${one}/task/${one}/children`).trim();
      if (children !== "") all.push(...children.split(" "));
    } catch {
      // It ended meanwhile: then it has none.
    }
  }
  return all;
}

function threadsOf(pid: string): [string, Thread][] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((tid): [string, Thread][] => {
      const folder = `/proc/${pid}/task/${tid}`;
      try {
        const thread = parseThread(
          read(`${folder}/status`),
          read(`${folder}/schedstat`),
          read(`${folder}/io`),
        );
        return [[`${pid}/${tid}`, thread]];
      } catch {
        return []; // ended meanwhile
      }
    });
  } catch {
    return [];
  }
}

function queued(ports: readonly number[]): number {
  if (ports.length === 0) return 0;
  return ["udp", "udp6", "tcp", "tcp6"].reduce((bytes, kind) => {
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
  threads: Object.fromEntries(family(String(pid)).flatMap(threadsOf)),
  queued: queued(ports),
});
