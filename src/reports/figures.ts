import type { ReportHoursTable } from "../db/tables.ts";

/** Figures of an hour: what has to be written so that the table says what the records say. Pure. */

/** What calls are counted by. */
export const dimensions = ["all", "number", "user", "carrier", "rule", "node"] as const;
export type Dimension = (typeof dimensions)[number];

/** So many values of a dimension are kept for an hour, those with most calls; the rest is one value. */
export const mostValues = 2000;
export const rest = "*";

export type Counts = Pick<
  ReportHoursTable,
  "calls" | "answered" | "busy" | "no_answer" | "cancelled" | "failed" | "trying" | "talk_ms" | "wait_ms"
>;
export type Figures = Counts & { dimension: string; value: string };

export const countNames = Object.keys({
  calls: 0,
  answered: 0,
  busy: 0,
  no_answer: 0,
  cancelled: 0,
  failed: 0,
  trying: 0,
  talk_ms: 0,
  wait_ms: 0,
} satisfies Record<keyof Counts, 0>) as (keyof Counts)[];

export const sum = (rows: readonly Counts[]): Counts => {
  const total = { calls: 0, answered: 0, busy: 0, no_answer: 0, cancelled: 0 };
  const all: Counts = { ...total, failed: 0, trying: 0, talk_ms: 0, wait_ms: 0 };
  for (const row of rows) for (const name of countNames) all[name] += row[name];
  return all;
};

/**
 * The values of one dimension, those that were cut off as one.
 * @param rows at most `mostValues`, those with most calls first @param all what they make up together, and the rest with them
 */
export function withRest(rows: readonly Figures[], all: Counts, most = mostValues): Figures[] {
  const [first] = rows;
  if (!first || rows.length < most) return [...rows];
  const shown = sum(rows);
  const left = { ...all };
  for (const name of countNames) left[name] -= shown[name];
  return left.calls > 0 ? [...rows, { ...left, dimension: first.dimension, value: rest }] : [...rows];
}

const keyOf = ({ dimension, value }: Pick<Figures, "dimension" | "value">): string =>
  `${dimension}\n${value}`;

/** What is to be written and what to be removed so that `before` becomes `now`. */
export function differences(
  before: readonly Figures[],
  now: readonly Figures[],
): { write: Figures[]; remove: Pick<Figures, "dimension" | "value">[] } {
  const known = new Map(before.map((row) => [keyOf(row), row]));
  const wanted = new Set(now.map(keyOf));
  return {
    write: now.filter((row) => {
      const same = known.get(keyOf(row));
      return !same || countNames.some((name) => same[name] !== row[name]);
    }),
    remove: before
      .filter((row) => !wanted.has(keyOf(row)))
      .map(({ dimension, value }) => ({ dimension, value })),
  };
}

/** Seconds between two looks at how many calls there are. */
export const instantMs = 15_000;

/**
 * How many calls there were at a time in an hour: at most, and on average.
 * @param baseline calls at the instant before the hour @param deltas by instant, within the hour
 */
export function peakOf(
  baseline: number,
  deltas: ReadonlyMap<number, number>,
  firstInstant: number,
  instants: number,
): { peak: number; average: number } {
  let [now, peak, total] = [baseline, 0, 0];
  for (let instant = firstInstant; instant < firstInstant + instants; instant++) {
    now += deltas.get(instant) ?? 0;
    peak = Math.max(peak, now);
    total += now;
  }
  return { peak, average: instants === 0 ? 0 : Math.round((100 * total) / instants) / 100 };
}
