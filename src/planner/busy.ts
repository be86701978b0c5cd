/** Weekly hours in which a service earns money: "Mon-Fri 08:30-17:30, Sat 09:00-13:00" or "always". */

const days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const MINUTES_PER_WEEK = 10_080;

/** One flag for each minute of the week, beginning Monday 00:00, as a running sum: `sum[m]` = busy minutes before m. */
export interface Busy {
  text: string;
  sum: Uint16Array;
  /** Busy part of the week, 0 to 1. */
  share: number;
}

/** @throws Error that says what to write instead. */
export function parseBusy(text: string): Busy {
  const flags = new Uint8Array(MINUTES_PER_WEEK);
  const wrong = (piece: string) =>
    new Error(`'${piece}' are not weekly hours; write "Mon-Fri 08:30-17:30" or "always"`);
  for (const piece of text.trim() === "always" ? ["Mon-Sun 00:00-24:00"] : text.split(",")) {
    const match =
      /^\s*([A-Z][a-z]{2})(?:\s*-\s*([A-Z][a-z]{2}))?\s+(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})\s*$/.exec(
        piece,
      );
    if (!match) throw wrong(piece.trim());
    const first = days.indexOf(match[1] ?? "");
    const last = match[2] === undefined ? first : days.indexOf(match[2]);
    const [from, to] = [Number(match[3]) * 60 + Number(match[4]), Number(match[5]) * 60 + Number(match[6])];
    if (first < 0 || last < first || to <= from || to > 1440) throw wrong(piece.trim());
    for (let day = first; day <= last; day++) flags.fill(1, day * 1440 + from, day * 1440 + to);
  }
  const sum = new Uint16Array(MINUTES_PER_WEEK + 1);
  for (let minute = 0; minute < MINUTES_PER_WEEK; minute++)
    sum[minute + 1] = (sum[minute] ?? 0) + (flags[minute] ?? 0);
  return { text, sum, share: (sum[MINUTES_PER_WEEK] ?? 0) / MINUTES_PER_WEEK };
}

/** Busy minutes from the beginning of time (a Monday, 00:00) until `hours`; the difference of two is a span's share. */
export function busyMinutes(busy: Busy, hours: number): number {
  const minutes = hours * 60;
  // `| 0` instead of Math.floor: 40 million years of weeks fit, and this runs for every simulated outage.
  const weeks = (minutes * (1 / MINUTES_PER_WEEK)) | 0;
  const within = minutes - weeks * MINUTES_PER_WEEK;
  const index = Math.min(within | 0, MINUTES_PER_WEEK - 1);
  const before = busy.sum[index] ?? 0;
  const step = (busy.sum[index + 1] ?? 0) - before;
  return weeks * (busy.sum[MINUTES_PER_WEEK] ?? 0) + before + step * (within - index);
}
