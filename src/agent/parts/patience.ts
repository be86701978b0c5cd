import type { Stuckness } from "./stuckness.ts";

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

/** SIGSTOP is certain; one that lasts a moment is somebody's debugger. */
const stoppedMs = 500;
/** What is seen of a part must be enough to say something of it; longer than that is not waited for it. */
const evidenceMs = 600;
/** Whom a sleeper may wait for is given as long to come round: on a loaded machine a starved part answers within a second. */
const asleepMs = 1000;
/** Silent for longer, a part that is only busy does not do its job. */
const busyMs = 10_000;
/** No excuse holds for ever: what was taken for work may be none. */
const excusedMs = 60_000;

/** A part that does not answer. Times in ms that the agent itself was awake. */
export interface Silence {
  silentMs: number;
  /** So long it may be silent, and so much longer until it is killed; null: never. */
  sickAfterMs: number;
  killAfterMs: number | null;
  /** `patience`. */
  factor: number;
  says: Stuckness;
}

/**
 * What a silence means. busy: it does not get what it needs, or works; sick: it does not do its job, and `busy` says
 * whether for such a reason; kill: restart it.
 */
export interface Meaning {
  sick: boolean;
  busy?: string;
  kill: boolean;
}

const patient: Meaning = { sick: false, kill: false };

/** Pure. */
export function meaningOf({ silentMs, sickAfterMs, killAfterMs, factor, says }: Silence): Meaning {
  const over = (limit: number, more: number) => killAfterMs !== null && silentMs > limit + more;
  if (says.verdict === "stopped") {
    // A part that is given time to come back by itself (the database) is given its own time here too.
    const limit = killAfterMs === 0 ? Math.min(sickAfterMs, stoppedMs) : sickAfterMs;
    return silentMs <= limit ? patient : { sick: true, kill: over(limit, killAfterMs ?? 0) };
  }
  const limit = factor * sickAfterMs;
  if (silentMs <= limit) return patient;
  if (says.verdict === "unknown" && silentMs <= limit + evidenceMs) return patient;
  if (says.verdict === "asleep" && silentMs <= limit + asleepMs) return patient;
  if (says.verdict === "stuck" || says.verdict === "asleep" || says.verdict === "unknown")
    return { sick: true, kill: over(limit, factor * (killAfterMs ?? 0)) };
  return { sick: silentMs > limit + busyMs, busy: says.why, kill: over(limit, excusedMs) };
}
