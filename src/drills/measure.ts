import { type Attempt, succeeded, wasRefused } from "../callers/attempt.ts";
import type { CallTimeline } from "../callers/shortmsg.ts";

/** From the caller's log and the moment of the fault to the figures of one drill run. Pure. Times in milliseconds. */

/** When what happened; all wall clocks of one machine. */
export interface Marks {
  /** The active node's link went down. */
  fault: number;
  /** The survivor became VRRP master; undefined when its agent told nothing. */
  master?: number;
  /** The repair began; what callers notice of it counts by itself. */
  repair?: number;
}

export interface Figures {
  /** Detection: link down → the survivor's VRRP master transition. */
  d: number | null;
  /** Takeover: master transition → first 200 OK that a caller got afterwards. */
  f: number | null;
  /**
   * Outage: last 200 OK before → first 200 OK of the time without gaps. One that ends only to begin again counts from
   * its first to its last moment.
   */
  z: number | null;
  /**
   * Times without any 200 OK between fault and repair, relative to the fault: longer than `gapLimit`, and with a call in
   * them whose INVITE got lost (a machine that is only slow loses none).
   */
  gaps: { from: number; to: number }[];
  /** The longest time without any 200 OK after the repair began. */
  repairGap: number;
  /** Outage for a person who dials in it: the longest time from INVITE to 200 of any call that was answered. */
  slowestMs: number;
  attempts: number;
  answered: number;
  /** Answered although the first INVITE got no answer: SIP's own retransmission carried the call over. */
  savedByRetransmission: number;
  /** First attempts without success within the caller's patience. */
  lost: number;
  /** Of those, refused by a node that had more calls than it can carry: the machine is too small, or busy with other things. */
  lostToLoad: number;
  redials: number;
  redialsFailed: number;
  /** Of those, refused like `lostToLoad`. */
  redialsToLoad: number;
  /** Rejections by code, and "none" for silence, of all attempts. */
  failures: Record<string, number>;
}

const bucket = (call: CallTimeline): string =>
  call.rejected && call.cancelled === undefined
    ? `${call.rejected.code} ${call.rejected.reason}`
    : "no answer";

/** Silence shorter than this is the machine's own unevenness: five calls, at least 100 ms. */
export const gapLimit = (rate: number): number => Math.max(100, 5000 / rate);

/**
 * The figures of one run.
 * @param rate calls per second that the callers tried.
 */
export function measure(attempts: Attempt[], marks: Marks, rate: number): Figures {
  const good = attempts.filter(succeeded);
  // First attempts alone come at a steady rate; redials come when they are needed, also after the last first attempt.
  const steady = good.filter((call) => !call.redial);
  const answers = steady.map((call) => call.answered ?? 0).sort((a, b) => a - b);
  const pauses = answers.slice(1).map((to, index) => ({ from: answers[index] ?? to, to }));
  const repair = marks.repair ?? Number.POSITIVE_INFINITY;
  const hurt = pauses.filter(({ from, to }) => to > marks.fault && from < repair);
  const harmed = attempts.filter((call) => call.retransmissions > 0 || !succeeded(call));
  const gaps = hurt.filter(
    ({ from, to }) =>
      to - from > gapLimit(rate) && harmed.some(({ started }) => started >= from && started <= to),
  );
  // Until the address moved only the dead node could answer: the pause around that moment is the outage at least.
  const around = marks.master === undefined ? longest(hurt) : hurt.find(({ to }) => to > (marks.master ?? 0));
  const outage = [...gaps, ...(around ? [around] : [])].sort((a, b) => a.from - b.from);
  const lastEnd = Math.max(...outage.map(({ to }) => to));
  const after = marks.master === undefined ? undefined : answers.find((at) => at > (marks.master ?? 0));
  const first = attempts.filter((call) => !call.redial);
  const redials = attempts.filter((call) => call.redial);
  const failed = attempts.filter((call) => !succeeded(call));
  const failures: Record<string, number> = {};
  for (const call of failed) failures[bucket(call)] = (failures[bucket(call)] ?? 0) + 1;
  return {
    d: marks.master === undefined ? null : round(marks.master - marks.fault),
    f: marks.master === undefined || after === undefined ? null : round(after - marks.master),
    z: outage[0] ? round(lastEnd - outage[0].from) : null,
    gaps: gaps.map(({ from, to }) => ({ from: round(from - marks.fault), to: round(to - marks.fault) })),
    repairGap: round(
      Math.max(0, ...pauses.filter(({ from }) => from >= repair).map(({ from, to }) => to - from)),
    ),
    slowestMs: round(Math.max(0, ...good.map((call) => (call.answered ?? 0) - call.started))),
    attempts: attempts.length,
    answered: good.length,
    savedByRetransmission: good.filter((call) => call.retransmissions > 0).length,
    lost: first.filter((call) => !succeeded(call)).length,
    lostToLoad: first.filter(wasRefused).length,
    redials: redials.length,
    redialsFailed: redials.filter((call) => !succeeded(call)).length,
    redialsToLoad: redials.filter(wasRefused).length,
    failures,
  };
}

const longest = (pauses: { from: number; to: number }[]) =>
  pauses.toSorted((a, b) => b.to - b.from - (a.to - a.from))[0];

const round = (value: number): number => Math.round(value * 10) / 10;

export interface Spread {
  min: number;
  median: number;
  max: number;
}

/** Least, middle (mean of the two middle ones when even) and greatest value; null when there is none. */
export function spread(values: (number | null)[]): Spread | null {
  const sorted = values.filter((value) => value !== null).sort((a, b) => a - b);
  const [min, max] = [sorted[0], sorted.at(-1)];
  if (min === undefined || max === undefined) return null;
  const half = sorted.length >> 1;
  const upper = sorted[half] ?? max;
  const median = sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? min) + upper) / 2;
  return { min, median: round(median), max };
}
