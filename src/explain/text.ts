import Table from "cli-table3";
import { since } from "../base/duration.ts";
import type { HostReport } from "../report/host-report.ts";
import { partNames } from "../report/parts.ts";
import { inOrder } from "../report/policy.ts";
import { describeDiagnosis, diagnose, freshMs, sightsOf } from "./problems.ts";

/** Words for people about a cluster. Pure. */

const lightMark = { green: "●", amber: "◐", red: "○" } as const;

function databaseText({ database }: HostReport): string {
  if (!database) return "votes only";
  if (database.waiting) return `waits: ${database.waiting}`;
  const facts = database.facts;
  if (facts?.replication) {
    const { state, from, own, applied, readOnly } = facts.replication;
    return `${state === "following" ? `follows ${from}` : `${state} (${from})`}, ${own} own, ${applied} applied${readOnly ? ", read-only" : ""}`;
  }
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
      const busy = part.busy === undefined ? "" : ", busy";
      const mark = part.ok ? "ok " : inOrder(part) ? "-- " : "?? ";
      return [`${mark}${name} (${part.phase} ${since(part.sinceMs)}${restarts}${busy})`];
    })
    .join("\n");

/** `dialtone status`: what is wrong, then a table. Ages are as seen by the host that was asked. */
export function describeCluster(entries: { ageMs: number; report: HostReport }[]): string {
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
  const others = entries.flatMap(({ ageMs, report }) =>
    (ageMs <= freshMs ? (report.freeswitch ?? []) : []).map(
      ({ host, answers, sinceMs }) =>
        `\n${host}: FreeSWITCH, ${answers ? "answers" : "is silent"} (for ${since(sinceMs)})`,
    ),
  );
  return `${describeDiagnosis(diagnose(sightsOf(entries)))}\n${table.toString()}${others.join("")}`;
}
