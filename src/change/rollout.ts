import { setTimeout as delay } from "node:timers/promises";
import { Listr, PRESET_TIMER } from "listr2";
import { messageOf } from "../base/message.ts";
import type { HostReport } from "../report/host-report.ts";
import type { Desk } from "./desk.ts";
import { orderOfHosts, whyNotSafe } from "./safety.ts";
import { settleMs, verified } from "./verify.ts";

/** One host after the other, standby first; each step is verified before the next. */

export interface Rollout {
  /** What is done to a host, for its title: "restart", "release 0.2.0" … */
  what: string;
  /** Does it. */
  touch: (host: string) => Promise<void>;
  /** Must the service address be elsewhere meanwhile? */
  disturbs: (host: string) => boolean;
  /** Is it so already? Such a host is left alone. */
  isDone?: (report: HostReport) => boolean;
  /** What is not yet as it should be on a host that was touched. */
  missing: (report: HostReport) => string[];
  force: boolean;
  quiet: boolean;
  signal: AbortSignal;
}

/** What is waited for changes quickly; people read slowly. */
const tellEveryMs = 3000;

export interface RolloutResult {
  /** Hosts in the order in which they were touched. */
  done: string[];
  skipped: string[];
  /** Who holds the service address in the end. */
  holder: string;
  seconds: number;
}

/** What was reached when a step failed, for people and for going back. */
export class RolloutError extends Error {
  readonly done: string[];
  readonly failed: string;
  readonly left: string[];
  constructor(message: string, done: string[], failed: string, left: string[]) {
    super(
      `${message}\nIt stands like this: done ${done.join(", ") || "nothing"}; failed at ${failed}; not begun ${left.join(", ") || "nothing"}.`,
    );
    this.name = "RolloutError";
    [this.done, this.failed, this.left] = [done, failed, left];
  }
}

/** A part that is just being restarted is no reason to send a person away. */
const graceMs = 10_000;

/** @throws Error with the reasons, one a line, when the cluster is not safe within a moment and nobody forces it. */
export async function refuseUnlessSafe(desk: Desk, force: boolean): Promise<void> {
  const until = performance.now() + graceMs;
  for (;;) {
    const reasons = whyNotSafe(await desk.view());
    if (reasons.length === 0 || force) return;
    if (performance.now() > until)
      throw new Error(
        `refused, because the cluster is not safe to work on:\n  ${reasons.join("\n  ")}\n` +
          "What would be lost: while one host is away, the others must be able to do everything. " +
          "Cure the reasons first ('dialtone status'); --force goes on nevertheless, and calls may be lost.",
      );
    await delay(250);
  }
}

/**
 * Carries a change to all hosts.
 * @throws RolloutError that says where it stands when a step fails; Error with the reasons when it is refused.
 */
export async function rollOut(desk: Desk, rollout: Rollout): Promise<RolloutResult> {
  const began = performance.now();
  const { signal, force } = rollout;
  await refuseUnlessSafe(desk, force);
  const reports = (await desk.view()).entries.map(({ report }) => report);
  const { standby, holder, others } = orderOfHosts(reports);
  const isDone = (host: string) =>
    rollout.isDone?.(reports.find((report) => report.host === host) as HostReport) ?? false;
  const order = [...standby, holder, ...others].filter((host) => host !== "" && !isDone(host));
  const skipped = reports.map((report) => report.host).filter((host) => !order.includes(host));
  const done: string[] = [];
  let failed = "";

  const verify = async (what: string[], stableMs: number, say: (text: string) => void) => {
    const wanted = what.map((host) => ({ host, missing: rollout.missing }));
    // Forced: the cluster was not well before either, so only the host itself can be waited for.
    await verified(desk, wanted, { stableMs, signal, onMissing: say, onlyWanted: force });
  };
  const teller = (task: { output: string }) => {
    let toldAt = Number.NEGATIVE_INFINITY;
    return (text: string) => {
      if (performance.now() - toldAt < tellEveryMs) return;
      toldAt = performance.now();
      task.output = text.length > 160 ? `${text.slice(0, 160)} …` : text;
    };
  };
  /** Asked at that moment: a fault may have moved the address since the rollout began. */
  const holdsNow = async (host: string) =>
    (await desk.view()).entries.some(({ report }) => report.host === host && report.holds);
  const steps = order.map((host) => ({
    title: `${host}: ${rollout.what}`,
    task: async (_: unknown, task: { title: string; output: string }) => {
      failed = host;
      if (rollout.disturbs(host) && (await holdsNow(host))) {
        task.output = "hands the service address over";
        const { text } = await desk.order(host, { kind: "switchover", force });
        await verify([], settleMs, teller(task));
        task.title = `${host}: ${rollout.what} (handed over, ${text})`;
      }
      await rollout.touch(host);
      await verify([host], 2000, teller(task));
      done.push(host);
    },
  }));
  try {
    await new Listr(steps, {
      registerSignalListeners: false,
      rendererOptions: { timer: PRESET_TIMER },
      renderer: rollout.quiet ? "silent" : process.stderr.isTTY ? "default" : "simple",
    }).run();
  } catch (error) {
    const left = order.filter((host) => !done.includes(host) && host !== failed);
    throw new RolloutError(messageOf(error), done, failed, left);
  }
  const after = (await desk.view()).entries.find(({ report }) => report.holds)?.report.host ?? "";
  return { done, skipped, holder: after, seconds: Math.round((performance.now() - began) / 100) / 10 };
}
