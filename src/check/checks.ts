import { answering, keeperText } from "../explain/answering.ts";
import { type ReplicationFacts, replicationText } from "../report/database.ts";
import type { HostReport } from "../report/host-report.ts";
import type { CheckResult, Figure, Level } from "./plugin.ts";

/** Checks in the words of the Monitoring Plugins (Nagios) API. Pure: what is known in, result out. */

/** All that checks look at. */
export interface Known {
  self: string;
  /** Reports with their age; the own one included. */
  reports: { ageMs: number; report: HostReport }[];
  hosts: number;
  /** Of them, those that count for a majority. */
  voters: number;
  /** Newest drill of each kind; undefined: the app could not be asked, with `drillsProblem`. */
  drills?: { kind: string; finished_at: string; passed: boolean }[];
  drillsProblem?: string;
  /** ms since 1970. */
  now: number;
}

/** Where a figure becomes a WARNING and a CRITICAL; of checks without a figure it is ignored. */
export interface Limits {
  warn?: number;
  crit?: number;
}

const freshMs = 2000;
const dayMs = 86_400_000;

const fresh = (known: Known): HostReport[] =>
  known.reports.filter((item) => item.ageMs <= freshMs).map((item) => item.report);
const own = (known: Known): HostReport | undefined =>
  fresh(known).find((report) => report.host === known.self);
const unknown = (summary: string): CheckResult => ({ level: 3, summary, figures: [], details: [] });

/** Can people call, and could somebody take over? */
function service(known: Known): CheckResult {
  const hosts = fresh(known);
  const silent = known.reports.filter(({ ageMs }) => ageMs > freshMs).map(({ report }) => report);
  const { holders, keeper, answer, ready } = answering(hosts, silent);
  const figures: Figure[] = [
    { label: "holders", value: holders.length, min: 0 },
    { label: "standbys", value: ready.length, min: 0 },
    { label: "hosts_heard", value: hosts.length, min: 0, max: known.hosts },
  ];
  const details = hosts.flatMap((report) =>
    report.verdict.reasons.map((reason) => `${report.host}: ${reason}`),
  );
  if (keeper) return { level: 1, summary: keeperText(keeper), figures, details };
  if (holders.length === 0)
    return {
      level: 2,
      summary: "nobody holds the service address: calls do not get through",
      figures,
      details,
    };
  if (holders.length > 1)
    return { level: 2, summary: `${holders.join(" and ")} both hold the service address`, figures, details };
  const answerers = `${answer.join(" and ")} ${answer.length > 1 ? "answer" : "answers"} calls`;
  if (ready.length === 0)
    return { level: 1, summary: `${answerers}, but nobody can take over`, figures, details };
  const what = answer.length > 1 ? ` the service address from ${holders[0]}` : "";
  const summary = `${answerers}, ${ready.join(", ")} can take over${what}`;
  return { level: 0, summary, figures, details };
}

/** This host, its parts and its agent. */
function node(known: Known): CheckResult {
  const report = own(known);
  if (!report) return { level: 2, summary: "this host's agent does not answer", figures: [], details: [] };
  const parts = Object.entries(report.parts);
  const bad = parts.filter(([, part]) => !part.ok).map(([name]) => name);
  const { light, reasons } = report.verdict;
  const level = light === "green" ? 0 : light === "amber" ? 1 : 2;
  const loop = report.watch?.loop;
  return {
    level,
    summary: `${report.host} is ${light}: ${
      reasons[0] ?? `${parts.length} parts run${report.holds ? ", it holds the service address" : ""}`
    }`,
    figures: [
      { label: "parts_ok", value: parts.length - bad.length, min: 0, max: parts.length },
      {
        label: "restarts",
        unit: "c",
        min: 0,
        value: parts.reduce((sum, [, part]) => sum + part.restarts, 0),
      },
      ...(loop ? [{ label: "event_loop_delay", value: loop.maxMs / 1000, unit: "s" as const, min: 0 }] : []),
    ],
    details: [
      ...reasons.slice(1),
      ...parts.map(([name, part]) => `${name}: ${part.phase}, ${part.detail}, ${part.restarts} restarts`),
    ],
  };
}

/** Asynchronous replication: a stop is for a person; an interrupted line mends itself. */
function following(facts: ReplicationFacts): CheckResult {
  const { state, own, applied } = facts;
  return {
    level: state === "following" ? 0 : state === "stopped" ? 2 : 1,
    summary: replicationText(facts),
    figures: [
      { label: "own", value: own, min: 0 },
      { label: "applied", value: applied, min: 0 },
    ],
    details: [],
  };
}

function database(known: Known): CheckResult {
  const report = own(known);
  if (!report) return unknown("this host's agent does not answer");
  if (report.role === "witness") {
    const vote = report.parts.garbd;
    if (!vote)
      return {
        level: 0,
        summary: "a witness without a vote: no majority is needed",
        figures: [],
        details: [],
      };
    return {
      level: vote.ok ? 0 : 1,
      figures: [],
      details: [],
      summary: vote.ok ? "the witness votes" : `the witness does not vote: ${vote.detail}`,
    };
  }
  const facts = report.database?.facts;
  if (facts?.replication) return following(facts.replication);
  const members = facts?.size ?? 0;
  const figures: Figure[] = [
    { label: "members", value: members, min: 0, max: known.voters, warn: known.voters },
    { label: "quorum", value: facts?.primary ? 1 : 0, min: 0, max: 1 },
  ];
  if (!facts?.primary) {
    const why = report.database?.waiting ?? report.parts.mariadb?.detail ?? "it does not answer";
    return { level: 2, summary: `no quorum here: ${why}; calls go on, records wait`, figures, details: [] };
  }
  if (members < known.voters)
    return { level: 1, summary: `${members} of ${known.voters} members`, figures, details: [] };
  return {
    level: 0,
    summary: `quorum, ${members} of ${known.voters} members, ${facts.state}`,
    figures,
    details: [],
  };
}

/** Is it safe to lose a node? */
function light(known: Known): CheckResult {
  const found = own(known)?.light;
  if (!found) return unknown("the agent does not tell whether it is safe to fail over");
  const [first] = found.reasons;
  return {
    level: found.colour === "green" ? 0 : found.colour === "amber" ? 1 : 2,
    summary: first ? `${first.text}: ${first.callers}` : "safe to lose a node",
    figures: [{ label: "reasons", value: found.reasons.length, min: 0 }],
    details: found.reasons.map(({ code, text, advice }) => `${code}: ${text}; ${advice}`),
  };
}

const over = (value: number, { warn, crit }: Required<Limits>): Level =>
  value >= crit ? 2 : value >= warn ? 1 : 0;
const under = (value: number, { warn, crit }: Required<Limits>): Level =>
  value <= crit ? 2 : value <= warn ? 1 : 0;

function disk(known: Known, limits: Limits): CheckResult {
  const { warn = 20, crit = 10 } = limits;
  const space = own(known)?.watch?.disk;
  if (!space) return unknown("the agent does not know how full its disk is");
  const percent = (100 * space.freeBytes) / space.totalBytes;
  return {
    level: under(percent, { warn, crit }),
    summary: `${percent.toFixed(0)} % of the disk of DATA is free (${(space.freeBytes / 1e9).toFixed(1)} GB)`,
    figures: [
      { label: "free", value: Number(percent.toFixed(1)), unit: "%", warn, crit, min: 0, max: 100 },
      { label: "free_bytes", value: space.freeBytes, unit: "B", min: 0, max: space.totalBytes },
    ],
    details: [],
  };
}

function certificates(known: Known, limits: Limits): CheckResult {
  const { warn = 30, crit = 7 } = limits;
  const ends = own(known)?.watch?.certificateEnds;
  if (ends === undefined) return unknown("the agent does not tell when the cluster's certificate ends");
  const days = Math.floor((ends - known.now) / dayMs);
  const date = new Date(ends).toISOString().slice(0, 10);
  return {
    level: under(days, { warn, crit }),
    summary:
      days < 0
        ? `the cluster's certificate ended on ${date}`
        : `the cluster's certificate ends on ${date}, in ${days} days`,
    figures: [{ label: "days_left", value: days, warn, crit }],
    details: [],
  };
}

/** Redundancy that was not tested does not exist. */
function drill(known: Known, limits: Limits): CheckResult {
  const { warn = 35, crit = 90 } = limits;
  if (own(known)?.role === "witness")
    return { level: 0, summary: "a witness does not know the drills: ask a node", figures: [], details: [] };
  if (!known.drills) return unknown(`drills are not known: ${known.drillsProblem ?? "no app was asked"}`);
  const details = known.drills.map(
    ({ kind, finished_at, passed }) => `${kind}: ${passed ? "passed" : "FAILED"} ${finished_at}`,
  );
  const failed = known.drills.filter(({ passed }) => !passed).map(({ kind }) => kind);
  const newest = Math.max(
    ...known.drills.filter(({ passed }) => passed).map(({ finished_at }) => Date.parse(finished_at)),
  );
  if (!Number.isFinite(newest))
    return {
      level: 1,
      figures: [],
      details,
      summary: "no drill has ever passed: nobody knows whether a takeover works",
    };
  const days = (known.now - newest) / dayMs;
  const age = over(days, { warn, crit });
  return {
    level: failed.length > 0 ? (Math.max(1, age) as Level) : age,
    summary: `${failed.length > 0 ? `the last drill of ${failed.join(", ")} failed; ` : ""}a drill passed ${days < 1 ? "today" : `${Math.floor(days)} days ago`}`,
    figures: [
      {
        label: "age",
        value: Math.max(0, Math.round((days * dayMs) / 1000)),
        unit: "s",
        warn: warn * 86_400,
        crit: crit * 86_400,
        min: 0,
      },
    ],
    details,
  };
}

/** Clocks of the other hosts against this one: call records carry the clock of the node that saw the event. */
function clock(known: Known, limits: Limits): CheckResult {
  const { warn = 1, crit = 5 } = limits;
  const report = own(known);
  if (!report?.watch) return unknown("the agent does not compare clocks");
  const clocks = Object.entries(report.watch.clocks);
  // What is within the bound of the measurement is no difference.
  const sure = clocks.map(([host, { offsetMs, withinMs }]) => ({
    host,
    seconds: Math.max(0, Math.abs(offsetMs) - withinMs) / 1000,
  }));
  const worst = sure.reduce((one, other) => (other.seconds > one.seconds ? other : one), {
    host: "",
    seconds: 0,
  });
  return {
    level: over(worst.seconds, { warn, crit }),
    summary:
      clocks.length === 0
        ? "no other host is heard"
        : worst.seconds > 0
          ? `the clock of ${worst.host} differs by ${worst.seconds.toFixed(3)} s`
          : "no clock differs by more than can be measured",
    figures: sure.map(({ host, seconds }) => ({
      label: `offset_${host}`,
      value: seconds,
      unit: "s",
      warn,
      crit,
      min: 0,
    })),
    details: [],
  };
}

export const checks = { service, node, database, light, disk, certificates, drill, clock } satisfies Record<
  string,
  (known: Known, limits: Limits) => CheckResult
>;
export type CheckName = keyof typeof checks;
