import { timing } from "../transactions/machine.ts";

/**
 * What the user of a transaction repeats by itself: a 2xx until its ACK (RFC 3261 13.3.1.4), a reliable provisional
 * response until its PRACK (RFC 3262 3). The step is pure; `keepRepeating` sets the timer.
 */
export interface Repetition {
  /** When to send again, and when to give up: ms of a monotonic clock. */
  next: number;
  end: number;
  interval: number;
}

export const startRepetition = (now: number, times = timing): Repetition => ({
  next: now + times.t1,
  end: now + 64 * times.t1,
  interval: times.t1,
});

/** At time `now`. */
export function stepRepetition(
  state: Repetition,
  now: number,
  times = timing,
): { state: Repetition; act: "send" | "give up" | "wait" } {
  if (now >= state.end) return { state, act: "give up" };
  if (now < state.next) return { state, act: "wait" };
  const interval = Math.min(2 * state.interval, times.t2);
  return { state: { ...state, interval, next: now + interval }, act: "send" };
}

/** Sends now and again until it is stopped; `onEnd`: nobody answered in 32 s. @returns stops it */
export function keepRepeating(send: () => void, onEnd: () => void): () => void {
  let state = startRepetition(performance.now());
  let timer: NodeJS.Timeout;
  const arm = () => {
    const due = Math.min(state.next, state.end) - performance.now();
    timer = setTimeout(tick, Math.max(0, Math.ceil(due)));
  };
  const tick = () => {
    const step = stepRepetition(state, performance.now());
    state = step.state;
    if (step.act === "give up") {
      onEnd();
      return;
    }
    if (step.act === "send") send();
    arm();
  };
  send();
  arm();
  return () => clearTimeout(timer);
}
