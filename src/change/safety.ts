import { notOneHolder } from "../explain/answering.ts";
import { hostNotGreen } from "../explain/green.ts";
import type { HostReport } from "../report/host-report.ts";
import { besideTakeover, type LightCode } from "../report/light.ts";
import { contactMs } from "../report/news.ts";

/** Is the cluster so well that one host after the other can be taken away for a moment? Pure. */

export interface ClusterView {
  /** All hosts of cluster.yaml. */
  expected: string[];
  entries: { ageMs: number; report: HostReport }[];
}

/** The reasons that a change itself brings about on its way, or that it is there to cure. */
export const duringChange: readonly LightCode[] = [
  "release-differs",
  "config-differs",
  "not-drilled",
  "drill-failed",
];

/** News by way of the host that was asked: two polls more. */
export const heardMs = 2 * contactMs;

/** Why this host is not ready for the next step; empty: it is. */
export function whyNotReady(report: HostReport, expected: number, accepted: readonly string[]): string[] {
  const { database } = report;
  const reasons = [...hostNotGreen(report)];
  if (report.stopping) reasons.push("is being stopped");
  if (report.role === "node") {
    const facts = database?.facts;
    if (facts?.state !== "Synced") reasons.push(`database is ${facts?.state ?? "not there"}, not Synced`);
    else if (facts.size < expected) reasons.push(`database has ${facts.size} of ${expected} members`);
  }
  for (const { code, text } of report.light?.reasons ?? [])
    if (!accepted.includes(code) && !besideTakeover.has(code)) reasons.push(text);
  return [...new Set(reasons)];
}

/** What the light gives time to settle must have settled before the next host goes: here without patience. */
function notYetReplicated(reports: HostReport[]): string[] {
  const holder = reports.find((report) => report.holds);
  const { contacts = 0, sessions = 0 } = holder?.standing ?? {};
  return reports.flatMap(({ host, role, standing }) => {
    if (role !== "node" || host === holder?.host || !standing) return [];
    return [
      ...(contacts - (standing.contacts ?? 0) > contacts / 500
        ? [`${host}: knows ${standing.contacts ?? 0} of ${contacts} registered contacts`]
        : []),
      ...(sessions - (standing.sessions ?? 0) > sessions / 50 + 1
        ? [`${host}: knows ${standing.sessions ?? 0} of ${sessions} conversations`]
        : []),
    ];
  });
}

/** Every reason, with the host that it is about; empty: safe. */
export function whyNotSafe(view: ClusterView, accepted: readonly string[] = duringChange): string[] {
  const { expected, entries } = view;
  const fresh = entries.filter(({ ageMs }) => ageMs <= heardMs).map(({ report }) => report);
  const reasons = expected
    .filter((name) => !fresh.some((report) => report.host === name))
    .map((name) => `${name}: its agent is not heard`);
  for (const report of fresh)
    reasons.push(
      ...whyNotReady(report, expected.length, accepted).map((reason) => `${report.host}: ${reason}`),
    );
  reasons.push(...notYetReplicated(fresh));
  reasons.push(...notOneHolder(fresh.filter(({ holds }) => holds).map(({ host }) => host)));
  return reasons;
}

/** Standbys first, then the holder (which hands over before), the others (witness, edges) last. */
export function orderOfHosts(reports: HostReport[]): {
  standby: string[];
  holder: string;
  others: string[];
} {
  const names = (wanted: (report: HostReport) => boolean) =>
    reports
      .filter(wanted)
      .map((report) => report.host)
      .sort();
  return {
    standby: names((report) => report.role === "node" && !report.holds),
    holder: names((report) => report.holds)[0] ?? "",
    others: names((report) => report.role !== "node"),
  };
}
