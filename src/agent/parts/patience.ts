/**
 * How long a silent part is waited for before it counts as hung. Killing it helps against a hang. It makes things worse
 * on a host that is overloaded: each start takes more of the processors, other parts fall silent for it, and are killed
 * in their turn (seen with three clusters on two cores: five minutes of kills, and no calls). So each kill for silence that
 * follows soon after another doubles the patience, for a while that doubles too. Pure.
 */
export interface Strikes {
  /** Kills for silence, each soon after the one before. */
  count: number;
  /** When the last one was, monotonic ms. */
  at: number;
}

/** Shorter than the time between two runs of a drill: each of those finds the patience of the first time. */
const soonMs = 20_000;
/** 2^5: a part that must answer within a second is then given half a minute. */
const most = 5;

const counts = (strikes: Strikes, now: number): boolean =>
  now - strikes.at < soonMs * 2 ** (strikes.count - 1);

/** One more kill for silence. */
export const strike = (before: Strikes | undefined, now: number): Strikes => ({
  at: now,
  count: before && counts(before, now) ? Math.min(before.count + 1, most) : 1,
});

/** The limits of silence are multiplied by it. */
export const patience = (strikes: Strikes | undefined, now: number): number =>
  strikes && counts(strikes, now) ? 2 ** strikes.count : 1;
