import type { CallTimeline } from "../callers/shortmsg.ts";

/** From the caller's log and the moment of the fault to the figures of one drill run. Pure. Times in milliseconds. */

/** One attempt to call: the first one, or the redial that follows a lost one. */
export interface Attempt extends CallTimeline {
  redial: boolean;
}

/** When what happened; all wall clocks of one machine. */
export interface Marks {
  /** The active node's link went down. */
  fault: number;
  /** The survivor became VRRP master; undefined when its agent told nothing. */
  master?: number;
}

export interface Figures {
  /** Detection: link down → the survivor's VRRP master transition. */
  d: number | null;
  /** Takeover: master transition → first 200 OK that a caller got afterwards. */
  f: number | null;
  /** Outage: last 200 OK before → first 200 OK after the service address moved. */
  z: number | null;
  /** Outage for a person who dials in it: the longest time from INVITE to 200 of any call that was answered. */
  slowestMs: number;
  attempts: number;
  answered: number;
  /** Answered although the first INVITE got no answer: SIP's own retransmission carried the call over. */
  savedByRetransmission: number;
  /** First attempts without success within the caller's patience. */
  lost: number;
  redials: number;
  redialsFailed: number;
  /** Rejections by code, and "none" for silence, of all attempts. */
  failures: Record<string, number>;
}

/** Did the caller get what it wanted: an answer before it lost patience? */
export const succeeded = (call: CallTimeline): boolean =>
  call.answered !== undefined && (call.cancelled === undefined || call.cancelled > call.answered);

/**
 * Has this attempt failed for good by `now`? Silence leaves nothing in the log, so it is told by the clock; a
 * caller that heard "trying" shows its failure by its CANCEL. Half a second is allowed for what is under way.
 */
export function hasFailed(call: CallTimeline, now: number, patienceMs: number): boolean {
  if (succeeded(call)) return false;
  if (call.rejected !== undefined || call.cancelled !== undefined) return true;
  return now > (call.firstReply ?? call.started) + patienceMs + 500;
}

const bucket = (call: CallTimeline): string =>
  call.rejected && call.cancelled === undefined
    ? `${call.rejected.code} ${call.rejected.reason}`
    : "no answer";

/** The figures of one run. */
export function measure(attempts: Attempt[], marks: Marks): Figures {
  const good = attempts.filter(succeeded);
  const answers = good.map((call) => call.answered ?? 0).sort((a, b) => a - b);
  // Until the address moved only the dead node could answer: what was answered before belongs to it.
  const moved = marks.master ?? longestGapStart(answers, marks.fault);
  const before = answers.filter((at) => at <= moved).at(-1);
  const after = answers.find((at) => at > moved);
  const first = attempts.filter((call) => !call.redial);
  const redials = attempts.filter((call) => call.redial);
  const failed = attempts.filter((call) => !succeeded(call));
  const failures: Record<string, number> = {};
  for (const call of failed) failures[bucket(call)] = (failures[bucket(call)] ?? 0) + 1;
  return {
    d: marks.master === undefined ? null : round(marks.master - marks.fault),
    f: marks.master === undefined || after === undefined ? null : round(after - marks.master),
    z: before === undefined || after === undefined ? null : round(after - before),
    slowestMs: round(Math.max(0, ...good.map((call) => (call.answered ?? 0) - call.started))),
    attempts: attempts.length,
    answered: good.length,
    savedByRetransmission: good.filter((call) => call.retransmissions > 0).length,
    lost: first.filter((call) => !succeeded(call)).length,
    redials: redials.length,
    redialsFailed: redials.filter((call) => !succeeded(call)).length,
    failures,
  };
}

/** Where the longest gap between answers begins that ends after the fault. */
function longestGapStart(answers: number[], fault: number): number {
  let start = fault;
  let longest = 0;
  for (let index = 1; index < answers.length; index++) {
    const [from = 0, to = 0] = [answers[index - 1], answers[index]];
    if (to > fault && to - from > longest) [start, longest] = [from, to - from];
  }
  return start;
}

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
