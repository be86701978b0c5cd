import Table from "cli-table3";
import { partNames } from "../components/component.ts";
import { inOrder } from "./policy.ts";
import type { HostReport } from "./report.ts";

/** Words for people about a cluster. Pure. */

const since = (ms: number): string => {
  if (ms < 1000) return `${ms} ms`;
  if (ms < 120_000) return `${Math.round(ms / 1000)} s`;
  if (ms < 7_200_000) return `${Math.round(ms / 60_000)} min`;
  return `${Math.round(ms / 3_600_000)} h`;
};

const lightMark = { green: "●", amber: "◐", red: "○" } as const;

function databaseText({ database }: HostReport): string {
  if (!database) return "votes only";
  if (database.waiting) return `waits: ${database.waiting}`;
  const facts = database.facts;
  return facts
    ? `${facts.primary ? "quorum" : "no quorum"}, ${facts.state}, ${facts.size} members`
    : database.phase;
}

const partsText = (report: HostReport): string =>
  partNames
    .flatMap((name) => {
      const part = report.parts[name];
      if (!part) return [];
      const restarts = part.restarts > 0 ? `, ${part.restarts} restarts` : "";
      const mark = part.ok ? "ok " : inOrder(part) ? "-- " : "?? ";
      return [`${mark}${name} (${part.phase} ${since(part.sinceMs)}${restarts})`];
    })
    .join("\n");

/** One sentence for the whole cluster, first: can people call? */
export function headline(entries: { ageMs: number; report: HostReport }[], freshMs: number): string {
  const fresh = entries.filter((entry) => entry.ageMs <= freshMs).map((entry) => entry.report);
  const holders = fresh.filter((report) => report.holds).map((report) => report.host);
  const ready = fresh
    .filter((report) => report.verdict.mayHold && !report.holds)
    .map((report) => report.host);
  if (holders.length === 0) return "Nobody holds the service address: calls do not get through.";
  if (holders.length > 1) return `${holders.join(" and ")} both hold the service address.`;
  const standby = ready.length > 0 ? `${ready.join(", ")} can take over` : "nobody can take over";
  return `${holders[0]} answers calls; ${standby}.`;
}

/** The table of `dialtone status`. Ages are as seen by the host that was asked. */
export function describeCluster(entries: { ageMs: number; report: HostReport }[], freshMs = 2000): string {
  const table = new Table({
    head: ["host", "", "address", "database", "parts", "why"],
    style: { head: [], border: [] },
    wordWrap: true,
    colWidths: [8, 10, 12, 28, 44, 46],
  });
  for (const { ageMs, report } of [...entries].sort((x, y) => x.report.host.localeCompare(y.report.host))) {
    const stale = ageMs > freshMs;
    const { verdict } = report;
    table.push([
      report.host,
      stale ? "not heard" : `${lightMark[verdict.light]} ${verdict.light}`,
      report.role !== "node"
        ? report.role
        : report.holds
          ? "holds it"
          : verdict.mayHold
            ? "standby"
            : "unfit",
      databaseText(report),
      partsText(report),
      stale
        ? `no news for ${since(Math.round(ageMs))}; this is what it said last`
        : verdict.reasons.join("\n"),
    ]);
  }
  return `${headline(entries, freshMs)}\n${table.toString()}`;
}
