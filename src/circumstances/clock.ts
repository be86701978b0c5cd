import { DateTime } from "luxon";
import type { Dates, Span, Window } from "../directory/time-schema.ts";
import { weekdays } from "../directory/time-schema.ts";

/**
 * The clock on the wall of a time zone, across daylight saving: an hour that comes twice is in a window twice, one that is left
 * out is in none. All pure; times are Unix times in milliseconds.
 */

const minuteMs = 60_000;
const dayMinutes = 1440;

/** What the clock and the calendar on the wall show. */
export interface Wall {
  /** 2026-12-24 */
  date: string;
  /** 0: Monday. */
  weekday: number;
  /** Of the day, 0 to 1439. */
  minute: number;
}

/** A day of a time zone, from its midnight to the next one. */
interface Day {
  start: number;
  end: number;
  date: string;
  weekday: number;
  /** Minutes before UTC; undefined: it changes during this day. */
  offset: number | undefined;
}

const days = new Map<string, Day>();

function dayAt(now: number, zone: string): Day {
  const known = days.get(zone);
  if (known && known.start <= now && now < known.end) return known;
  const midnight = DateTime.fromMillis(now, { zone }).startOf("day");
  const next = midnight.plus({ days: 1 }).startOf("day");
  const day = {
    start: midnight.toMillis(),
    end: next.toMillis(),
    date: midnight.toFormat("yyyy-MM-dd"),
    weekday: midnight.weekday - 1,
    offset: midnight.offset === next.offset ? midnight.offset : undefined,
  };
  days.set(zone, day);
  return day;
}

const minuteOf = (now: number, zone: string, { offset }: Day): number => {
  if (offset !== undefined) return Math.floor(now / minuteMs + offset) % dayMinutes;
  const { hour, minute } = DateTime.fromMillis(now, { zone });
  return hour * 60 + minute;
};

export function wallAt(now: number, zone: string): Wall {
  const day = dayAt(now, zone);
  return { date: day.date, weekday: day.weekday, minute: minuteOf(now, zone, day) };
}

/** While the offset changes, look again so often: all zones change it at a quarter of an hour. */
const quarterMs = 15 * minuteMs;

/**
 * Until when nothing changes that depends on the wall clock at these minutes of the day: the next of them, or midnight.
 * @param minutes of the day
 */
export function sameUntil(now: number, zone: string, minutes: readonly number[]): number {
  const day = dayAt(now, zone);
  if (day.offset === undefined) {
    // On such a day every minute may be a boundary of its own; stop at the next quarter and at the next named minute.
    const quarter = (Math.floor(now / quarterMs) + 1) * quarterMs;
    const named = minutes.map((minute) => now + nextIn(minute, minuteOf(now, zone, day)) - (now % minuteMs));
    return Math.min(quarter, day.end, ...named.filter((at) => at > now));
  }
  const minute = minuteOf(now, zone, day);
  const next = minutes.reduce((least, one) => (one > minute && one < least ? one : least), dayMinutes);
  return Math.min(day.end, now - (now % minuteMs) + (next - minute) * minuteMs);
}

const nextIn = (minute: number, from: number): number =>
  ((minute - from + dayMinutes) % dayMinutes) * minuteMs;

/** 08:30 → 510. */
export const minutesOf = (text: string): number => Number(text.slice(0, 2)) * 60 + Number(text.slice(3));

/** The minutes at which spans begin and end. */
export const boundariesOf = (spans: readonly Span[]): number[] =>
  spans.flatMap(({ from, to }) => [minutesOf(from), minutesOf(to) % dayMinutes]);

/** Is a minute in a span that began on the same day, or on the day before? */
export function inSpan({ from, to }: Span, minute: number, began: "today" | "yesterday"): boolean {
  const begin = minutesOf(from);
  const end = minutesOf(to);
  if (began === "yesterday") return end < begin && minute < end;
  return minute >= begin && (end < begin || minute < end);
}

/** Does a window begin on that day of the week? */
export const beginsOn = ({ days: named }: Window, weekday: number): boolean =>
  named === undefined || named.some((day) => weekdays.indexOf(day) === weekday);

export const inWindow = (window: Window, { weekday, minute }: Wall): boolean =>
  (beginsOn(window, weekday) && inSpan(window, minute, "today")) ||
  (beginsOn(window, (weekday + 6) % 7) && inSpan(window, minute, "yesterday"));

/** Is a date among others? Without a year they come every year, also across its end. */
export function inDates({ from, to = from }: Dates, date: string): boolean {
  const one = from.length === 5 ? date.slice(5) : date;
  return from <= to ? from <= one && one <= to : one >= from || one <= to;
}

/** The date before a date: 2024-03-01 → 2024-02-29. */
export function dayBefore(date: string): string {
  return new Date(Date.parse(date) - 86_400_000).toISOString().slice(0, 10);
}
