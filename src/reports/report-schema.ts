import { z } from "zod";

/** Reports of calls: GET /v1/reports/calls. */

const moment = z.iso.datetime({ offset: true });

export const reportQuery = z.object({
  since: moment.optional().describe("default: 7 days ago; the hour that it is in counts as a whole"),
  until: moment.optional().describe("default: now"),
  by: z
    .enum(["hour", "day", "number", "user", "carrier", "rule", "node"])
    .default("hour")
    .describe("hours of at most 92 days back"),
  time_zone: z.string().max(64).default("UTC").describe("whose days, with by=day: an IANA time zone"),
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(1000)
    .default(100)
    .describe("so many numbers, users, …: those with most calls"),
});
export type ReportQuery = z.infer<typeof reportQuery>;

const figures = {
  calls: z.int(),
  answered: z.int(),
  busy: z.int(),
  no_answer: z.int(),
  cancelled: z.int(),
  failed: z.int().describe("over without an answer, for another reason than these three"),
  trying: z.int().describe("not answered and not over yet"),
  answer_seizure_ratio: z
    .number()
    .nullable()
    .describe("answered of those that are not `trying`, 0 to 1; null: none"),
  talk_seconds: z.int(),
  average_talk_seconds: z.number().nullable().describe("of those that were answered"),
  average_wait_seconds: z.number().nullable().describe("from the beginning to the answer"),
};

export const reportSchema = z.object({
  since: moment.describe("the hour that it begins with"),
  until: moment,
  by: reportQuery.shape.by,
  rows: z.array(
    z.object({
      key: z
        .string()
        .describe(
          "the moment an hour or a day begins, or the value; `*`: the rest; empty: calls without one",
        ),
      ...figures,
      peak: z.int().nullable().describe("calls at a time, at most (seen every 15 s); by hour and day only"),
      average: z.number().nullable().describe("calls at a time, on average; by hour and day only"),
    }),
  ),
  total: z.object(figures),
  behind: z.int().describe("hours whose records changed since they were counted: at most some minutes"),
});
export type Report = z.infer<typeof reportSchema>;
