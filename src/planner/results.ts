import jStat from "jstat";
import type { Model, ServiceModel } from "./model.ts";
import { BATCHES, PARTS, type RawPart, type SimulationOptions, simulatePart } from "./simulate.ts";
import { lengthClasses, type RawTally } from "./tally.ts";
import { HOURS_PER_YEAR } from "./year.ts";

/** Figures with their errors, out of what the simulation wrote down. */

/** A mean with its 95 % confidence interval. */
export interface Estimate {
  mean: number;
  low: number;
  high: number;
}

export interface ServiceResult {
  id: string;
  availability: Estimate;
  hoursPerYear: Estimate;
  outagesPerYear: Estimate;
  lossPerYear: Estimate;
  /** Outages per year in each class of length. */
  lengths: { label: string; perYear: number }[];
  /** Hours down in the worst of ten (of a hundred) years. */
  worstYearIn10: number;
  worstYearIn100: number;
  longestHours: number;
  /** How often a year the promise "not more than x in any y" is broken. */
  brokenPerYear?: number;
}

export interface SimulationResult {
  years: number;
  seed: number;
  services: ServiceResult[];
  /** All services together. */
  lossPerYear: Estimate;
  lossWorstYearIn10: number;
  lossWorstYearIn100: number;
}

const T_VALUE = jStat.studentt.inv(0.975, BATCHES - 1);

/** Mean and 95 % interval from batch means; `scale` turns a batch's sum into the figure wanted. Pure. */
export function estimate(sums: ArrayLike<number>, scale: number): Estimate {
  const values = Array.from(sums, (sum) => sum * scale);
  const mean = values.reduce((total, each) => total + each, 0) / values.length;
  const squares = values.reduce((total, each) => total + (each - mean) ** 2, 0);
  const half = T_VALUE * Math.sqrt(squares / (values.length - 1) / values.length);
  return { mean, low: Math.max(0, mean - half), high: mean + half };
}

/**
 * The value that a share `part` of the years does not exceed. The bits of floats that are not negative are in the
 * order of their values, so counting the upper and then the lower 16 bits finds it in two passes, without sorting.
 */
export function quantile(values: Float32Array<ArrayBuffer>, part: number): number {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  let rank = Math.min(values.length - 1, Math.floor(values.length * part));
  const place = (counts: Uint32Array): number => {
    let index = 0;
    while (rank >= (counts[index] ?? 0)) rank -= counts[index++] ?? 0;
    return index;
  };
  const upper = new Uint32Array(65_536);
  for (const each of bits) upper[each >>> 16] = (upper[each >>> 16] ?? 0) + 1;
  const high = place(upper);
  const lower = new Uint32Array(65_536);
  for (const each of bits) if (each >>> 16 === high) lower[each & 65_535] = (lower[each & 65_535] ?? 0) + 1;
  return new Float32Array(Uint32Array.of(((high << 16) | place(lower)) >>> 0).buffer)[0] ?? 0;
}

/** One array out of the same array of all parts. */
export function joined(parts: readonly Float32Array[]): Float32Array<ArrayBuffer> {
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** The figures of a service out of the parts of the simulation. */
export function combine(service: ServiceModel, parts: readonly RawTally[]): ServiceResult {
  const yearHours = joined(parts.map((part) => part.yearHours));
  const years = yearHours.length;
  const batches = (field: "hours" | "count" | "loss") => parts.flatMap((part) => [...part[field]]);
  const scale = batches("hours").length / years;
  const hoursPerYear = estimate(batches("hours"), scale);
  const up = (hours: number) => 1 - hours / HOURS_PER_YEAR;
  const sum = (value: (part: RawTally) => number) => parts.reduce((total, part) => total + value(part), 0);
  return {
    id: service.id,
    availability: { mean: up(hoursPerYear.mean), low: up(hoursPerYear.high), high: up(hoursPerYear.low) },
    hoursPerYear,
    outagesPerYear: estimate(batches("count"), scale),
    lossPerYear: estimate(batches("loss"), scale),
    lengths: lengthClasses.map(({ label }, index) => ({
      label,
      perYear: sum((part) => part.lengths[index] ?? 0) / years,
    })),
    worstYearIn10: quantile(yearHours, 0.9),
    worstYearIn100: quantile(yearHours, 0.99),
    longestHours: Math.max(...parts.map((part) => part.longest)),
    ...(service.window && { brokenPerYear: sum((part) => part.broken) / years }),
  };
}
/** Figures out of all parts, in their order. */
export function combineParts(
  model: Model,
  { years, seed }: SimulationOptions,
  parts: readonly RawPart[],
): SimulationResult {
  const totalLoss = joined(parts.map((part) => part.totalLoss));
  const batch = years / BATCHES;
  const sums = Array.from({ length: BATCHES }, (_, index) =>
    totalLoss.subarray(index * batch, (index + 1) * batch).reduce((sum, loss) => sum + loss, 0),
  );
  return {
    years,
    seed,
    services: model.services.map((service, index) =>
      combine(
        service,
        parts.flatMap((part) => part.services[index] ?? []),
      ),
    ),
    lossPerYear: estimate(sums, 1 / batch),
    lossWorstYearIn10: quantile(totalLoss, 0.9),
    lossWorstYearIn100: quantile(totalLoss, 0.99),
  };
}

/** @throws Error when the number of years can not be split into batches */
export function checkYears(years: number): void {
  if (!Number.isInteger(years / BATCHES) || years <= 0 || years > 10_000_000)
    throw new Error(`the number of simulated years must be a multiple of ${BATCHES} up to 10000000`);
}

/** Runs all parts here, one after the other; threads.ts runs them side by side with the same result. */
export function simulate(model: Model, options: SimulationOptions): SimulationResult {
  checkYears(options.years);
  const parts = Array.from({ length: PARTS }, (_, part) => simulatePart(model, options, part));
  return combineParts(model, options, parts);
}
