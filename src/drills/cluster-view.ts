import { setTimeout as delay } from "node:timers/promises";
import { patient } from "../base/patience.ts";
import type { Lab } from "../lab/lab.ts";
import { whyNotGreen } from "../lab/readiness.ts";
import { type Ground, labGround } from "./ground.ts";

/** What a drill wants to know of the cluster that it is about to hurt. */

/**
 * Waits until the cluster is green in three looks in a row.
 * @returns how long it took, in ms. @throws Error with the reasons when it is not by the deadline.
 */
export const waitForGreen = (
  lab: Lab,
  deadlineMs: number,
  onChange: (reasons: string[]) => void,
  signal: AbortSignal,
): Promise<number> => untilGreen(labGround(lab), deadlineMs, onChange, signal);

export async function untilGreen(
  ground: Pick<Ground, "look">,
  deadlineMs: number,
  onChange: (reasons: string[]) => void,
  signal: AbortSignal,
): Promise<number> {
  const allowedMs = patient(deadlineMs);
  const from = performance.now();
  let last = "";
  let since = 0;
  for (let looks = 0; ; ) {
    const { hosts, disorder } = await ground.look();
    const reasons = [...whyNotGreen(hosts), ...disorder];
    if (reasons.length === 0) {
      if (looks++ === 0) since = performance.now();
      if (looks >= 3) return Math.round(since - from);
    } else looks = 0;
    if (reasons.join() !== last && reasons.length > 0) onChange(reasons);
    last = reasons.join();
    if (performance.now() - from > allowedMs)
      throw new Error(`not green after ${Math.round(allowedMs / 1000)} s: ${reasons.join("; ")}`);
    await delay(250, undefined, { signal });
  }
}

/** When a host became VRRP master for the first time after a moment (CLOCK_MONOTONIC, ms), as its agent logged it. */
export async function masterSince(
  ground: Pick<Ground, "events">,
  host: string,
  monotonicMs: number,
): Promise<{ monotonicMs: number; wallMs: number } | undefined> {
  const events = await ground.events(host);
  return events.find(
    (event) => event.kind === "vrrp" && event.text === "MASTER" && event.monotonicMs > monotonicMs,
  );
}
