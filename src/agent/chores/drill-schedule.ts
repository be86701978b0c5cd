import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Cron } from "croner";
import { messageOf } from "../../base/message.ts";
import type { DrillSchedule } from "../../cluster/drills-schema.ts";
import { allHosts, type HostContext } from "../../cluster/facts.ts";
import { hostNotGreen } from "../../explain/green.ts";
import type { HostReport } from "../../report/host-report.ts";
import { contactMs } from "../../report/news.ts";

/**
 * Drills on the cluster itself, by the schedule of cluster.yaml. The holder of the service address runs them, each in a
 * process of its own (`dialtone drill run NAME --here`), one at a time, in the declared window, while all is green.
 */

/** A drill that has not ended by then is ended; the process repairs and reports, or is killed. */
const drillMs = 5 * 60_000;
const graceMs = 30_000;
const lookEveryMs = 5000;
/** A node that took over a moment ago has other things to do. */
const settledMs = 60_000;

const main = fileURLToPath(new URL("../../main.ts", import.meta.url));

/** Why no drill may begin now; empty: it may. Pure. */
export function whyNoDrill(
  self: { host: string; holdsForMs: number | undefined; expected: readonly string[] },
  entries: readonly { ageMs: number; report: HostReport }[],
): string[] {
  if (self.holdsForMs === undefined) return [`${self.host} does not hold the service address`];
  const reasons: string[] = [];
  if (self.holdsForMs < settledMs)
    reasons.push(`${self.host} has held the service address for a moment only`);
  const fresh = entries.filter(({ ageMs }) => ageMs <= contactMs).map(({ report }) => report);
  for (const name of self.expected)
    if (!fresh.some(({ host }) => host === name)) reasons.push(`${name} is not heard`);
  for (const report of fresh) {
    reasons.push(...hostNotGreen(report).map((why) => `${report.host}: ${why}`));
    if (report.light?.colour === "red") reasons.push(`${report.host}: it is not safe to lose a node`);
    if (report.stopping || report.handover !== undefined) reasons.push(`${report.host} is being changed`);
    if (report.drained) reasons.push(`${report.host} is drained`);
    if (report.orderResults?.some(({ state }) => state === "running"))
      reasons.push(`${report.host} is busy with an order`);
  }
  if (fresh.filter(({ holds }) => holds).length > 1) reasons.push("two hosts hold the service address");
  return reasons;
}

/** In the order given, but the switchover last: after it this host is not the holder any more. Pure. */
export const inOrder = (names: readonly string[]): string[] => [
  ...names.filter((name) => name !== "switchover"),
  ...names.filter((name) => name === "switchover"),
];

interface Hands {
  /** For how long this host has held the service address; undefined: it does not. */
  holdsForMs(): number | undefined;
  cluster(): { ageMs: number; report: HostReport }[];
  tell(subject: string, text: string): void;
}

/** Starts the schedule; returns how to end it, with whatever drill is going on. */
export function startDrillSchedule(context: HostContext, hands: Hands): () => Promise<void> {
  const { schedule, time_zone: timezone } = context.cluster.drills;
  const stop = new AbortController();
  let running: Promise<void> = Promise.resolve();
  const jobs = schedule.map(
    (entry) =>
      new Cron(entry.cron, { timezone }, () => {
        // One after the other, whatever the windows say.
        running = running.then(() => runWindow(context, hands, entry, stop.signal));
      }),
  );
  return async () => {
    for (const job of jobs) job.stop();
    stop.abort();
    await running;
  };
}

async function runWindow(
  context: HostContext,
  hands: Hands,
  entry: DrillSchedule,
  stop: AbortSignal,
): Promise<void> {
  const closes = performance.now() + entry.window_minutes * 60_000;
  const expected = allHosts(context.cluster).map(({ name }) => name);
  for (const name of inOrder(entry.run)) {
    // The other node's agent has the same schedule: the holder's does it.
    if (hands.holdsForMs() === undefined) return;
    try {
      const against = () =>
        whyNoDrill({ host: context.self.name, holdsForMs: hands.holdsForMs(), expected }, hands.cluster());
      while (against().length > 0 && performance.now() + lookEveryMs < closes)
        await delay(lookEveryMs, undefined, { signal: stop });
      const reasons = against();
      if (reasons.length > 0 || performance.now() > closes) {
        hands.tell(name, `not run: ${reasons.join("; ") || "the window is over"}`);
        continue;
      }
      hands.tell(name, "begins");
      hands.tell(name, await runChild(context, name, stop));
    } catch (error) {
      hands.tell(name, `failed: ${messageOf(error)}`);
      if (stop.aborted) return;
    }
  }
}

/** @returns how it ended, in words. */
async function runChild(context: HostContext, name: string, stop: AbortSignal): Promise<string> {
  const { dirs, clusterFile } = context;
  const log = openSync(join(dirs.log, "drills.log"), "a", 0o640);
  const words = [
    "drill",
    "run",
    name,
    "--here",
    "--data",
    dirs.data,
    "--by",
    "schedule",
    "--config",
    clusterFile,
  ];
  let child: ChildProcess;
  try {
    // At the priority of ordinary programs: the agent's own is higher.
    child = spawn(
      "nice",
      ["-n", "10", process.execPath, "--disable-warning=ExperimentalWarning", main, ...words],
      {
        stdio: ["ignore", log, log],
      },
    );
  } finally {
    closeSync(log);
  }
  const exited = once(child, "exit") as Promise<[number | null, string | null]>;
  const deadline = AbortSignal.any([stop, AbortSignal.timeout(drillMs)]);
  const end = () => {
    child.kill("SIGTERM");
    setTimeout(() => child.kill("SIGKILL"), graceMs).unref();
  };
  deadline.addEventListener("abort", end);
  const [code, signal] = await exited;
  deadline.removeEventListener("abort", end);
  const where = `; log: ${join(dirs.log, "drills.log")}`;
  if (deadline.aborted) return `ended after ${drillMs / 60_000} min, or because this host stops${where}`;
  return code === 0 ? "passed" : `did not pass (${signal ?? `exit code ${code}`})${where}`;
}
