import type { Guard } from "./guard-schema.ts";
import { amountText, microsOf } from "./money.ts";
import { billedSeconds, costOf, type Tariff } from "./tariff.ts";

/** What is called outside under the eyes of guards: now, and today. */

/** A guard that counts a call, and for whom: a user, a source address, or all (empty). */
export interface Watched {
  guard: string;
  subject: string;
}

export interface Usage {
  /** In progress. */
  calls: number;
  /** Of today, by UTC: that were answered, and their length so far. */
  callsToday: number;
  minutesToday: number;
  /** What they cost, so far: micros of the money that prices are compared in. A call of unknown price costs nothing here. */
  costToday: number;
}

export const nothingUsed: Usage = { calls: 0, callsToday: 0, minutesToday: 0, costToday: 0 };

interface Open {
  watched: readonly Watched[];
  /** Unix ms; undefined: not yet. */
  answeredAt?: number;
  /** Of whoever answered, in the money that prices are compared in; undefined: not known. */
  tariff?: Tariff | undefined;
}

interface Total {
  calls: number;
  ms: number;
  micros: number;
}

const nothing: Total = { calls: 0, ms: 0, micros: 0 };

const dayMs = 86_400_000;
const keyOf = ({ guard, subject }: Watched): string => `${guard}\n${subject}`;

/** Counts calls by guard and subject. What ended before this app began comes from the ledger (`add`). */
export class Spending {
  private readonly open = new Map<string, Open>();
  private readonly byKey = new Map<string, Set<string>>();
  private totals = new Map<string, Total>();
  private day = 0;
  private readonly now: () => number;

  /** @param now Unix time in ms */
  constructor(now: () => number = Date.now) {
    this.now = now;
  }

  /** In progress, as far as it is known; again: answered or not, and what it costs then. */
  call(id: string, watched: readonly Watched[], answered: boolean, tariff?: Tariff): void {
    const known = this.open.get(id);
    const call: Open = known ?? { watched };
    if (answered) call.answeredAt ??= this.now();
    call.tariff = tariff ?? call.tariff;
    if (known || watched.length === 0) return;
    this.open.set(id, call);
    for (const one of watched) {
      const ids = this.byKey.get(keyOf(one)) ?? new Set();
      this.byKey.set(keyOf(one), ids.add(id));
    }
  }

  watchedIn(id: string): readonly Watched[] {
    return this.open.get(id)?.watched ?? [];
  }

  tariffOf(id: string): Tariff | undefined {
    return this.open.get(id)?.tariff;
  }

  ended(id: string): void {
    const call = this.open.get(id);
    if (!call) return;
    this.open.delete(id);
    for (const one of call.watched) {
      const ids = this.byKey.get(keyOf(one));
      ids?.delete(id);
      if (ids?.size === 0) this.byKey.delete(keyOf(one));
      if (call.answeredAt !== undefined) {
        const ms = this.sinceMidnight(call.answeredAt);
        this.add(one, ms, costSoFar(call, ms));
      }
    }
  }

  /** A call of today that is over. @param micros what it cost, see `Usage` */
  add(watched: Watched, ms: number, micros: number): void {
    this.turnDay();
    const total = this.totals.get(keyOf(watched)) ?? nothing;
    this.totals.set(keyOf(watched), {
      calls: total.calls + 1,
      ms: total.ms + ms,
      micros: total.micros + micros,
    });
  }

  usage(watched: Watched): Usage {
    this.turnDay();
    const total = this.totals.get(keyOf(watched)) ?? nothing;
    const ids = [...(this.byKey.get(keyOf(watched)) ?? [])];
    let { calls, ms, micros } = total;
    for (const id of ids) {
      const call = this.open.get(id);
      if (call?.answeredAt === undefined) continue;
      const length = this.sinceMidnight(call.answeredAt);
      calls += 1;
      ms += length;
      micros += costSoFar(call, length);
    }
    return {
      calls: ids.length,
      callsToday: calls,
      minutesToday: Math.floor(ms / 60_000),
      costToday: micros,
    };
  }

  /** All that is over: it is counted anew. */
  forget(): void {
    this.totals = new Map();
  }

  private sinceMidnight(at: number): number {
    const now = this.now();
    return Math.max(0, now - Math.max(at, Math.floor(now / dayMs) * dayMs));
  }

  private turnDay(): void {
    const day = Math.floor(this.now() / dayMs);
    if (day !== this.day) this.totals = new Map();
    this.day = day;
  }
}

const costSoFar = ({ tariff }: Open, ms: number): number =>
  tariff ? costOf(tariff, billedSeconds(tariff, ms)) : 0;

/** Why one more call would be too much, in words; undefined: it would not. Pure. */
export function tooMuch(
  { calls, calls_per_day, minutes_per_day, cost_per_day }: Guard,
  usage: Usage,
): string | undefined {
  if (calls !== undefined && usage.calls >= calls) return `${usage.calls} calls at a time, of ${calls}`;
  if (calls_per_day !== undefined && usage.callsToday >= calls_per_day)
    return `${usage.callsToday} calls today, of ${calls_per_day}`;
  if (minutes_per_day !== undefined && usage.minutesToday >= minutes_per_day)
    return `${usage.minutesToday} minutes today, of ${minutes_per_day}`;
  if (cost_per_day !== undefined && usage.costToday >= microsOf(cost_per_day, Number.MAX_SAFE_INTEGER))
    return `calls for ${amountText(usage.costToday)} today, of ${cost_per_day}`;
  return undefined;
}
