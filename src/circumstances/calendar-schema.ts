import { z } from "zod";
import { entityName } from "../directory/names-schema.ts";
import { checkDates, dateSchema, dates, spanSchema, windowSchema } from "../directory/time-schema.ts";
import { countryCode, timeZone } from "../numbering/site-schema.ts";

/** Calendars: when somebody is there. */

const holidayKinds = ["public", "bank", "school", "optional", "observance"] as const;

export const calendarSchema = z.strictObject({
  name: entityName,
  description: z.string().max(256).default(""),
  time_zone: timeZone,
  hours: z.array(windowSchema).max(64).default([]).describe("open then, on days that are not special"),
  country: countryCode.optional().describe("its holidays are closed days"),
  region: z
    .string()
    .regex(/^[A-Z0-9]{1,3}(-[A-Z0-9]{1,4})?$/, "must be a region such as BW, or BW-A")
    .optional()
    .describe("of the country, as the library of holidays calls it"),
  holiday_kinds: z.array(z.enum(holidayKinds)).min(1).default(["public"]),
  except: z
    .array(z.string().min(1).max(64))
    .max(64)
    .default([])
    .describe("holidays that are none here: names, or dates such as 2026-10-31 or 10-31"),
  days: z
    .array(
      z
        .strictObject({
          ...dates,
          name: z.string().max(64).default(""),
          hours: z.array(spanSchema).max(8).default([]).describe("open then; none: closed all day"),
        })
        .superRefine(checkDates),
    )
    .max(1000)
    .default([])
    .describe("days of its own, which go before holidays and hours"),
  holidays: z
    .array(z.strictObject({ date: dateSchema, name: z.string() }))
    .default([])
    .describe("of the country, for this year and nine more: found when the calendar is set"),
});
export type Calendar = z.infer<typeof calendarSchema>;
export type CalendarInput = z.input<typeof calendarSchema>;
