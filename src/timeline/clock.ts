/**
 * How far another host's clock is from ours, from requests and answers, as NTP does it (RFC 5905 section 8): the answer's
 * time stamp was made somewhere between sending and receiving, so the middle is wrong by half the round trip at most.
 * Pure. All times in ms.
 */

/** One request and its answer. */
export interface ClockSample {
  /** Their clock minus ours. */
  offsetMs: number;
  /** The true offset is at most so far from `offsetMs`. */
  withinMs: number;
  /** When, on our monotonic clock. */
  at: number;
}

export type ClockEstimate = Pick<ClockSample, "offsetMs" | "withinMs">;

/** Wall clocks are read in whole milliseconds. */
const readingMs = 1;
/** A quartz that is not disciplined drifts less than this (RFC 5905: 15 ppm are usual). */
const driftPpm = 100;
const keep = 32;

/**
 * @param sent our wall clock when the request left.
 * @param roundTripMs measured on the monotonic clock.
 * @param theirs their wall clock when they answered.
 */
export const clockSample = (sent: number, roundTripMs: number, theirs: number, at: number): ClockSample => ({
  offsetMs: theirs - (sent + roundTripMs / 2),
  withinMs: roundTripMs / 2 + readingMs,
  at,
});

/** How far a sample may be off by `now`. */
const boundAt = (sample: ClockSample, now: number): number =>
  sample.withinMs + (Math.max(0, now - sample.at) * driftPpm) / 1e6;

/** Adds the newest sample. Older ones that it contradicts were made before a clock was set, and are forgotten. */
export function addSample(samples: readonly ClockSample[], newest: ClockSample): ClockSample[] {
  const agree = samples.filter(
    (sample) => Math.abs(sample.offsetMs - newest.offsetMs) <= boundAt(sample, newest.at) + newest.withinMs,
  );
  return [...agree.slice(1 - keep), newest];
}

/** The sharpest statement that the samples allow; undefined without any. */
export function estimateClock(samples: readonly ClockSample[], now: number): ClockEstimate | undefined {
  const [best] = [...samples].sort((one, other) => boundAt(one, now) - boundAt(other, now));
  return best && { offsetMs: best.offsetMs, withinMs: boundAt(best, now) };
}
