import { since } from "../base/duration.ts";
import type { HostReport } from "../report/host-report.ts";
import type { LightCode } from "../report/light.ts";
import { answering, headlineOf, withoutPastClaims } from "./answering.ts";
import { ofClocks, ofLines, ofSilence } from "./contact-problems.ts";
import type { Finding, HostSight } from "./finding.ts";
import { ofReport } from "./host-problems.ts";

/**
 * What is wrong with the cluster, for a person who just broke something or was woken up: what, since when, what callers
 * notice, what to do. Pure.
 */

export interface Diagnosis {
  state: "ok" | "risk" | "down";
  /** For callers, in one sentence. */
  headline: string;
  /** The worst first. */
  problems: Finding[];
}

/** Older news proves no contact. People look less often than agents. */
export const freshMs = 2000;

/** Reasons of the light that no part or host shows by itself. */
const fromLight: ReadonlySet<string> = new Set<LightCode>([
  ...(["release-differs", "config-differs", "rules-behind", "locations-differ", "media-behind"] as const),
  ...([
    "database-behind",
    "journal-unshipped",
    "replication-stopped",
    "replication-interrupted",
    "records-missing",
    "not-drilled",
    "drill-failed",
  ] as const),
]);

function ofLight(fresh: HostReport[]): Finding[] {
  const teller = fresh.find((report) => report.holds) ?? fresh[0];
  return (teller?.light?.reasons ?? [])
    .filter(({ code }) => fromLight.has(code))
    .map(({ code, text, callers, advice, sinceMs }) => ({
      host: teller?.host ?? "",
      code,
      what: text,
      callers,
      advice,
      severity: code === "not-drilled" || code === "records-missing" ? "note" : "risk",
      ...(sinceMs === undefined ? {} : { sinceMs }),
    }));
}

const order = { down: 0, risk: 1, note: 2 } as const;

export function diagnose(sights: HostSight[]): Diagnosis {
  const hosts = withoutPastClaims(sights);
  const fresh = new Map(
    hosts.flatMap(({ name, report, ageMs }) =>
      report && ageMs !== undefined && ageMs <= freshMs ? [[name, report] as const] : [],
    ),
  );
  const reports = [...fresh.values()];
  const silent = hosts.flatMap(({ name, report }) => (report && !fresh.has(name) ? [report] : []));
  const who = answering(reports, silent);
  const { holders } = who;
  const problems = [
    ...ofSilence(hosts, fresh, who.keeper?.host),
    ...ofLines(reports),
    ...reports.flatMap((report) => ofReport(report, report.holds)),
    ...ofLight(reports),
    ...ofClocks(reports),
  ];
  if (holders.length !== 1 && !who.keeper)
    problems.push({
      host: holders.join(", ") || "nobody",
      code: "address",
      severity: "down",
      what: holders.length === 0 ? "holds the service address" : "hold the service address at once",
      callers: holders.length === 0 ? "no call gets through" : "calls reach one or the other",
      advice:
        holders.length === 0
          ? "see why each node may not: the table below, last column"
          : "normally over within a second; if not: is the link between them cut?",
    });
  problems.sort((x, y) => order[x.severity] - order[y.severity]);
  const [worst] = problems;
  const down = worst?.severity === "down" ? `${worst.host} ${worst.what}` : undefined;
  return {
    state: down ? "down" : worst?.severity === "risk" ? "risk" : "ok",
    headline: headlineOf(who, down),
    problems,
  };
}

/** Hosts of `GET /cluster` of one agent; those it has never heard are on its list. */
export function sightsOf(entries: { ageMs: number; report: HostReport }[]): HostSight[] {
  const heard = entries.map(({ ageMs, report }) => ({ name: report.host, role: report.role, report, ageMs }));
  const missing = entries
    .filter(({ ageMs }) => ageMs === 0)
    .flatMap(({ report }) => Object.entries(report.watch?.hosts ?? {}))
    .flatMap(([name, role]) => (heard.some((sight) => sight.name === name) ? [] : [{ name, role }]));
  return [...heard, ...missing];
}

/** Several lines for people; the first is the headline. */
export function describeDiagnosis({ headline, problems }: Diagnosis): string {
  const mark = { down: "✗", risk: "!", note: "·" } as const;
  return [
    headline,
    ...problems.flatMap(({ severity, host, what, sinceMs, callers, advice }) => [
      `${mark[severity]} ${host}: ${what}${sinceMs === undefined ? "" : ` (for ${since(sinceMs)})`}`,
      `    callers: ${callers}`,
      `    do: ${advice}`,
    ]),
  ].join("\n");
}
