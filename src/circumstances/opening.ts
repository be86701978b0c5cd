import type { Span } from "../directory/time-schema.ts";
import type { Calendar } from "./calendar-schema.ts";
import { beginsOn, boundariesOf, dayBefore, inDates, inSpan, sameUntil, wallAt } from "./clock.ts";

/** What a calendar says at a moment. */
export interface Opening {
  state: "open" | "closed" | "holiday";
  /** Of the holiday or the own day; empty: a day as others. */
  day: string;
  /** Holds from when it was asked at the latest, until then. Unix time in milliseconds. */
  from: number;
  until: number;
}

/** A calendar ready for use. */
export interface CompiledCalendar {
  calendar: Calendar;
  holidays: ReadonlyMap<string, string>;
  boundaries: readonly number[];
  /** What was found last: holds mostly for hours. */
  last: { opening: Opening | undefined };
}

export function compiled(calendar: Calendar): CompiledCalendar {
  const { except, holidays } = calendar;
  const excepted = ({ date, name }: { date: string; name: string }): boolean =>
    except.some((one) => one === name || one === date || one === date.slice(5));
  return {
    calendar,
    holidays: new Map(holidays.filter((one) => !excepted(one)).map(({ date, name }) => [date, name])),
    boundaries: boundariesOf([...calendar.hours, ...calendar.days.flatMap(({ hours }) => hours)]),
    last: { opening: undefined },
  };
}

/** The spans that begin on a day, and its name where it is special. */
function spansOf(
  { calendar, holidays }: CompiledCalendar,
  date: string,
  weekday: number,
): { spans: readonly Span[]; special: string | undefined } {
  const own = calendar.days.find((dates) => inDates(dates, date));
  if (own) return { spans: own.hours, special: own.name || "a day of its own" };
  const holiday = holidays.get(date);
  if (holiday !== undefined) return { spans: [], special: holiday };
  return { spans: calendar.hours.filter((window) => beginsOn(window, weekday)), special: undefined };
}

/** The calendar's state, and until when it stays so at least. Pure (what was found last is kept). */
export function openingAt(compiledCalendar: CompiledCalendar, now: number): Opening {
  const { calendar, boundaries, last } = compiledCalendar;
  const known = last.opening;
  if (known && known.from <= now && now < known.until) return known;
  const { time_zone: zone } = calendar;
  const { date, weekday, minute } = wallAt(now, zone);
  const today = spansOf(compiledCalendar, date, weekday);
  const yesterday = spansOf(compiledCalendar, dayBefore(date), (weekday + 6) % 7);
  const isOpen =
    today.spans.some((span) => inSpan(span, minute, "today")) ||
    yesterday.spans.some((span) => inSpan(span, minute, "yesterday"));
  const { special } = today;
  const state = isOpen ? "open" : special === undefined ? "closed" : "holiday";
  last.opening = { state, day: special ?? "", from: now, until: sameUntil(now, zone, boundaries) };
  return last.opening;
}
