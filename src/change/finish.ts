import type { HostReport } from "../report/host-report.ts";
import type { Desk } from "./desk.ts";
import { type RolloutResult, rollOut } from "./rollout.ts";

/** The end of a change that runs on trial: it stays, or all hosts go back. */

const restartMs = 60_000;

/** The hosts on which something is on trial, with the change that it belongs to. */
export async function onTrial(desk: Desk): Promise<HostReport[]> {
  return (await desk.view()).entries.map(({ report }) => report).filter((report) => report.trial);
}

const changeOf = (report: HostReport | undefined): { change: string } =>
  report?.trial ? { change: report.trial.change } : { change: "" };

/** The change stays on all hosts. Returns those where something was on trial. */
export async function confirmAll(desk: Desk): Promise<string[]> {
  const hosts = await onTrial(desk);
  await Promise.all(hosts.map((report) => desk.order(report.host, { kind: "confirm" }, changeOf(report))));
  return hosts.map((report) => report.host);
}

/**
 * Brings release and cluster.yaml of before back, standby first. @param force also when the cluster is not well, which
 * is often the reason to go back
 */
export async function backAll(
  desk: Desk,
  options: { force: boolean; quiet: boolean; signal: AbortSignal },
): Promise<RolloutResult> {
  const hosts = await onTrial(desk);
  const trial = (host: string) => hosts.find((report) => report.host === host);
  return rollOut(desk, {
    what: "back to what it was before",
    touch: async (host) => {
      await desk.order(host, { kind: "back" }, { ...changeOf(trial(host)), deadlineMs: restartMs });
    },
    disturbs: () => true,
    isDone: (report) => trial(report.host) === undefined,
    missing: (report) => (report.trial ? ["is still on trial"] : []),
    ...options,
  });
}
