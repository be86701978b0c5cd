import { z } from "zod";

/** What happened on all hosts, in one order, grouped to incidents: GET /v1/timeline. */

const moment = z.iso.datetime({ offset: true });

const entrySchema = z.object({
  at: moment.describe("on the clock of the node that is asked"),
  within_ms: z.int().nullable().describe("how far that may be off; null: not known"),
  host: z.string(),
  kind: z.string(),
  subject: z.string(),
  text: z.string(),
});

export const timelineSchema = z.object({
  since: moment,
  sources: z.array(
    z.object({
      host: z.string(),
      from: z.enum(["itself", "copy", "nobody"]),
      problem: z.string().nullable(),
      entries: z.int(),
    }),
  ),
  notes: z.array(z.string()).describe("what could not be looked up"),
  incidents: z
    .array(
      z.object({
        begin: moment,
        end: moment.nullable().describe("null: it is not over"),
        cause: entrySchema,
        without_holder_ms: z.int().nullable().describe("null: nobody holds the address yet"),
        calls: z.object({ failed: z.int(), cut_off: z.int(), moved_on: z.int() }),
        drills: z.array(z.object({ kind: z.string(), passed: z.boolean(), started_by: z.string() })),
        entries: z.array(entrySchema),
      }),
    )
    .describe("newest first"),
  entries: z.array(entrySchema).describe("the newest 2000, newest first"),
});

export const alertsShownSchema = z.object({
  alerts: z.array(
    z.object({
      key: z.string(),
      severity: z.enum(["critical", "warning"]),
      title: z.string(),
      text: z.string(),
      since: moment,
      told: z.boolean(),
    }),
  ),
});

export const alertTestSchema = z.object({
  channels: z.array(
    z.object({ channel: z.string(), problem: z.string().nullable().describe("null: it was delivered") }),
  ),
});
