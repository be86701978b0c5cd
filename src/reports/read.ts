import { DateTime } from "luxon";
import type { Database } from "../db/database.ts";
import { hourMs } from "../records/hour-marks.ts";
import { type Counts, countNames, sum } from "./figures.ts";
import type { Report, ReportQuery } from "./report-schema.ts";

/** Reports out of what is counted: whole days, and hours at both ends. No record is looked at. */

const dayMs = 24 * hourMs;

/** Whole days within a time, and the hours before and after them. Times in ms since 1970, on full hours. Pure. */
export function spansOf(
  since: number,
  until: number,
): { days: [number, number] | undefined; hours: [number, number][] } {
  const firstDay = Math.ceil(since / dayMs) * dayMs;
  const lastDay = Math.floor(until / dayMs) * dayMs;
  if (lastDay <= firstDay) return { days: undefined, hours: since < until ? [[since, until]] : [] };
  const hours: [number, number][] = [];
  if (since < firstDay) hours.push([since, firstDay]);
  if (lastDay < until) hours.push([lastDay, until]);
  return { days: [firstDay, lastDay], hours };
}

const round = (value: number): number => Math.round(value * 100) / 100;

/** Ratios and averages of counts. Pure. */
export function shownCounts(counts: Counts): Report["total"] {
  const { calls, answered, busy, no_answer, cancelled, failed, trying, talk_ms, wait_ms } = counts;
  const seized = calls - trying;
  const each = (ms: number) => (answered === 0 ? null : round(ms / 1000 / answered));
  return {
    ...{ calls, answered, busy, no_answer, cancelled, failed, trying },
    answer_seizure_ratio: seized <= 0 ? null : Math.round((10_000 * answered) / seized) / 10_000,
    talk_seconds: Math.round(talk_ms / 1000),
    average_talk_seconds: each(talk_ms),
    average_wait_seconds: each(wait_ms),
  };
}

const countsOf = (row: Record<keyof Counts, unknown>): Counts =>
  Object.fromEntries(countNames.map((name) => [name, Number(row[name])])) as unknown as Counts; // all names of it

type Summed = { value: string; counts: Counts };

/** The sums of a dimension's values over a time. */
async function valuesOf(
  database: Database,
  dimension: string,
  since: number,
  until: number,
): Promise<Summed[]> {
  const { days, hours } = spansOf(since, until);
  const found: Summed[] = [];
  await database.read(async (db) => {
    found.length = 0;
    if (days) {
      const rows = await db
        .selectFrom("report_days")
        .select("value")
        .select(({ fn }) => countNames.map((name) => fn.sum<string>(name).as(name)))
        .where("dimension", "=", dimension)
        .where("day", ">=", new Date(days[0]))
        .where("day", "<", new Date(days[1]))
        .groupBy("value")
        .execute();
      found.push(...rows.map((row) => ({ value: row.value, counts: countsOf(row) })));
    }
    for (const [from, to] of hours) {
      const rows = await db
        .selectFrom("report_hours")
        .select("value")
        .select(({ fn }) => countNames.map((name) => fn.sum<string>(name).as(name)))
        .where("dimension", "=", dimension)
        .where("hour", ">=", new Date(from))
        .where("hour", "<", new Date(to))
        .groupBy("value")
        .execute();
      found.push(...rows.map((row) => ({ value: row.value, counts: countsOf(row) })));
    }
  });
  return [...Map.groupBy(found, ({ value }) => value)].map(([value, some]) => ({
    value,
    counts: sum(some.map(({ counts }) => counts)),
  }));
}

/** Hour by hour, all calls together, with how many there were at a time. */
const hoursBetween = (database: Database, since: number, until: number) =>
  database.read((db) =>
    db
      .selectFrom("report_hours")
      .leftJoin("report_peaks", "report_peaks.hour", "report_hours.hour")
      .select(["report_hours.hour as at", "peak", "average"])
      .select(countNames.map((name) => `report_hours.${name}` as const))
      .where("dimension", "=", "all")
      .where("report_hours.hour", ">=", new Date(since))
      .where("report_hours.hour", "<", new Date(until))
      .orderBy("report_hours.hour")
      .execute(),
  );

const mean = (values: (number | null)[]): number | null => {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : round(known.reduce((all, one) => all + one, 0) / known.length);
};

/** @param query with `since` and `until` as ms @throws when the database can not be used */
export async function report(
  database: Database,
  { by, limit, time_zone }: Pick<ReportQuery, "by" | "limit" | "time_zone">,
  given: { since: number; until: number },
): Promise<Report> {
  const since = Math.floor(given.since / hourMs) * hourMs;
  const until = Math.ceil(given.until / hourMs) * hourMs;
  const behind = await database.read((db) =>
    db
      .selectFrom("report_marks")
      .select(({ fn }) => fn.count<string>("hour").distinct().as("hours"))
      .where("hour", ">=", new Date(since))
      .where("hour", "<", new Date(until))
      .executeTakeFirst(),
  );
  const frame = {
    ...{ since: new Date(since).toISOString(), until: new Date(until).toISOString(), by },
    behind: Number(behind?.hours ?? 0),
  };
  if (by === "hour" || by === "day") {
    const hours = await hoursBetween(database, since, until);
    const startOf = (at: Date) =>
      by === "hour" ? at.getTime() : DateTime.fromJSDate(at, { zone: time_zone }).startOf("day").toMillis();
    const rows = [...Map.groupBy(hours, ({ at }) => startOf(at))].map(([start, some]) => ({
      key: new Date(start).toISOString(),
      ...shownCounts(sum(some.map(countsOf))),
      peak: some.some(({ peak }) => peak !== null) ? Math.max(...some.map(({ peak }) => peak ?? 0)) : null,
      average: mean(some.map(({ average }) => average)),
    }));
    return { ...frame, rows, total: shownCounts(sum(hours.map(countsOf))) };
  }
  const [values, all] = await Promise.all([
    valuesOf(database, by, since, until),
    valuesOf(database, "all", since, until),
  ]);
  const rows = values
    .toSorted((one, other) => other.counts.calls - one.counts.calls || (one.value < other.value ? -1 : 1))
    .slice(0, limit)
    .map(({ value, counts }) => ({ key: value, ...shownCounts(counts), peak: null, average: null }));
  return { ...frame, rows, total: shownCounts(sum(all.map(({ counts }) => counts))) };
}
