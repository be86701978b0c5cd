import { monitorEventLoopDelay } from "node:perf_hooks";

/** How late the event loop of this process is: a blocked one answers nobody. */
export interface LoopDelay {
  /** 99 of 100 timers were late by no more than this, ms. */
  p99Ms: number;
  maxMs: number;
}

type IntervalHistogram = ReturnType<typeof monitorEventLoopDelay>;

/** Each look is a wake-up, which at 20 ms cost a quarter of what the app does at rest. What matters is late by more. */
const resolutionMs = 200;
const windowMs = 10_000;

/** Measures all the time (perf_hooks.monitorEventLoopDelay, a timer every 200 ms), tells of the last 10 to 20 s. */
export class LoopMonitor {
  private current: IntervalHistogram = this.begin();
  private before: IntervalHistogram | undefined;
  private since = performance.now();

  private begin(): IntervalHistogram {
    const histogram = monitorEventLoopDelay({ resolution: resolutionMs });
    histogram.enable();
    return histogram;
  }

  read(): LoopDelay {
    if (performance.now() - this.since > windowMs) {
      // It keeps what it has counted, and has no timer any more.
      this.current.disable();
      this.before = this.current;
      this.current = this.begin();
      this.since = performance.now();
    }
    const both = [this.current, ...(this.before ? [this.before] : [])].filter(({ count }) => count > 0);
    // The histogram holds the whole time between two timers, in ns.
    const late = (value: (histogram: IntervalHistogram) => number): number =>
      Math.max(0, Math.round(Math.max(0, ...both.map(value)) / 1e6) - resolutionMs);
    return { p99Ms: late((histogram) => histogram.percentile(99)), maxMs: late(({ max }) => max) };
  }
}
