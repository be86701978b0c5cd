import { drainedText } from "../change/drained.ts";
import type { PartName } from "../components/component.ts";
import { answering, headlineOf } from "./answering.ts";
import { since } from "./duration.ts";
import { hardwareTroubles } from "./hardware.ts";
import { contactMs } from "./judge.ts";
import type { HostReport, LightCode } from "./report.ts";
import { silenceOf, silenceText } from "./silence.ts";

/**
 * What is wrong with the cluster, for a person who just broke something or was woken up: what, since when, what callers
 * notice, what to do. Pure.
 */

/** One host as far as it is known. */
export interface HostSight {
  name: string;
  role: HostReport["role"];
  /** The newest report; undefined: never heard. */
  report?: HostReport;
  /** How old it is. */
  ageMs?: number;
  /** Why there is no fresh report, in words, if that is known. */
  silence?: string;
}

export interface Problem {
  host: string;
  /** What it is about, for programs: a part, or a stable word. */
  code: string;
  /** down: callers notice it now. risk: they would notice the next fault. note: nobody notices. */
  severity: "down" | "risk" | "note";
  what: string;
  /** How long it has been so, ms; missing: not known. */
  sinceMs?: number;
  callers: string;
  advice: string;
}

export interface Diagnosis {
  state: "ok" | "risk" | "down";
  /** For callers, in one sentence. */
  headline: string;
  /** The worst first. */
  problems: Problem[];
}

/** Older news proves no contact. People look less often than agents. */
export const freshMs = 2000;
/** Records carry the hosts' clocks; digest and certificates bear minutes. */
const skewMs = 1000;

const parts: Record<PartName, { holder: string; other: string; advice: string }> = {
  kamailio: {
    holder: "new calls get no answer until another node has taken over (below a second), or it is back",
    other: "nothing now; this node can not take over",
    advice: "the agent restarts it; if it does not come: kamailio.log",
  },
  rtpengine: {
    holder: "conversations are silent until another node's relay has taken over; new calls go without it",
    other: "nothing now; conversations would fall silent at a takeover",
    advice: "the agent restarts it; if it does not come: rtpengine.log",
  },
  redis: {
    holder: "nothing now; the other node does not learn of new conversations",
    other: "nothing now; conversations would not come back after two takeovers",
    advice: "the agent restarts it; if it does not come: redis.log",
  },
  app: {
    holder: "the other node's app decides; the first call waited up to 0.3 s for that",
    other: "nothing; this node's journal waits",
    advice: "the agent restarts it; if it does not come: app.log",
  },
  mariadb: {
    holder: "calls go on; with quorum elsewhere the address moves there",
    other: "nothing now; the next loss may cost the quorum: records would wait",
    advice: "the agent restarts it; a state transfer takes its time: mariadb.log",
  },
  garbd: {
    holder: "nothing now; with one node less there is no quorum: records would wait",
    other: "nothing now; with one node less there is no quorum: records would wait",
    advice: "the agent restarts it; if it does not come: garbd.log",
  },
  keepalived: {
    holder: "calls get through again when another node was elected, within a second",
    other: "nothing now; this node can not take over",
    advice: "the agent restarts it; if it does not come: keepalived.log",
  },
};

/** Reasons of the light that no part or host shows by itself. */
const fromLight: ReadonlySet<LightCode> = new Set([
  ...(["release-differs", "config-differs", "rules-behind", "locations-differ", "media-behind"] as const),
  ...(["database-behind", "journal-unshipped", "records-missing", "not-drilled", "drill-failed"] as const),
]);

/** What is wrong with one host that we hear. The judge says which parts are missed: a resting standby's are not. */
function ofReport(report: HostReport, serves: boolean): Problem[] {
  const { host, verdict, hardware, functional, outside, database } = report;
  const found: Problem[] = [];
  const add = (problem: Omit<Problem, "host">) => found.push({ host, ...problem });
  if (report.stopping)
    add({
      ...{ code: "stopping", severity: "risk", what: "is being stopped" },
      ...{ callers: "nothing; it hands over first", advice: "start it again: dialtone up" },
    });
  if (report.drained)
    add({
      ...{ code: "drained", severity: "note", what: drainedText(report.drained) },
      ...{ callers: "nothing now; it does not take over", advice: `dialtone undrain ${host}` },
    });
  for (const [name, part] of Object.entries(report.parts)) {
    if (part.ok || !verdict.reasons.some((reason) => reason.startsWith(`${name}: `))) continue;
    const { holder, other, advice } = parts[name as PartName];
    const now = report.holds && (name === "kamailio" || name === "rtpengine" || name === "keepalived");
    add({
      ...{ code: name, severity: now ? "down" : "risk", what: `${name}: ${part.detail} (${part.phase})` },
      ...{ sinceMs: part.sinceMs, callers: report.holds ? holder : other, advice },
    });
  }
  if (report.parts.mariadb?.ok && database?.facts?.primary === false)
    add({
      ...{ code: "no-quorum", severity: "risk", what: "its database has no quorum" },
      ...(database.withoutPrimaryMs === undefined ? {} : { sinceMs: database.withoutPrimaryMs }),
      callers: "calls go on; their records wait in the journal",
      advice: database.waiting ?? "bring the missing hosts or links back; the database joins by itself",
    });
  if (report.upstream === false)
    add({
      ...{ code: "upstream", severity: report.holds ? "down" : "risk", what: "reaches no upstream address" },
      callers: report.holds ? "callers from outside probably do not reach the service" : "nothing now",
      advice: "see its cable, the switch, the router; 'upstream' in cluster.yaml says which addresses",
    });
  for (const text of hardware ? hardwareTroubles(hardware) : [])
    add({
      ...{ code: "hardware", severity: "risk", what: text },
      callers:
        "calls go on; on a full disk their events get the space that is reserved for them, while it lasts",
      advice: "make room (logs, recordings, old journals): the rest mends itself; or repair that host",
    });
  if (hardware?.clockStep)
    add({
      ...{ code: "clock", severity: "note", sinceMs: hardware.clockStep.agoMs },
      what: `its clock was set by ${(hardware.clockStep.ms / 1000).toFixed(1)} s`,
      ...{ callers: "nothing; times in records may be wrong", advice: "is its time service (NTP) running?" },
    });
  if (functional && functional.failures >= 3)
    add({
      ...{ code: "functional", severity: serves ? "down" : "risk" },
      what: `its test calls fail, ${functional.failures} times in a row: ${functional.detail}`,
      callers: serves
        ? "calls fail, although all parts answer"
        : "nothing now; calls would fail after a takeover",
      advice: `read kamailio.log and app.log on ${host}; 'dialtone switchover' moves the calls away`,
    });
  else if (functional && functional.storeFailures >= 3)
    add({
      ...{ code: "functional", severity: "risk", what: `calls work, but ${functional.detail}` },
      ...{
        callers: "nothing; records come late",
        advice: "the journal keeps them: read app.log and mariadb.log",
      },
    });
  if (outside && outside.failures >= 3)
    add({
      // One of several that do not get through is its own link; the witness has no other reason.
      ...{ code: "outside", severity: report.role === "witness" ? "down" : "risk", sinceMs: outside.sinceMs },
      what: `does not reach the service address: ${outside.detail}`,
      callers: "those whose packets go the same way do not get through",
      advice: "compare with the other hosts' view: one host alone is its link, all together is the holder",
    });
  return found;
}

/** What those who do not hear it found out. */
function whySilent(name: string, fresh: HostReport[]): string | undefined {
  const why = silenceOf(name, fresh);
  return why === undefined || why === "unknown" ? undefined : silenceText[why];
}

/** Hosts that we do not hear, and pairs that do not hear each other. */
function ofSilence(
  hosts: HostSight[],
  fresh: Map<string, HostReport>,
  keeper: string | undefined,
): Problem[] {
  const found: Problem[] = [];
  const served = keeper !== undefined || [...fresh.values()].some((report) => report.holds);
  for (const { name, role, report, ageMs, silence } of hosts) {
    if (fresh.has(name)) continue;
    const seenBy = [...fresh.values()].find((other) => (other.sees[name]?.ageMs ?? Infinity) <= contactMs);
    const since = ageMs === undefined ? {} : { sinceMs: Math.round(ageMs) };
    if (seenBy)
      found.push({
        ...{ host: name, code: "link", severity: "risk", ...since },
        what: `is not heard here, but ${seenBy.host} hears it: a link is cut`,
        callers: "nothing while one holder is seen by the witness; a takeover is slower",
        advice: "see cables and switch between the hosts",
      });
    else
      found.push({
        ...{ host: name, code: "silent", severity: role === "node" && !served ? "down" : "risk", ...since },
        what:
          silence ??
          whySilent(name, [...fresh.values()]) ??
          (report ? "does not answer: power, network or its agent" : "was never heard"),
        callers:
          role === "witness"
            ? "nothing now; with one node less there is no quorum: records would wait"
            : name === keeper
              ? "calls go on, it keeps the service address; a part that fails there is not started again"
              : served
                ? `nothing now${report?.holds ? "; calls were interrupted when it went silent" : ""}; nobody can take over after the next fault`
                : "calls do not get through",
        advice: `is ${name} on and connected? Its agent: 'dialtone up' (systemctl status dialtone)`,
      });
  }
  const pairs = new Set<string>();
  for (const report of fresh.values())
    for (const reason of report.verdict.reasons) {
      const [, other, for_] = /^no news from (\S+?)(?: for (\d+) s| yet)$/.exec(reason) ?? [];
      const key = [report.host, other].sort().join(" and ");
      if (other === undefined || !fresh.has(other) || pairs.has(key)) continue;
      // Not heard by us either: it has just died.
      if ((hosts.find(({ name }) => name === other)?.ageMs ?? 0) > contactMs) continue;
      pairs.add(key);
      found.push({
        ...{ host: report.host, code: "link", severity: "risk", what: `${key} do not hear each other` },
        ...(for_ === undefined ? {} : { sinceMs: 1000 * Number(for_) }),
        callers: "nothing while one holder is seen by the witness; a takeover is slower",
        advice: "see cables and switch between the two",
      });
    }
  return found;
}

function ofClocks(fresh: HostReport[]): Problem[] {
  const pairs = new Set<string>();
  return fresh.flatMap((report) =>
    Object.entries(report.watch?.clocks ?? {}).flatMap(([other, { offsetMs, withinMs }]): Problem[] => {
      const key = [report.host, other].sort().join(" and ");
      if (Math.abs(offsetMs) - withinMs < skewMs || pairs.has(key)) return [];
      pairs.add(key);
      return [
        {
          ...{ host: report.host, code: "clock", severity: "note" },
          what: `the clocks of ${key} differ by ${(Math.abs(offsetMs) / 1000).toFixed(1)} s`,
          callers: "nothing; times in records may be wrong, and registrations expire at different times",
          advice: "run a time service (chrony, systemd-timesyncd) on all hosts",
        },
      ];
    }),
  );
}

function ofLight(fresh: HostReport[]): Problem[] {
  const teller = fresh.find((report) => report.holds) ?? fresh[0];
  return (teller?.light?.reasons ?? [])
    .filter(({ code }) => fromLight.has(code))
    .map(({ code, text, callers, advice, sinceMs }) => ({
      ...{ host: teller?.host ?? "", code, what: text, callers, advice },
      severity: code === "not-drilled" || code === "records-missing" ? "note" : "risk",
      ...(sinceMs === undefined ? {} : { sinceMs }),
    }));
}

const order = { down: 0, risk: 1, note: 2 } as const;

export function diagnose(hosts: HostSight[]): Diagnosis {
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
    ...reports.flatMap((report) => ofReport(report, report.holds)),
    ...ofLight(reports),
    ...ofClocks(reports),
  ];
  if (holders.length !== 1 && !who.keeper)
    problems.push({
      ...{ host: holders.join(", ") || "nobody", code: "address", severity: "down" },
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
