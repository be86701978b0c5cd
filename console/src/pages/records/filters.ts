import type { Outcome } from "./record-types.ts";

/** What is looked for, as it stands in the page's address: `?party=1001&period=day`. */

export const periods = { hour: 1, day: 24, week: 7 * 24, month: 30 * 24 } as const;
export type Period = keyof typeof periods;

export const outcomes = [
  "answered",
  "busy",
  "no_answer",
  "cancelled",
  "rejected",
  "not_found",
  "redirected",
  "failed",
  "in_progress",
  "unknown",
] as const satisfies readonly Outcome[];

/** Names as the API has them, but `period`. All are texts, as they are typed; empty ones are not there. */
export const names = [
  "party",
  "period",
  "since",
  "until",
  "outcome",
  "number",
  "user",
  "carrier",
  "rule",
  "node",
  "min_duration_s",
  "max_duration_s",
  "recorded",
  "affected",
] as const;
export type FilterName = (typeof names)[number];
export type Filters = Partial<Record<FilterName, string>>;

const isPeriod = (text: string | undefined): text is Period => text !== undefined && text in periods;

/** @param search of the address, with or without `?`; what is not known is left out. Pure. */
export function readFilters(search: string): Filters {
  const params = new URLSearchParams(search);
  const filters: Filters = {};
  for (const name of names) {
    const value = params.get(name);
    if (value !== null && value !== "") filters[name] = value;
  }
  if (filters.outcome !== undefined && !(outcomes as readonly string[]).includes(filters.outcome))
    delete filters.outcome;
  if (filters.period !== undefined && !isPeriod(filters.period)) delete filters.period;
  return filters;
}

/** The same back; `""` without any. Pure. */
export function writeFilters(filters: Filters): string {
  const params = new URLSearchParams();
  for (const name of names) {
    const value = filters[name]?.trim();
    if (value) params.set(name, value);
  }
  const text = params.toString();
  return text === "" ? "" : `?${text}`;
}

const moment = (text: string | undefined): string | undefined => {
  const date = new Date(text ?? "");
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
};

/**
 * What the API is asked. A period reaches back from `now` (ms); a moment in the address is of the browser's zone, as
 * `<input type="datetime-local">` writes it. Pure.
 */
export function queryOf(
  { period, since, until, ...others }: Readonly<Record<string, string | undefined>>,
  now: number,
): Record<string, string> {
  const from = isPeriod(period) ? new Date(now - periods[period] * 3_600_000).toISOString() : moment(since);
  const to = isPeriod(period) ? undefined : moment(until);
  const query: Record<string, string> = { ...(from && { since: from }), ...(to && { until: to }) };
  for (const [name, value] of Object.entries(others)) if (value) query[name] = value;
  return query;
}
