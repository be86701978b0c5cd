import type { AlertProblem, ToldAlert } from "../report/alerts.ts";

/**
 * Which problems were told, and which are to be told now. Pure. Times are ms on the host's monotonic clock; between hosts
 * they travel as ages.
 */

export interface Alert extends AlertProblem {
  since: number;
  /** Last told at; null: not yet. */
  toldAt: number | null;
  /** Not seen any more since; null: it is there. */
  goneSince: number | null;
  /** This host told it, and no other teller has taken it over yet. */
  mine: boolean;
}

export interface AlertState {
  alerts: Record<string, Alert>;
  /** When messages went out, the last hour only. */
  sentAt: number[];
}

export const nothingKnown: AlertState = { alerts: {}, sentAt: [] };

/** One line of a message. */
export interface Change {
  what: "raised" | "still" | "over";
  key: string;
  severity: AlertProblem["severity"];
  title: string;
  text: string;
  /** How long it has been so. */
  sinceMs: number;
}

export interface Timing {
  repeatMs: number;
  criticalAfterMs: number;
  warningAfterMs: number;
  clearAfterMs: number;
  maxPerHour: number;
}

const hourMs = 3_600_000;

/** Problems that are there, and those that just went. */
function look(before: AlertState["alerts"], problems: readonly AlertProblem[], now: number): Alert[] {
  const present = new Map(problems.map((problem) => [problem.key, problem]));
  const gone = Object.values(before)
    .filter(({ key }) => !present.has(key))
    .map((alert) => ({ ...alert, goneSince: alert.goneSince ?? now }));
  const there = problems.map((problem): Alert => {
    const known = before[problem.key];
    // What was never told and went away begins again; what was told goes on.
    const goesOn = known && (known.goneSince === null || known.toldAt !== null);
    return {
      ...problem,
      since: goesOn ? known.since : now,
      toldAt: goesOn ? known.toldAt : null,
      mine: goesOn ? known.mine : false,
      goneSince: null,
    };
  });
  return [...there, ...gone];
}

/**
 * One step. Only the host that tells (`mayTell`) makes changes to tell; the others keep count, so that they can go on.
 * @param delayMs what is added to the time before something is told.
 */
export function advance(
  before: AlertState,
  problems: readonly AlertProblem[],
  now: number,
  timing: Timing,
  mayTell: boolean,
  delayMs = 0,
): { state: AlertState; changes: Change[] } {
  const sentAt = before.sentAt.filter((at) => now - at < hourMs);
  const telling = mayTell && sentAt.length < timing.maxPerHour;
  const changes: Change[] = [];
  const tell = (what: Change["what"], { key, severity, title, text, since }: Alert) =>
    changes.push({ what, key, severity, title, text, sinceMs: now - since });
  const alerts = look(before.alerts, problems, now).flatMap((alert): Alert[] => {
    const { toldAt, goneSince } = alert;
    if (goneSince !== null) {
      if (now - goneSince < timing.clearAfterMs) return [alert];
      if (toldAt === null) return [];
      // Who does not tell forgets it when the teller does (adopt).
      if (!telling) return [alert];
      tell("over", alert);
      return [];
    }
    const after =
      (alert.afterMs ?? (alert.severity === "critical" ? timing.criticalAfterMs : timing.warningAfterMs)) +
      delayMs;
    if (!telling) return [alert];
    if (toldAt === null) {
      if (now - alert.since < after) return [alert];
      tell("raised", alert);
      return [{ ...alert, toldAt: now, mine: true }];
    }
    if (alert.once || timing.repeatMs === 0 || now - toldAt < timing.repeatMs) return [alert];
    tell("still", alert);
    return [{ ...alert, toldAt: now }];
  });
  return {
    state: {
      alerts: Object.fromEntries(alerts.map((alert) => [alert.key, alert])),
      sentAt: changes.length > 0 ? [...sentAt, now] : sentAt,
    },
    changes,
  };
}

const fromThem = ({ sinceMs, toldMs, mine: _, ...problem }: ToldAlert, now: number): Alert => ({
  ...problem,
  since: now - sinceMs,
  toldAt: now - toldMs,
  goneSince: now,
  mine: false,
});

const byKey = (alerts: Alert[]): AlertState["alerts"] =>
  Object.fromEntries(alerts.map((alert) => [alert.key, alert]));

/**
 * What the teller has told becomes our own knowledge, so that we can go on when it is gone. What we told ourselves is kept
 * until the teller has it too: it may have been away meanwhile.
 */
export function adopt(own: AlertState, told: readonly ToldAlert[], now: number): AlertState {
  const theirs = new Map(told.map((alert) => [alert.key, alert]));
  const alerts = Object.values(own.alerts).map((alert) => {
    const same = theirs.get(alert.key);
    if (same) return { ...alert, since: now - same.sinceMs, toldAt: now - same.toldMs, mine: false };
    return alert.mine ? alert : { ...alert, toldAt: null };
  });
  const unseen = told.filter(({ key }) => !own.alerts[key]).map((alert) => fromThem(alert, now));
  return { ...own, alerts: byKey([...alerts, ...unseen]) };
}

/** A teller that was away takes over what others told in its place. */
export function takeOver(own: AlertState, told: readonly ToldAlert[], now: number): AlertState {
  const missing = told.filter(({ key, mine }) => mine && (own.alerts[key]?.toldAt ?? null) === null);
  const taken = missing.map((alert): Alert => {
    const known = own.alerts[alert.key];
    return { ...fromThem(alert, now), goneSince: known ? known.goneSince : now };
  });
  return { ...own, alerts: { ...own.alerts, ...byKey(taken) } };
}

/** The state for the others. */
export const toldOf = ({ alerts }: AlertState, now: number): ToldAlert[] =>
  Object.values(alerts).flatMap(({ since, toldAt, goneSince: _, ...problem }) =>
    toldAt === null ? [] : [{ ...problem, sinceMs: now - since, toldMs: now - toldAt }],
  );

/**
 * Who tells: the first host of the list that is heard and gets its messages out; if none does, the first that is heard.
 * Hosts that see the same agree; hosts that do not see each other may both tell, which is better than none.
 */
export const tellerOf = (
  order: readonly string[],
  heard: readonly { host: string; undeliverable: boolean }[],
): string | undefined => {
  const among = (hosts: typeof heard) => order.find((name) => hosts.some(({ host }) => host === name));
  return among(heard.filter(({ undeliverable }) => !undeliverable)) ?? among(heard);
};
