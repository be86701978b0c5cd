import { allHosts, type HostContext, serviceIps } from "../cluster/facts.ts";
import { answering, withoutPastClaims } from "../explain/answering.ts";
import { lightOf } from "../explain/light.ts";
import { diagnose, freshMs, sightsOf } from "../explain/problems.ts";
import { silenceText } from "../explain/silence.ts";
import type { HostReport, PeerNews } from "../report/host-report.ts";
import { partNames } from "../report/parts.ts";
import { inOrder } from "../report/policy.ts";
import type { ClusterShown, OrderShown } from "./cluster-schema.ts";

/** Reports of all hosts to what people are shown of the cluster. */

/**
 * Moments out of ages: each report tells an age anew, and rounding would let the same moment move a little all the time.
 * One for each reader: it remembers what it said.
 */
export class Moments {
  private readonly known = new Map<string, number>();

  /** @param key of what is so since then @param ageMs how long @param now wall clock, ms */
  at(key: string, ageMs: number, now: number): string {
    const before = this.known.get(key);
    const found = now - ageMs;
    const same = before !== undefined && Math.abs(before - found) < steadyMs;
    const moment = same ? before : found;
    if (!same) this.known.set(key, moment);
    if (this.known.size > mostKnown) this.known.clear();
    return new Date(moment).toISOString();
  }
}

const steadyMs = 1500;
const mostKnown = 5000;

export interface Seen {
  /** The newest reports; of the asked node's agent, when it is dead, the last one with its age. */
  entries: PeerNews[];
  agent: ClusterShown["agent"];
  database: ClusterShown["database"];
}

type Context = Pick<HostContext, "cluster" | "self">;

/** Pure but for what `moments` remembers. @param now wall clock, ms */
export function clusterShown(
  context: Context,
  { entries: seen, agent, database }: Seen,
  moments: Moments,
  now: number,
): ClusterShown {
  const { cluster, self } = context;
  const entries = withoutPastClaims(seen);
  const diagnosis = diagnose(sightsOf(entries));
  const heard = entries.filter(({ ageMs }) => ageMs <= freshMs).map(({ report }) => report);
  const silent = entries.filter(({ ageMs }) => ageMs > freshMs).map(({ report }) => report);
  const who = answering(heard, silent);
  const holder = heard.find(({ holds }) => holds);
  const since = (key: string, ageMs: number | undefined) =>
    ageMs === undefined ? null : moments.at(key, ageMs, now);
  // Whoever holds the address tells the light, with its patience; with nobody, it is worked out here.
  const light =
    (holder ?? heard.find(({ role }) => role === "node"))?.light ??
    lightOf(self.name, entries, allHosts(cluster).length);
  const drills = heard.find(({ standing }) => standing?.drills)?.standing?.drills ?? [];
  const current = holder ?? heard[0];
  const drilling = heard.find((report) => report.drilling);
  return {
    cluster: cluster.cluster,
    asked: self.name,
    agent,
    database,
    state: diagnosis.state,
    headline: diagnosis.headline,
    light: {
      colour: light.colour,
      reasons: light.reasons.map(({ sinceMs, code, text, callers, advice }) => ({
        ...{ code, text, callers, advice },
        since: since(`light ${code} ${text}`, sinceMs),
      })),
    },
    problems: diagnosis.problems.map(({ sinceMs, host, code, severity, what, callers, advice }) => ({
      ...{ host, code, severity, what, callers, advice },
      since: since(`problem ${host} ${code}`, sinceMs),
    })),
    address: {
      service: serviceIps(cluster),
      holder: who.holders[0] ?? who.keeper?.host ?? null,
      holders: who.holders,
      handover_to: holder?.handover ?? null,
      ready: who.ready,
    },
    hosts: allHosts(cluster).map(({ name, role, address }) => ({
      ...{ name, role, address },
      ...hostShown(
        name,
        role,
        entries.find(({ report }) => report.host === name),
        heard,
        moments,
        now,
      ),
    })),
    freeswitch: (holder?.freeswitch ?? []).map(({ host, answers, sinceMs }) => ({
      ...{ host, answers },
      since: moments.at(`freeswitch ${host} ${answers}`, sinceMs, now),
    })),
    carriers: carriersShown(holder, moments, now),
    guards: (holder?.guardAlarms ?? []).map(({ guard, subject, why, sinceMs }) => ({
      ...{ guard, subject, why },
      since: moments.at(`guard ${guard} ${subject}`, sinceMs, now),
    })),
    drills: drills.map((drill) => ({
      ...drill,
      current: drill.release === current?.release && drill.config === current.config,
    })),
    drilling: drilling?.drilling
      ? {
          ...{ host: drilling.host, name: drilling.drilling.name, by: drilling.drilling.by },
          since: moments.at(`drilling ${drilling.drilling.name}`, drilling.drilling.forMs, now),
          said: drilling.drilling.said,
        }
      : null,
    orders: ordersShown(heard),
    load: {
      conversations: holder?.standing?.sessions ?? null,
      contacts: holder?.standing?.telephones ?? holder?.standing?.contacts ?? null,
      refused_per_second: holder?.refusing?.perSecond ?? 0,
      refused_total: holder?.refusing?.total ?? 0,
      limit_per_second: holder?.refusing?.limit ?? null,
    },
  };
}

type HostShown = Omit<ClusterShown["hosts"][number], "name" | "role" | "address">;

function standsOf(role: string, { holds, drained, verdict }: HostReport): HostShown["stands"] {
  if (role === "witness") return "votes";
  if (role === "edge") return "passes-on";
  if (holds) return "holder";
  if (drained) return "out-of-service";
  return verdict.mayHold ? "standby" : "unfit";
}

function hostShown(
  name: string,
  role: string,
  entry: PeerNews | undefined,
  heard: readonly HostReport[],
  moments: Moments,
  now: number,
): HostShown {
  const why = heard.flatMap(({ watch }) => watch?.silent[name] ?? []).find((word) => word !== "unknown");
  const silence = why === undefined ? "its agent is not heard" : silenceText[why];
  if (!entry)
    return {
      ...{ heard: false, heard_at: null, stands: "silent", health: null, why: [silence] },
      ...{ release: null, config: null, started_at: null, out_of_service: null, parts: [] },
      ...{ database: null, disk_free_percent: null },
    };
  const { ageMs, report } = entry;
  const isHeard = ageMs <= freshMs;
  const { verdict, drained, database, watch } = report;
  return {
    heard: isHeard,
    heard_at: isHeard ? null : moments.at(`heard ${name}`, ageMs, now),
    stands: isHeard ? standsOf(role, report) : "silent",
    health: isHeard ? verdict.light : null,
    why: isHeard ? verdict.reasons : [silence],
    release: report.release,
    config: report.config,
    started_at: moments.at(`agent ${name} ${report.agentPid}`, report.agentUptimeMs + ageMs, now),
    out_of_service: drained
      ? { by: drained.by, why: drained.why, since: new Date(drained.wallMs).toISOString() }
      : null,
    parts: partNames.flatMap((part) => {
      const seen = report.parts[part];
      if (!seen) return [];
      const ok = inOrder(seen);
      return [
        {
          ...{ name: part, ok, phase: seen.phase, restarts: seen.restarts },
          detail: ok ? "" : seen.detail,
          since: moments.at(`part ${name} ${part} ${seen.phase}`, seen.sinceMs + ageMs, now),
        },
      ];
    }),
    database: database
      ? {
          quorum: database.facts?.primary ?? false,
          state: database.facts?.replication?.state ?? database.facts?.state ?? database.phase,
          members: database.facts?.size ?? 0,
          waits: database.waiting ?? null,
        }
      : null,
    disk_free_percent: watch?.disk ? Math.round((100 * watch.disk.freeBytes) / watch.disk.totalBytes) : null,
  };
}

function carriersShown(
  holder: HostReport | undefined,
  moments: Moments,
  now: number,
): ClusterShown["carriers"] {
  const registrations = (holder?.registrations ?? []).map(({ carrier, registered, sinceMs }) => {
    const state = registered ? ("registered" as const) : ("unregistered" as const);
    return { carrier, state, since: moments.at(`carrier ${carrier} ${state}`, sinceMs, now) };
  });
  const silent = (holder?.brokenCarriers ?? []).map(({ carrier, sinceMs }) => ({
    ...{ carrier, state: "silent" as const },
    since: moments.at(`carrier ${carrier} silent`, sinceMs, now),
  }));
  return [...registrations, ...silent];
}

/** What was ordered and not taken yet, then what became of the others. */
function ordersShown(heard: readonly HostReport[]): OrderShown[] {
  const taken = heard.flatMap(({ host, orderResults }) =>
    (orderResults ?? []).map(({ id, kind, who, state, text, wallMs }) => ({
      ...{ id, host, kind, who, state, text },
      at: new Date(wallMs).toISOString(),
    })),
  );
  const known = new Set(taken.map(({ id }) => id));
  const waiting = heard
    .flatMap(({ orders }) => orders ?? [])
    .filter(({ id }) => !known.has(id))
    .map(({ id, host, who, work }) => ({
      ...{ id, host, kind: work.kind, who, state: "waiting" as const, text: "", at: null },
    }));
  return [...waiting, ...taken.sort((one, other) => (one.at < other.at ? 1 : -1))];
}
