import type { CallRecord } from "../records/call-record.ts";
import type { Entry } from "./merge.ts";

/** Entries of the timeline grouped to incidents: begin, end, cause, what callers noticed. Pure. */

export interface Incident {
  /** ms since 1970 on the clock of the host that was asked. */
  begin: number;
  /** null: it is not over. */
  end: number | null;
  cause: Entry;
  entries: Entry[];
  /** Longest time without a holder of the service address, ms, at most; 0: none. null: nobody holds it yet. */
  withoutHolderMs: number | null;
  calls: { failed: number; cutOff: number; movedOn: number };
  /** It fell into these drills: somebody did it on purpose. */
  drills: SeenDrill[];
}

/** A drill as GET /v1/drills tells it. */
export interface SeenDrill {
  kind: string;
  started_at: string;
  finished_at: string;
  passed: boolean;
  started_by: string;
}

/** Fields of a call record that count here. */
export type SeenCall = Pick<
  CallRecord,
  "started_at" | "answered_at" | "ended_at" | "outcome" | "closed_how" | "nodes"
>;

/** After so long without anything wrong an incident is over, and what comes next is another one. */
const quietMs = 10_000;
/** A cause is looked for in the first moments. */
const causeWithinMs = 3000;
/** A call that failed so shortly before or after is put down to the incident. */
const nearMs = 2000;

const troubleKinds = new Set([
  ...["part-exited", "part-sick", "part-failed", "part-killed", "peer-silent", "agent-stalled", "disk"],
  ...["switchover", "drill", "address", "vrrp", "verdict", "ended-audio", "database"],
]);

/** Does this entry say that something is not as usual? */
const isTrouble = (entry: Entry): boolean =>
  (troubleKinds.has(entry.kind) && !(entry.kind === "verdict" && entry.subject === "green")) ||
  (entry.kind === "agent" && ["started", "stopping"].includes(entry.subject));

/** What causes comes before what follows from it; the lower, the more it is a cause. */
function causeRank(entry: Entry): number {
  const { kind, subject } = entry;
  if (kind === "drill" || (kind === "switchover" && subject === "started")) return 0;
  if (kind === "agent" && subject === "stopping") return 0;
  if (kind.startsWith("part-") || kind === "agent-stalled" || kind === "disk") return 1;
  if (kind === "peer-silent") return 2;
  if (kind === "agent") return 3;
  if (kind === "database" || kind === "ended-audio") return 4;
  return 5;
}

/** What the cluster is like after each entry: who is not green, who does not hear whom. */
class State {
  private readonly lights = new Map<string, string>();
  private readonly away = new Set<string>();

  apply({ kind, host, subject }: Entry): void {
    if (kind === "verdict") this.lights.set(host, subject);
    else if (kind === "peer-silent") this.away.add(`${host}>${subject}`);
    else if (kind === "peer-heard" || kind === "peer") this.away.delete(`${host}>${subject}`);
    else if (kind === "agent" && subject === "started") {
      this.lights.set(host, "red");
      for (const pair of this.away) if (pair.startsWith(`${host}>`)) this.away.delete(pair);
    } else if (kind === "agent" && subject === "stopped") {
      // That it is missing is for the others to say.
      this.lights.delete(host);
      for (const pair of this.away) if (pair.startsWith(`${host}>`)) this.away.delete(pair);
    }
  }

  get calm(): boolean {
    return this.away.size === 0 && [...this.lights.values()].every((light) => light === "green");
  }
}

/** When the service address had no holder, as far as the logs tell: pairs of times; `to` null: still. */
export function holderGaps(entries: readonly Entry[]): { from: number; to: number | null }[] {
  const gaps: { from: number; to: number | null }[] = [];
  const holders = new Map<string, { silentSince?: number }>();
  let freeSince: number | undefined;
  for (const { kind, host, subject, at } of entries) {
    if (kind === "peer-silent") {
      const holder = holders.get(subject);
      if (holder) holder.silentSince ??= at;
    } else if (kind === "peer-heard" || (kind === "agent" && subject === "started")) {
      // An agent that died alone left the address where it was.
      const holder = holders.get(kind === "agent" ? host : subject);
      if (holder) delete holder.silentSince;
    } else if (kind === "address" && subject === "gained") {
      const [silent] = [...holders.values()].flatMap(({ silentSince }) => silentSince ?? []);
      const alone = [...holders].every(([name, holder]) => name === host || holder.silentSince !== undefined);
      const from = freeSince ?? (alone ? silent : undefined);
      if (from !== undefined && at > from) gaps.push({ from, to: at });
      for (const [name, holder] of holders) if (holder.silentSince !== undefined) holders.delete(name);
      holders.set(host, {});
      freeSince = undefined;
    } else if (kind === "address" && subject === "lost") {
      holders.delete(host);
      if (holders.size === 0) freeSince ??= at;
    }
  }
  if (freeSince !== undefined) gaps.push({ from: freeSince, to: null });
  return gaps;
}

const longestGap = (
  gaps: { from: number; to: number | null }[],
  begin: number,
  end: number,
): number | null => {
  const inside = gaps.filter((gap) => gap.from <= end && (gap.to ?? end) >= begin);
  if (inside.some((gap) => gap.to === null)) return null;
  return Math.max(0, ...inside.map((gap) => (gap.to ?? 0) - gap.from));
};

function countCalls(calls: readonly SeenCall[], begin: number, end: number): Incident["calls"] {
  const during = calls.filter((call) => {
    const started = Date.parse(call.started_at);
    const ended = call.ended_at === null ? Number.POSITIVE_INFINITY : Date.parse(call.ended_at);
    return started <= end + nearMs && ended >= begin - nearMs;
  });
  const count = (match: (call: SeenCall) => boolean) => during.filter(match).length;
  const cutOff = (call: SeenCall) =>
    call.answered_at !== null && (call.closed_how === "estimated" || call.closed_how === "media-timeout");
  return {
    failed: count((call) => call.answered_at === null && ["failed", "unknown"].includes(call.outcome)),
    cutOff: count(cutOff),
    movedOn: count((call) => call.answered_at !== null && call.nodes.length > 1 && !cutOff(call)),
  };
}

/**
 * @param entries in the order of mergeTimeline.
 * @param calls those that something happened to (others do no harm).
 * @param now on the same clock as the entries.
 * @param drills of that time: their clock is that of the machine that ran them, which is near enough.
 */
export function findIncidents(
  entries: readonly Entry[],
  calls: readonly SeenCall[],
  now: number,
  drills: readonly SeenDrill[] = [],
): Incident[] {
  const state = new State();
  const groups: { entries: Entry[]; end: number | null }[] = [];
  let open: { entries: Entry[]; calmSince: number | null } | undefined;
  const close = () => {
    if (open) groups.push({ entries: open.entries, end: open.calmSince });
    open = undefined;
  };
  for (const entry of entries) {
    if (open && open.calmSince !== null && entry.at - open.calmSince > quietMs) close();
    state.apply(entry);
    if (!open && isTrouble(entry)) open = { entries: [], calmSince: null };
    if (!open) continue;
    open.entries.push(entry);
    if (!state.calm) open.calmSince = null;
    else if (open.calmSince === null || isTrouble(entry)) open.calmSince = entry.at;
  }
  if (open)
    groups.push({
      entries: open.entries,
      end: open.calmSince !== null && now - open.calmSince > quietMs ? open.calmSince : null,
    });
  const gaps = holderGaps(entries);
  return groups.flatMap(({ entries: group, end }): Incident[] => {
    const [first] = group;
    if (!first) return [];
    const early = group.filter((entry) => entry.at <= first.at + causeWithinMs);
    const cause = early.reduce((best, entry) => (causeRank(entry) < causeRank(best) ? entry : best), first);
    const until = end ?? now;
    return [
      {
        begin: first.at,
        end,
        cause,
        entries: group,
        withoutHolderMs: longestGap(gaps, first.at, until),
        calls: countCalls(calls, first.at, until),
        drills: drills.filter(
          ({ started_at, finished_at }) =>
            Date.parse(started_at) <= first.at + nearMs && Date.parse(finished_at) >= first.at - nearMs,
        ),
      },
    ];
  });
}
