/** What guards found to be too much, until it is quiet for a while. */

export interface Alarm {
  guard: string;
  subject: string;
  why: string;
}

/** So long after the last call that was too much it is told. */
const toldMs = 10 * 60_000;

export class Alarms {
  private readonly found = new Map<string, { alarm: Alarm; since: number; last: number }>();
  private readonly clock: () => number;

  constructor(clock: () => number = () => performance.now()) {
    this.clock = clock;
  }

  note(alarms: readonly Alarm[] | undefined): void {
    const now = this.clock();
    for (const alarm of alarms ?? []) {
      const key = `${alarm.guard}\n${alarm.subject}`;
      this.found.set(key, { alarm, since: this.found.get(key)?.since ?? now, last: now });
    }
  }

  all(): (Alarm & { sinceMs: number })[] {
    const now = this.clock();
    for (const [key, { last }] of this.found) if (now - last > toldMs) this.found.delete(key);
    return [...this.found.values()].map(({ alarm, since }) => ({
      ...alarm,
      sinceMs: Math.round(now - since),
    }));
  }
}
