import { z } from "zod";

/** Times of day, days of the week and dates, as people write them; always by the clock on the wall of some time zone. */

/** Monday first (ISO 8601). */
export const weekdays = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
export type Weekday = (typeof weekdays)[number];

const begin = z
  .string()
  .regex(/^([01][0-9]|2[0-3]):[0-5][0-9]$/, "must be a time of day from 00:00 to 23:59, such as 08:30");
const end = z
  .string()
  .regex(/^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$/, "must be a time of day from 00:00 to 24:00");

const span = z.strictObject({
  from: begin,
  to: end.describe("not included; before `from`: on the next day"),
});
const differ = ({ from, to }: { from: string; to: string }) => from !== to;
const mustDiffer = { message: "must not be the same as from: a whole day is 00:00 to 24:00", path: ["to"] };

export const spanSchema = span.refine(differ, mustDiffer);
export type Span = z.infer<typeof spanSchema>;

export const windowSchema = span
  .extend({ days: z.array(z.enum(weekdays)).min(1).max(7).optional().describe("missing: every day") })
  .refine(differ, mustDiffer);
export type Window = z.infer<typeof windowSchema>;

const inYear = /^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$/;

/** 2026-12-24, or 12-24 for every year. */
export const dateSchema = z
  .string()
  .refine(
    (text) => z.iso.date().safeParse(inYear.test(text) ? `2024-${text}` : text).success,
    "must be a date such as 2026-12-24, or 12-24 for every year",
  );

export const dates = {
  from: dateSchema,
  to: dateSchema.optional().describe("included; missing: that one day"),
};

/** The end of days is written as their beginning is, and not before it. */
export function checkDates(
  { from, to }: { from: string; to?: string | undefined },
  { addIssue }: z.RefinementCtx,
): void {
  if (to === undefined) return;
  const wrong = (message: string) => addIssue({ code: "custom", message, path: ["to"] });
  if (to.length !== from.length) wrong("must be written as from is: both with a year, or both without");
  else if (from.length > 5 && to < from) wrong("must not be before from");
}

export const datesSchema = z.strictObject(dates).superRefine(checkDates);
export type Dates = z.infer<typeof datesSchema>;
