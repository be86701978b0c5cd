import { setTimeout as delay } from "node:timers/promises";
import { Cron } from "croner";
import { messageOf } from "../../base/message.ts";
import type { DrillSchedule } from "../../cluster/drills-schema.ts";
import { allHosts, type HostContext } from "../../cluster/facts.ts";
import { hostNotGreen } from "../../explain/green.ts";
import type { HostReport } from "../../report/host-report.ts";
import { contactMs } from "../../report/news.ts";
import { DrillRunner, type Running } from "./drill-runner.ts";

/**
 * Drills on the cluster itself, by the schedule of cluster.yaml or because a person wants one now. The holder of the service
 * address runs them, one at a time, while all is green; those of the schedule in the declared window.
 */

const lookEveryMs = 5000;
/** A node that took over a moment ago has other things to do. */
const settledMs = 60_000;

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
    // The order to begin this very drill runs while this is asked.
    if (report.orderResults?.some(({ state, kind }) => state === "running" && kind !== "drill"))
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

export interface Drills {
  /** What runs now. */
  running(): Running | undefined;
  /** Begins a drill, for a person. @returns what was begun @throws Error with the reasons when none may begin now */
  begin(name: string, runs: number, who: string): string;
  /** Ends the schedule, with whatever drill is going on. */
  stop(): Promise<void>;
}

/** Starts the schedule. */
export function startDrills(context: HostContext, hands: Hands): Drills {
  const { schedule, time_zone: timezone } = context.cluster.drills;
  const stop = new AbortController();
  const runner = new DrillRunner(context);
  let last: Promise<void> = Promise.resolve();
  const jobs = schedule.map(
    (entry) =>
      new Cron(entry.cron, { timezone }, () => {
        // One after the other, whatever the windows say.
        last = last.then(() => runWindow(context, hands, runner, entry, stop.signal));
      }),
  );
  return {
    running: () => runner.running,
    begin: (name, runs, who) => {
      const reasons = against(context, hands, runner);
      if (reasons.length > 0) throw new Error(`not run: ${reasons.join("; ")}`);
      hands.tell(name, `begins, for ${who}`);
      last = Promise.all([last, runTold(hands, runner, { name, runs, by: who }, stop.signal)]).then(() => {});
      return `${name} has begun on ${context.self.name}`;
    },
    stop: async () => {
      for (const job of jobs) job.stop();
      stop.abort();
      await last;
    },
  };
}

const against = (context: HostContext, hands: Hands, runner: DrillRunner): string[] => [
  ...(runner.running ? [`the drill ${runner.running.name} of ${runner.running.by} runs`] : []),
  ...whyNoDrill(
    {
      host: context.self.name,
      holdsForMs: hands.holdsForMs(),
      expected: allHosts(context.cluster).map(({ name }) => name),
    },
    hands.cluster(),
  ),
];

/** Runs one to its end and tells what became of it; never throws. */
async function runTold(
  hands: Hands,
  runner: DrillRunner,
  drill: { name: string; runs: number; by: string },
  stop: AbortSignal,
): Promise<void> {
  try {
    hands.tell(drill.name, await runner.run(drill, stop));
  } catch (error) {
    hands.tell(drill.name, `failed: ${messageOf(error)}`);
  }
}

async function runWindow(
  context: HostContext,
  hands: Hands,
  runner: DrillRunner,
  entry: DrillSchedule,
  stop: AbortSignal,
): Promise<void> {
  const closes = performance.now() + entry.window_minutes * 60_000;
  for (const name of inOrder(entry.run)) {
    // The other node's agent has the same schedule: the holder's does it.
    if (hands.holdsForMs() === undefined || stop.aborted) return;
    while (against(context, hands, runner).length > 0 && performance.now() + lookEveryMs < closes)
      await delay(lookEveryMs, undefined, { signal: stop }).catch(() => {}); // aborted: seen below
    if (stop.aborted) return;
    const reasons = against(context, hands, runner);
    if (reasons.length > 0 || performance.now() > closes) {
      hands.tell(name, `not run: ${reasons.join("; ") || "the window is over"}`);
      continue;
    }
    hands.tell(name, "begins");
    await runTold(hands, runner, { name, runs: 1, by: "schedule" }, stop);
  }
}
