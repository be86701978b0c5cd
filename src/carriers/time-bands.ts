/** Times of the week in which a price holds: `mon-fri 08:00-18:00`, `sat,sun`, several with `;` between them. */

const days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const minutesPerDay = 24 * 60;
const minutesPerWeek = 7 * minutesPerDay;

/** Minutes of the week, Monday 00:00 = 0: from (included) to (not included). */
export type Span = readonly [from: number, to: number];

function dayOf(text: string): number {
  const day = days.indexOf(text.slice(0, 3));
  if (day < 0) throw new Error(`'${text}' is no day of the week (mon, tue, …)`);
  return day;
}

/** Days of the week, Monday = 0: `mon-fri`, `sat,sun`, `fri-mon`; empty or `all`: every day. Pure. @throws Error */
export function daysOf(text: string): number[] {
  const plain = text.trim().toLowerCase();
  if (plain === "" || plain === "all" || plain === "daily") return days.map((_, day) => day);
  return [
    ...new Set(
      plain.split(/\s*[,+/]\s*/).flatMap((part) => {
        const [from = 0, to = from] = part.split(/\s*-\s*/).map(dayOf);
        return Array.from({ length: ((to - from + 7) % 7) + 1 }, (_, index) => (from + index) % 7);
      }),
    ),
  ];
}

function minuteOf(text: string): number {
  const match = /^(\d{1,2})(?::?(\d{2}))?(?::\d{2})?$/.exec(text);
  const minute = Number(match?.[1]) * 60 + Number(match?.[2] ?? 0);
  if (!match || minute > minutesPerDay || Number(match[2] ?? 0) > 59)
    throw new Error(`'${text}' is no time such as 08:00`);
  return minute;
}

/** The spans of `hours` (`08:00-18:00`, over midnight `18:00-08:00`; empty: the whole day) on these days. Pure. @throws Error */
export function spansOf(onDays: readonly number[], hours: string): Span[] {
  const [begin = "0:00", end = "24:00", more] = hours.trim() === "" ? [] : hours.trim().split(/\s*-\s*/);
  if (more !== undefined) throw new Error(`'${hours}' are no hours such as 08:00-18:00`);
  const [from, until] = [minuteOf(begin), minuteOf(end)];
  const length = until > from ? until - from : until - from + minutesPerDay;
  return onDays.flatMap((day): Span[] => {
    const start = day * minutesPerDay + from;
    const over = start + length - minutesPerWeek;
    return over > 0
      ? [
          [start, minutesPerWeek],
          [0, over],
        ]
      : [[start, start + length]];
  });
}

/** A band as one text. Pure. @throws Error that says what is wrong with it */
export function bandOf(text: string): Span[] {
  return text.split(";").flatMap((part) => {
    const [, onDays = "", hours = ""] = /^\s*([a-z,+/\s-]*?)\s*(\d[\d:\s-]*)?$/i.exec(part) ?? [];
    if (onDays === "" && hours === "") throw new Error(`'${text}' is no time such as 'mon-fri 08:00-18:00'`);
    return spansOf(daysOf(onDays), hours);
  });
}

export const inSpans = (spans: readonly Span[], minute: number): boolean =>
  spans.some(([from, to]) => minute >= from && minute < to);

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat("en-GB", {
      timeZone: zone,
      hourCycle: "h23",
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
    });
    formats.set(zone, format);
  }
  return format;
}

const quarter = 15 * 60_000;
/** Offsets change on a quarter of an hour only; asking Intl takes microseconds. */
const offsets = new Map<string, { at: number; offset: number }>();

/** What a zone's clocks are ahead of UTC at a moment, ms. @throws RangeError for an unknown zone */
function offsetOf(zone: string, ms: number): number {
  if (zone === "UTC") return 0;
  const at = Math.floor(ms / quarter) * quarter;
  const known = offsets.get(zone);
  if (known?.at === at) return known.offset;
  const part = new Map(
    formatOf(zone)
      .formatToParts(at)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const [year = 0, month = 0, day = 0] = [part.get("year"), part.get("month"), part.get("day")];
  const local = Date.UTC(year, month - 1, day, part.get("hour") ?? 0, part.get("minute") ?? 0);
  const offset = local - at;
  offsets.set(zone, { at, offset });
  return offset;
}

/** The minute of the week on a zone's clocks, Monday 00:00 = 0. @param ms Unix time */
export function minuteOfWeek(zone: string, ms: number): number {
  // 1970-01-01 was a Thursday.
  const minute = Math.floor((ms + offsetOf(zone, ms)) / 60_000) + 3 * minutesPerDay;
  return minute % minutesPerWeek;
}

/** When a zone's clocks show this time; of one that they show twice the first. @param local as if it were UTC, ms */
export function instantIn(zone: string, local: number): number {
  const early = local - offsetOf(zone, local - 12 * 3_600_000);
  if (early + offsetOf(zone, early) === local) return early;
  return local - offsetOf(zone, local - offsetOf(zone, local));
}
