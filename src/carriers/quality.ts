import { type Outcome, windowCalls } from "./call-news.ts";

/** How well carriers carry calls: of the last ones, in all and for each kind of destination. */

/** So few calls say nothing. */
const enoughCalls = 20;

/** Kinds of numbers and countries are few; who makes up more gets no window of their own. */
const maxWindows = 10_000;

const keyOf = (carrier: string, destination: string): string => `${carrier}\n${destination}`;

export class Quality {
  /** By carrier, and by carrier and destination. */
  private readonly windows = new Map<string, Outcome[]>();

  note(outcome: Outcome): void {
    const { carrier, destination } = outcome;
    this.push(carrier, outcome);
    if (destination !== undefined) this.push(keyOf(carrier, destination), outcome);
  }

  private push(key: string, outcome: Outcome): void {
    const window = this.windows.get(key) ?? [];
    if (window.length === 0 && this.windows.size >= maxWindows) return;
    window.push(outcome);
    if (window.length > windowCalls) window.shift();
    this.windows.set(key, window);
  }

  /** Of its last calls to this kind of destination where there were enough, else of all; undefined: too few. Whole percent. */
  answeredPercent(carrier: string, destination?: string): number | undefined {
    const window = this.enough(carrier, destination, () => true);
    return window && Math.floor((window.filter(({ answered }) => answered).length * 100) / window.length);
  }

  /** From INVITE to ringing: the median of the last calls that rang, ms; otherwise as `answeredPercent`. */
  ringMs(carrier: string, destination?: string): number | undefined {
    const window = this.enough(carrier, destination, ({ ring_ms }) => ring_ms !== undefined);
    const times = window?.map(({ ring_ms }) => ring_ms ?? 0).sort((a, b) => a - b);
    return times?.[Math.floor(times.length / 2)];
  }

  private enough(
    carrier: string,
    destination: string | undefined,
    counts: (outcome: Outcome) => boolean,
  ): Outcome[] | undefined {
    const keys = destination === undefined ? [carrier] : [keyOf(carrier, destination), carrier];
    for (const key of keys) {
      const window = (this.windows.get(key) ?? []).filter(counts);
      if (window.length >= enoughCalls) return window;
    }
    return undefined;
  }

  /** All that others know: where they know more of a carrier it counts. */
  takeAll(outcomes: readonly Outcome[]): void {
    for (const [carrier, told] of Map.groupBy(outcomes, (one) => one.carrier)) {
      if (told.length <= (this.windows.get(carrier)?.length ?? 0)) continue;
      for (const key of this.windows.keys())
        if (key === carrier || key.startsWith(`${carrier}\n`)) this.windows.delete(key);
      for (const one of told) this.note(one);
    }
  }

  all(): Outcome[] {
    return [...this.windows].flatMap(([key, window]) => (key.includes("\n") ? [] : window));
  }
}
