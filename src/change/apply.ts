import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { messageOf } from "../base/message.ts";
import { configDigest } from "../cluster/facts.ts";
import { askAll, refused } from "./ask-all.ts";
import { unifiedDiff } from "./configuration.ts";
import type { Desk } from "./desk.ts";
import { backAll, confirmAll } from "./finish.ts";
import { RolloutError, type RolloutResult, refuseUnlessSafe, rollOut } from "./rollout.ts";
import { refusedChanges, type SettingChange, settingChanges } from "./settings.ts";
import { replaceFile } from "./trial.ts";
import { parseCluster } from "./yaml.ts";

/** A new cluster.yaml on all hosts or on none: all check it and keep it aside, then one after the other starts with it. */

export interface ApplyPlan {
  text: string;
  digest: string;
  changes: SettingChange[];
  /** Unified diff against the file in force. */
  diff: string;
  holder: string;
  /** Which parts each host would restart; the others go on. */
  restarts: Record<string, string[]>;
}

const startMs = 90_000;

/** Restarting the app alone costs no call: the SIP server asks the other node's app meanwhile. */
export const disturbsCalls = (parts: string[]): boolean => parts.some((part) => part !== "app");

/**
 * First phase: every host checks the file. Nothing is changed.
 * @throws ConfigError with the line of each fault; Error with each host's objections.
 */
export async function planApply(desk: Desk, file: string, force: boolean): Promise<ApplyPlan> {
  const text = readFileSync(resolve(file), "utf8");
  const next = parseCluster(text, file);
  const { hosts, silent } = await desk.configurations();
  const absent = silent.map(({ host, why }) => `${host} is not heard: ${why}`);
  if (absent.length > 0) throw refused("a host that is absent now would come back with the old file", absent);
  await refuseUnlessSafe(desk, force);
  const { entries, expected } = await desk.view();
  const holder = entries.find(({ report }) => report.holds)?.report.host ?? "";
  const inForce = (hosts.find(({ host }) => host === holder) ?? hosts[0])?.cluster;
  if (!inForce) throw new Error("no host tells its cluster.yaml");
  const changes = settingChanges(parseCluster(inForce.text, inForce.file), next);
  const impossible = refusedChanges(changes);
  if (impossible.length > 0) throw refused("this can not be changed while the cluster runs", impossible);
  const staged = await askAll(desk, expected, { kind: "stage", text }, "");
  const restarts = Object.fromEntries(staged.map(({ host, details = [] }) => [host, details]));
  return {
    text,
    digest: configDigest(next),
    changes,
    holder,
    restarts,
    diff: unifiedDiff("cluster.yaml", ["in force", inForce.text], ["new", text]),
  };
}

/** For people: what changes and what that means. Pure. */
export function applyText({ changes, diff, holder, restarts }: ApplyPlan): string {
  const setting = ({ path, from, to }: SettingChange) =>
    `  ${path}: ${from ?? "not set"} → ${to ?? "not set"}`;
  const host = ([name, parts]: [string, string[]]) =>
    `  ${name}: the agent${parts.length > 0 ? `, ${parts.join(", ")}` : " only"}${name === holder && disturbsCalls(parts) ? " (hands the service address over before)" : ""}`;
  return [
    diff,
    "",
    changes.length > 0 ? "settings:" : "no setting changes (comments or order only)",
    ...changes.map(setting),
    "restarted, one host after the other:",
    ...Object.entries(restarts).map(host),
    disturbsCalls(restarts[holder] ?? [])
      ? "calls: those in progress move to the other node with the service address and go on"
      : "calls: none is affected",
  ].join("\n");
}

/**
 * Second phase: standby first. When a host does not become well with it, all that have it go back.
 * @throws Error that says what was the matter, and that all is as before, or what a person has to do.
 */
export async function apply(
  desk: Desk,
  plan: ApplyPlan,
  options: { force: boolean; quiet: boolean; signal: AbortSignal },
): Promise<RolloutResult> {
  const { digest, restarts } = plan;
  try {
    const result = await rollOut(desk, {
      what: `configuration ${digest}`,
      touch: async (host) => {
        await desk.order(host, { kind: "activate", digest, force: options.force }, { deadlineMs: startMs });
      },
      disturbs: (host) => disturbsCalls(restarts[host] ?? []),
      missing: (report) =>
        report.config === digest ? [] : [`has configuration ${report.config}, not ${digest}`],
      ...options,
    });
    await confirmAll(desk);
    // A lab's file is what its hosts begin with at the next 'lab up'.
    if (desk.lab !== undefined) replaceFile(desk.clusterFile, plan.text);
    return result;
  } catch (error) {
    if (!(error instanceof RolloutError)) throw error;
    throw new Error(`${error.message}\n${await takeBack(desk, options)}`);
  }
}

/** What became of it, in words. */
async function takeBack(desk: Desk, options: { quiet: boolean }): Promise<string> {
  try {
    // The change itself may be why the cluster is not well, and Ctrl-C may have been why it ended.
    const signal = new AbortController().signal;
    const { done } = await backAll(desk, { force: true, quiet: options.quiet, signal });
    return done.length > 0
      ? `Taken back on ${done.join(", ")}: all hosts have the file of before.`
      : "No host had begun with the new file: all is as before.";
  } catch (error) {
    return (
      `It could not be taken back everywhere: ${messageOf(error)}\n` +
      "Cure that ('dialtone status'), then 'dialtone change back'; 'dialtone drift' shows who has which file."
    );
  }
}
