/** Moments for people: one zone (UTC) in all that is shown, and everything that is shown can be typed back. Pure. */

const form =
  /^(?:(\d{4})-(\d{2})-(\d{2})(?:[T ]+|$))?(?:(\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)? ?(Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?$/i;

const zoneMs = (zone: string): number => {
  const [, sign, hours, minutes = "0"] = /^([+-])(\d{2}):?(\d{2})?$/.exec(zone) ?? [];
  return hours === undefined ? 0 : (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
};

const dayMs = 86_400_000;

/**
 * A date, a time, or both, with or without a zone: `2026-11-21 10:00:00.123`, `2026-11-21T10:00+01:00`, `2026-11-21`,
 * `10:00`. Without a zone it is UTC; without a date it is the last such time of day. Second 60 (RFC 3339 5.7) is the
 * first of the next minute. Undefined: it is no such thing, or no such day or time exists.
 * @param now Unix time in milliseconds
 */
export function parseMoment(text: string, now: number): number | undefined {
  const found = form.exec(text.trim());
  if (!found) return undefined;
  const [, year, month, day, hour, minute = "0", second = "0", fraction = "", zone = "Z"] = found;
  if (year === undefined && hour === undefined) return undefined;
  if (Number(hour ?? 0) > 23 || Number(minute) > 59 || Number(second) > 60) return undefined;
  const inDay =
    (Number(hour ?? 0) * 60 + Number(minute)) * 60_000 +
    Number(second) * 1000 +
    Number(fraction.padEnd(3, "0").slice(0, 3)) -
    zoneMs(zone);
  if (year === undefined) {
    const today = Math.floor(now / dayMs) * dayMs;
    // A zone can put it into tomorrow or yesterday.
    return [1, 0, -1, -2].map((days) => today + days * dayMs + inDay).find((moment) => moment <= now);
  }
  const midnight = Date.UTC(Number(year), Number(month) - 1, Number(day));
  const asked = `${year}-${month}-${day}`;
  return new Date(midnight).toISOString().slice(0, 10) === asked ? midnight + inDay : undefined;
}

/** `2026-11-21 10:00:00.123`, for columns whose head says UTC. @param digits after the seconds: 0 to 3 */
export const utc = (moment: number | string, digits = 3): string =>
  new Date(moment)
    .toISOString()
    .replace("T", " ")
    .slice(0, digits === 0 ? 19 : 20 + digits);

/** The same with its zone: `2026-11-21 10:00:00.123Z`. */
export const utcMoment = (moment: number | string, digits = 3): string => `${utc(moment, digits)}Z`;

/** `10:00:00.123Z` */
export const utcTime = (moment: number | string, digits = 3): string => utcMoment(moment, digits).slice(11);
