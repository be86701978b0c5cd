import { readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { execa } from "execa";

/** What processes cost, part by part: processor time, waiting for a processor, memory, system calls. proc(5). */

/** A network namespace whose processes are counted. */
export interface Place {
  host: string;
  namespace: string;
  /** Pid of each part that runs now. What descends from none of them counts as `other`. */
  roots: () => Record<string, number>;
}

/** Everything that a part has used since its processes began. */
export interface Used {
  host: string;
  part: string;
  /** Of the part itself: another one means that it was restarted. */
  root: number;
  pids: number[];
  /** On a processor, ms. */
  ranMs: number;
  /** Ready to run, but no processor was free, ms. */
  waitedMs: number;
}

interface Process {
  parent: number;
  /** Of its children that have ended, ms. */
  ended: number;
}

const tickMs = 10;

function readProcess(pid: number): Process | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return { parent: Number(fields[1]), ended: (Number(fields[13]) + Number(fields[14])) * tickMs };
  } catch {
    return undefined; // ended while we looked
  }
}

/** Sums of all threads, in ns: exact, where the clock ticks of /proc/PID/stat are not. */
export function readThreads(pid: number): { ran: number; waited: number } {
  const sum = { ran: 0, waited: 0 };
  try {
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      const [ran, waited] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "latin1").split(" ");
      sum.ran += Number(ran);
      sum.waited += Number(waited);
    }
  } catch {
    // A thread that ended meanwhile: its time is in no sum any more, the rest is right.
  }
  return sum;
}

function namespaceOf(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return "";
  }
}

/** One look at all places. The sums also have what children used that have ended and were waited for. */
export function look(places: readonly Place[]): Map<string, Used> {
  const byNamespace = new Map<string, Place>(
    places.map((place) => [`net:[${statSync(`/run/netns/${place.namespace}`).ino}]`, place]),
  );
  const roots = new Map(
    places.map((place) => [
      place,
      new Map(Object.entries(place.roots()).map(([part, pid]) => [pid, part] as const)),
    ]),
  );
  const processes = new Map<number, Process & { place: Place }>();
  for (const entry of readdirSync("/proc")) {
    const pid = Number(entry);
    if (!Number.isInteger(pid)) continue;
    const place = byNamespace.get(namespaceOf(pid));
    const found = place && readProcess(pid);
    if (found) processes.set(pid, { ...found, place });
  }
  const used = new Map<string, Used>();
  for (const [pid, { place, ended }] of processes) {
    let root = pid;
    while (!roots.get(place)?.has(root) && processes.has(root)) root = processes.get(root)?.parent ?? 0;
    const part = roots.get(place)?.get(root) ?? "other";
    const key = `${place.host} ${part}`;
    const entry = used.get(key) ?? {
      host: place.host,
      part,
      root: part === "other" ? 0 : root,
      pids: [],
      ranMs: 0,
      waitedMs: 0,
    };
    const threads = readThreads(pid);
    entry.pids.push(pid);
    entry.ranMs += threads.ran / 1e6 + ended;
    entry.waitedMs += threads.waited / 1e6;
    used.set(key, entry);
  }
  return used;
}

/** What a part used between two looks. */
export interface Cost {
  host: string;
  part: string;
  /** Percent of one processor. */
  percent: number;
  ranMs: number;
  waitedMs: number;
  /** System calls a second; undefined where perf is not there. */
  syscalls?: number;
  /** The part was restarted in between: the figures are of the new one, as far as they go. */
  restarted?: true;
}

/** Counts system calls of processes and what they start (perf stat), until the time is over. */
async function countSyscalls(pids: number[], seconds: number): Promise<number | undefined> {
  const list = pids.join(",");
  const { stderr, failed } = await execa(
    "perf",
    ["stat", "-x", ",", "-e", "raw_syscalls:sys_enter", "-p", list, "--", "sleep", String(seconds)],
    { reject: false },
  );
  const count = Number(stderr.split("\n").at(-1)?.split(",")[0]);
  return failed || Number.isNaN(count) ? undefined : count / seconds;
}

/** Measures for some seconds. */
export async function measure(places: readonly Place[], seconds: number): Promise<Cost[]> {
  const before = look(places);
  const began = performance.now();
  const syscalls = new Map(
    await Promise.all(
      [...before].map(async ([key, { pids }]) => [key, await countSyscalls(pids, seconds)] as const),
    ),
  );
  const rest = seconds * 1000 - (performance.now() - began);
  if (rest > 0) await new Promise((resolve) => setTimeout(resolve, rest));
  const elapsed = performance.now() - began;
  return [...look(places)].map(([key, after]) => {
    const earlier = before.get(key);
    const same = earlier?.root === after.root;
    const ranMs = after.ranMs - (same ? (earlier?.ranMs ?? 0) : 0);
    const waitedMs = after.waitedMs - (same ? (earlier?.waitedMs ?? 0) : 0);
    const calls = syscalls.get(key);
    return {
      host: after.host,
      part: after.part,
      percent: (100 * ranMs) / elapsed,
      ranMs,
      waitedMs,
      ...(calls === undefined ? {} : { syscalls: calls }),
      ...(same ? {} : { restarted: true as const }),
    };
  });
}

/** Memory of each part, MiB: what is shared counts by its share (PSS). */
export function memory(places: readonly Place[]): { host: string; part: string; mib: number }[] {
  return [...look(places).values()].map(({ host, part, pids }) => {
    let kib = 0;
    for (const pid of pids) {
      try {
        kib += Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "latin1"))?.[1] ?? 0);
      } catch {
        // ended, or a thread of the kernel
      }
    }
    return { host, part, mib: kib / 1024 };
  });
}

/** Which system calls processes make, most frequent first, a second (perf trace -s: nearly without slowing them down). */
export async function namedSyscalls(pids: number[], seconds: number): Promise<Record<string, number>> {
  const { stdout, stderr } = await execa(
    "timeout",
    ["-s", "INT", String(seconds), "perf", "trace", "-s", "-p", pids.join(",")],
    { reject: false },
  );
  // For each thread: name, calls, errors, times.
  const counts = new Map<string, number>();
  for (const line of `${stdout}\n${stderr}`.split("\n")) {
    const [, name = "", calls] = /^\s+(\w+)\s+(\d+)\s+\d+\s+[\d.]+\s/.exec(line) ?? [];
    if (calls !== undefined) counts.set(name, (counts.get(name) ?? 0) + Number(calls) / seconds);
  }
  return Object.fromEntries([...counts].sort((one, other) => other[1] - one[1]));
}
