/** How good the line from another host is: the share of its numbered pulses that arrive. Pure. */

/** Long enough that chance hides no loss of a fifth, short enough to see that a line has become good again. */
const windowMs = 10_000;
/** Fewer pulses prove nothing: a host that starves sends few. */
const fewest = 40;

export class Line {
  private arrivals: { at: number; n: number }[] = [];

  /** Pulse number `n` came in, newer than those before. `now`: monotonic, ms. */
  heard(n: number, now: number): void {
    const last = this.arrivals.at(-1);
    // Counted from the start again: another life of the sender.
    if (last && n <= last.n) this.arrivals = [];
    this.arrivals.push({ at: now, n });
    this.forget(now);
  }

  /** 0 to 100; undefined: too few were sent to tell, or none is heard at all, which is no matter of quality. */
  percent(now: number): number | undefined {
    this.forget(now);
    const [first, last] = [this.arrivals[0], this.arrivals.at(-1)];
    if (!first || !last || last.n - first.n < fewest) return undefined;
    return Math.round((100 * (this.arrivals.length - 1)) / (last.n - first.n));
  }

  private forget(now: number): void {
    while (this.arrivals[0] && this.arrivals[0].at <= now - windowMs) this.arrivals.shift();
  }
}
