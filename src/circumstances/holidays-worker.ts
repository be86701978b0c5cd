import { parentPort, workerData } from "node:worker_threads";
import Holidays, { type HolidaysTypes } from "date-holidays";
import { z } from "zod";

/**
 * Finds holidays, in a thread of its own: the library takes a quarter of a second to load and to reckon, and calls are decided
 * meanwhile. Answers with {holidays} or {fault}.
 */
const asked = z.object({
  country: z.string(),
  region: z.string().optional(),
  kinds: z.array(z.string()),
  from: z.int(),
  years: z.int(),
});
const { country, region, kinds, from, years } = asked.parse(workerData);

const dayMs = 86_400_000;

/** The days of whose noon a holiday is: some begin in the evening. Dates as in that country. */
function daysOf({ date, start, end, name }: HolidaysTypes.Holiday): { date: string; name: string }[] {
  const begins = Date.parse(`${date.slice(0, 10)}T${date.slice(11, 16) || "00:00"}Z`);
  const ends = begins + end.getTime() - start.getTime();
  const days = [];
  for (let noon = Math.floor(begins / dayMs) * dayMs + dayMs / 2; noon < ends + dayMs / 2; noon += dayMs)
    if (begins <= noon && noon < ends) days.push({ date: new Date(noon).toISOString().slice(0, 10), name });
  return days;
}

function answer() {
  const regions = new Holidays().getStates(country);
  if (!(country in new Holidays().getCountries())) return { fault: `no holidays are known of ${country}` };
  const [state = "", part] = (region ?? "").split("-");
  if (state !== "" && !(regions && state in regions))
    return {
      fault: `${country} has no region ${state}; it has ${Object.keys(regions ?? {}).join(", ") || "none"}`,
    };
  const one = part === undefined ? new Holidays(country, state) : new Holidays(country, state, part);
  const found = Array.from({ length: years }, (_, at) => one.getHolidays(from + at)).flat();
  return { holidays: found.filter(({ type }) => kinds.includes(type)).flatMap(daysOf) };
}

parentPort?.postMessage(answer());
