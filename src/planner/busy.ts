/** Weekly hours in which a service earns money: "Mon-Fri 08:30-17:30, Sat 09:00-13:00" or "always". */

const days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const MINUTES_PER_WEEK = 10_080;

/** A running sum over equal slots of the week, beginning Monday 00:00: `sum[n]` = busy minutes before slot n. */
export interface Busy {
  text: string;
  sum: Float64Array;
  /** Slots per hour: as few as the hours allow, since the simulation looks here for every outage. */
  slotsPerHour: number;
  /** Busy part of the week, 0 to 1. */
  share: number;
}

/** @throws Error that says what to write instead. */
export function parseBusy(text: string): Busy {
  const flags = new Uint8Array(MINUTES_PER_WEEK);
  const edges: number[] = [];
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
    edges.push(from, to);
    for (let day = first; day <= last; day++) flags.fill(1, day * 1440 + from, day * 1440 + to);
  }
  // The widest slot that begins and ends with all spans; within a slot nothing changes.
  const slot = [60, 30, 15, 10, 5, 1].find((width) => edges.every((edge) => edge % width === 0)) ?? 1;
  const slots = MINUTES_PER_WEEK / slot;
  const sum = new Float64Array(slots + 1);
  for (let index = 0; index < slots; index++)
    sum[index + 1] = (sum[index] ?? 0) + slot * (flags[index * slot] ?? 0);
  return { text, sum, slotsPerHour: 60 / slot, share: (sum[slots] ?? 0) / MINUTES_PER_WEEK };
}

const HOURS_PER_WEEK = 168;

/** Busy minutes from the beginning of time (a Monday, 00:00) until `hours`; the difference of two is a span's share. */
export function busyMinutes({ sum, slotsPerHour }: Busy, hours: number): number {
  // `| 0` instead of Math.floor: this runs for every simulated outage, and 40 million years of weeks fit.
  const weeks = (hours * (1 / HOURS_PER_WEEK)) | 0;
  const place = (hours - weeks * HOURS_PER_WEEK) * slotsPerHour;
  const last = sum.length - 1;
  const index = Math.min(place | 0, last - 1);
  const before = sum[index] ?? 0;
  return weeks * (sum[last] ?? 0) + before + ((sum[index + 1] ?? 0) - before) * (place - index);
}
