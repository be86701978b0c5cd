import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { z } from "zod";
import { Problem } from "../http/problems.ts";
import type { Calendar } from "./calendar-schema.ts";

const answerSchema = z.union([
  z.object({ fault: z.string() }),
  z.object({ holidays: z.array(z.object({ date: z.string(), name: z.string() })) }),
]);

/** This year and so many more in all; later the calendar is to be set again. */
const years = 10;

/** The calendar with the holidays of its country. @throws Problem for a country or region that nobody knows */
export async function withHolidays(calendar: Calendar): Promise<Calendar> {
  const { country, region, holiday_kinds: kinds } = calendar;
  if (country === undefined) return { ...calendar, holidays: [] };
  const from = new Date().getUTCFullYear();
  const worker = new Worker(new URL("./holidays-worker.ts", import.meta.url), {
    workerData: { country, region, kinds, from, years },
  });
  const [message] = await once(worker, "message");
  const answer = answerSchema.parse(message);
  await worker.terminate();
  if ("holidays" in answer) return { ...calendar, holidays: answer.holidays };
  throw new Problem("invalid-request", answer.fault, [
    { path: region === undefined ? "/country" : "/region", message: answer.fault },
  ]);
}
