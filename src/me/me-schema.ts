import { z } from "zod";
import { featuresSchema } from "../directory/features-schema.ts";
import { dialString } from "../directory/names-schema.ts";
import { callRecordSchema } from "../records/call-record.ts";

/** What somebody who is logged in sees and changes of its own telephone. docs/people.md, "One's own page" */

/** What is its own to set. Whom it may call, how many calls at a time, whose calls it may take: operators set that. */
export const ownFeaturesSchema = featuresSchema.pick({
  forward: true,
  dnd: true,
  also_ring: true,
  anonymous: true,
  callers: true,
  phones: true,
  hide_caller: true,
});
export type OwnFeatures = z.infer<typeof ownFeaturesSchema>;

export const meSchema = z.object({
  name: z.string().describe("the telephone user"),
  display: z.string(),
  numbers: z.array(z.string()).describe("numbers that ring here"),
  groups: z.array(z.string()).describe("ring groups that it is a member of"),
  features: ownFeaturesSchema,
  set_for_you: featuresSchema
    .pick({ pickup: true, max_calls: true, may_call: true })
    .describe("what operators have set"),
  recordings: z
    .boolean()
    .describe("it may hear the recordings of its own calls (cluster.yaml, recording.own)"),
});
export type Me = z.infer<typeof meSchema>;

const time = z.iso.datetime({ offset: true });

export const ownCallSchema = z.object({
  id: callRecordSchema.shape.id,
  direction: z.enum(["out", "in"]),
  with: z.string().describe("the other side: number or name"),
  started_at: time,
  answered_at: time.nullable(),
  duration_ms: z.int().nullable(),
  outcome: callRecordSchema.shape.outcome,
  recording: z.boolean().describe("there is one, and it may be heard"),
});
export type OwnCall = z.infer<typeof ownCallSchema>;

export const ownCallsQuery = z.object({
  after: z
    .string()
    .regex(/^[0-9a-f]{32}$/, "must be the id of a call")
    .optional()
    .describe("the last one of the page before"),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});

export const contactSchema = z.object({
  name: z.string(),
  display: z.string(),
  numbers: z.array(z.string()),
});

export const ownDialSchema = z.strictObject({
  to: dialString.describe("a number or name, as it would be dialled"),
});
