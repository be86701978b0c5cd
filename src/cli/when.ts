import { InvalidArgumentError } from "commander";
import type { CalendarInput } from "../circumstances/calendar-schema.ts";
import { type Dates, type Span, type Weekday, type Window, weekdays } from "../directory/time-schema.ts";

/** Times as people write them in options. All pure; each refuses what it does not understand (InvalidArgumentError). */

const dayOf = (text: string): number => weekdays.indexOf(text as Weekday);

/** `mon-fri`, `sat,sun`, `fri-mon` */
function daysOf(text: string): Weekday[] {
  const days = text.split(",").flatMap((part) => {
    const [first = "", last = first] = part.split("-");
    const [from, to] = [dayOf(first), dayOf(last)];
    if (from < 0 || to < 0)
      throw new InvalidArgumentError(`days are ${weekdays.join(", ")}, as mon-fri or sat,sun: not '${part}'`);
    const count = ((to - from + 7) % 7) + 1;
    return Array.from({ length: count }, (_, at) => weekdays[(from + at) % 7] as Weekday);
  });
  return [...new Set(days)];
}

/** `08:00-18:00` */
function spanOf(text: string): Span {
  const [, from, to] = /^(\d\d:\d\d)-(\d\d:\d\d)$/.exec(text) ?? [];
  if (from === undefined || to === undefined)
    throw new InvalidArgumentError(`write times of day as 08:00-18:00, not '${text}'`);
  return { from, to };
}

/** `mon-fri 08:00-18:00`, `22:00-06:00` */
export function windowOf(text: string): Window {
  const words = text.trim().split(/\s+/);
  if (words.length === 1) return spanOf(words[0] ?? "");
  if (words.length !== 2) throw new InvalidArgumentError(`write it as 'mon-fri 08:00-18:00', not '${text}'`);
  return { days: daysOf(words[0] ?? ""), ...spanOf(words[1] ?? "") };
}

/** `2026-12-24`, `12-24..12-26` */
export function datesOf(text: string): Dates {
  const [, from, to] = /^((?:\d{4}-)?\d\d-\d\d)(?:\.\.((?:\d{4}-)?\d\d-\d\d))?$/.exec(text) ?? [];
  if (from === undefined)
    throw new InvalidArgumentError(
      `write dates as 2026-12-24, 12-24 (every year) or 12-24..12-26, not '${text}'`,
    );
  return to === undefined ? { from } : { from, to };
}

type OwnDay = NonNullable<CalendarInput["days"]>[number];

/** `12-24 08:00-12:00 Christmas Eve`, `12-27..12-31 between the years` */
export function ownDayOf(text: string): OwnDay {
  const [dates = "", ...words] = text.trim().split(/\s+/);
  const isSpan = (word: string) => /^\d\d:/.test(word);
  const name = words.filter((word) => !isSpan(word)).join(" ");
  return { ...datesOf(dates), name, hours: words.filter(isSpan).map(spanOf) };
}

/** For options that may be repeated. */
export const each =
  <T>(read: (text: string) => T) =>
  (text: string, before: T[] = []): T[] => [...before, read(text)];
