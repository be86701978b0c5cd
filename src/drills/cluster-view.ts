import { setTimeout as delay } from "node:timers/promises";
import { notOneHolder } from "../explain/answering.ts";
import type { HostStatus, Lab } from "../lab/lab.ts";
import { type Ground, labGround } from "./ground.ts";

/** What a drill wants to know of the cluster that it is about to hurt. */

/** Why the cluster is not ready for a fault, one line for each reason; empty: all green, one node is active. Pure. */
export function whyNotGreen(hosts: HostStatus[]): string[] {
  const cluster = hosts.filter((host) => host.role !== "outside");
  const reasons = cluster.flatMap((host) => {
    if (!host.powered) return [`${host.name} has no power`];
    if (host.paused.length > 0) return [`${host.name}: ${host.paused.join(", ")} paused`];
    const report = host.agent;
    if (!report) return [`${host.name}: the agent does not answer (${host.problem ?? "no reason known"})`];
    if (report.verdict.light === "green") return [];
    return [
      `${host.name} is ${report.verdict.light}: ${report.verdict.reasons.join("; ") || "no reason given"}`,
    ];
  });
  return [...reasons, ...notOneHolder(activeNodes(hosts))];
}

/** Who says that it holds the service address. Pure. */
export const activeNodes = (hosts: HostStatus[]): string[] =>
  hosts.filter((host) => host.agent?.holds === true).map((host) => host.name);

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
    if (performance.now() - from > deadlineMs)
      throw new Error(`not green after ${Math.round(deadlineMs / 1000)} s: ${reasons.join("; ")}`);
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
