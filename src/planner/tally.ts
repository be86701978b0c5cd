import { busyMinutes } from "./busy.ts";
import type { Loss, ServiceModel, WindowPromise } from "./model.ts";
import { HOURS_PER_YEAR } from "./year.ts";

/** What the simulation writes down about a service. */

/** Upper ends of the classes of outage length, hours. */
export const lengthClasses = [
  { label: "under 1 s", upTo: 1 / 3600 },
  { label: "1–10 s", upTo: 10 / 3600 },
  { label: "10–60 s", upTo: 1 / 60 },
  { label: "1–5 min", upTo: 5 / 60 },
  { label: "5–15 min", upTo: 0.25 },
  { label: "15–60 min", upTo: 1 },
  { label: "1–4 h", upTo: 4 },
  { label: "4–8 h", upTo: 8 },
  { label: "8–24 h", upTo: 24 },
  { label: "over 1 day", upTo: Number.POSITIVE_INFINITY },
];

const upperEnds = Float64Array.from(lengthClasses, ({ upTo }) => upTo);

/** Cost of one outage from `since` to `until` (hours since a Monday, 00:00). */
export function outageLoss(loss: Loss, since: number, until: number): number {
  const { busy, outOfHours } = loss;
  const end = busyMinutes(busy, until);
  const inHours = end - busyMinutes(busy, since);
  let minutes = inHours + outOfHours * Math.max(0, (until - since) * 60 - inHours);
  const change = since + loss.workaroundAfter;
  if (change < until && loss.workaroundCovers > 0) {
    const late = end - busyMinutes(busy, change);
    minutes -= loss.workaroundCovers * (late + outOfHours * Math.max(0, (until - change) * 60 - late));
  }
  return loss.perMinute * minutes + (until - since > loss.noticed ? loss.perOutage : 0);
}

/** Outages that a window can hold; a promise that is broken by more of them is broken long before. */
const RING = 4096;

/** Watches "not unavailable for more than x in any y": the fullest window always ends with the end of an outage. */
class WindowWatch {
  private readonly x: number;
  private readonly y: number;
  private readonly since = new Float64Array(RING);
  private readonly until = new Float64Array(RING);
  private first = 0;
  private next = 0;
  private sum = 0;
  private quietUntil = 0;
  broken = 0;
  constructor({ x, y }: WindowPromise) {
    this.x = x;
    this.y = y;
  }
  add(since: number, until: number): void {
    const from = until - this.y;
    while (this.first < this.next) {
      const oldest = this.first % RING;
      const ended = this.until[oldest] ?? 0;
      if (ended > from && this.next - this.first < RING) break;
      this.sum -= ended - (this.since[oldest] ?? 0);
      this.first++;
    }
    const place = this.next++ % RING;
    this.since[place] = since;
    this.until[place] = until;
    this.sum += until - since;
    if (this.sum <= this.x || until < this.quietUntil) return;
    // Only the oldest outage can reach out of the window.
    const outside = Math.max(0, from - (this.since[this.first % RING] ?? 0));
    if (this.sum - outside <= this.x) return;
    this.broken++;
    this.quietUntil = until + this.y;
  }
}

/** By the number of bits of its whole seconds: the first class that an outage can belong to. */
const firstClass = Uint8Array.from({ length: 33 }, (_, bits) =>
  upperEnds.findIndex((end) => end * 3600 >= (bits === 0 ? 0 : 2 ** (bits - 1))),
);

/** Sums over a part of the simulated years; parts are simulated apart and then combined. */
export interface RawTally {
  hours: Float64Array;
  count: Float64Array;
  loss: Float64Array;
  lengths: Float64Array;
  yearHours: Float32Array;
  longest: number;
  broken: number;
}

/** Joins overlapping outages of a service and counts them. `down` must be called in order of time. */
export class Tally {
  readonly raw: RawTally;
  private readonly service: ServiceModel;
  private readonly totalLoss: Float32Array;
  private readonly watch: WindowWatch | undefined;
  // The arrays of `raw` once more, since the loop of the simulation goes through here for every outage.
  private readonly hours: Float64Array;
  private readonly count: Float64Array;
  private readonly loss: Float64Array;
  private readonly lengths: Float64Array;
  private readonly yearHours: Float32Array;
  private readonly batchYears: number;
  private since = -1;
  private until = -1;
  private year = 0;
  private batch = 0;
  private yearEnd = HOURS_PER_YEAR;

  /** `totalLoss` is shared by all services: loss per year of the company. */
  constructor(service: ServiceModel, years: number, batches: number, totalLoss: Float32Array) {
    this.service = service;
    this.totalLoss = totalLoss;
    this.batchYears = years / batches;
    this.watch = service.window && new WindowWatch(service.window);
    this.raw = {
      hours: new Float64Array(batches),
      count: new Float64Array(batches),
      loss: new Float64Array(batches),
      lengths: new Float64Array(lengthClasses.length),
      yearHours: new Float32Array(years),
      longest: 0,
      broken: 0,
    };
    this.hours = this.raw.hours;
    this.count = this.raw.count;
    this.loss = this.raw.loss;
    this.lengths = this.raw.lengths;
    this.yearHours = this.raw.yearHours;
  }

  down(since: number, until: number): void {
    if (since > this.until) {
      this.close();
      this.since = since;
      this.until = until;
    } else if (until > this.until) this.until = until;
  }

  /** An outage counts in the year in which it begins. */
  close(): void {
    const { since, until } = this;
    if (until <= since) return;
    const hours = until - since;
    if (since >= this.yearEnd) {
      this.year = Math.floor(since / HOURS_PER_YEAR);
      this.yearEnd = (this.year + 1) * HOURS_PER_YEAR;
      this.batch = Math.floor(this.year / this.batchYears);
    }
    const { year, batch } = this;
    const cost = outageLoss(this.service.loss, since, until);
    this.yearHours[year] = (this.yearHours[year] ?? 0) + hours;
    this.totalLoss[year] = (this.totalLoss[year] ?? 0) + cost;
    this.hours[batch] = (this.hours[batch] ?? 0) + hours;
    this.count[batch] = (this.count[batch] ?? 0) + 1;
    this.loss[batch] = (this.loss[batch] ?? 0) + cost;
    if (hours > this.raw.longest) this.raw.longest = hours;
    let length = firstClass[32 - Math.clz32(hours * 3600)] ?? 0;
    while (hours > (upperEnds[length] ?? 0)) length++;
    this.lengths[length] = (this.lengths[length] ?? 0) + 1;
    this.watch?.add(since, until);
    this.since = -1;
    this.until = -1;
  }

  finish(): RawTally {
    this.close();
    this.raw.broken = this.watch?.broken ?? 0;
    return this.raw;
  }
}
