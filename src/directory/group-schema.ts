import { z } from "zod";
import { destinationSchema } from "./features-schema.ts";
import { entityName } from "./names-schema.ts";

/** Ring groups: several users under one name. */

export const groupStrategies = [
  "together",
  "in-turn",
  "round-robin",
  "by-weight",
  "longest-idle",
  "by-skill",
] as const;

/** Who is in a call, and since when not, matters. Pure. */
export const isByIdle = (strategy: string | undefined): boolean =>
  strategy === "longest-idle" || strategy === "by-skill";

export const groupSchema = z.strictObject({
  name: entityName.describe("also what is dialled; no user may have it"),
  description: z.string().max(256).default(""),
  strategy: z
    .enum(groupStrategies)
    .default("together")
    .describe(
      "together: all at once. in-turn: as they are listed. round-robin: the next call begins with the next. by-weight: each call in another order, those with more weight earlier more often. longest-idle: who has been in no call for the longest time first. by-skill: who has the most weight first, of several the longest idle",
    ),
  members: z
    .array(
      z.strictObject({
        user: entityName,
        weight: z
          .int()
          .min(1)
          .max(100)
          .default(1)
          .describe("by-weight: how often it comes first, to the others. by-skill: how good it is"),
        delay_s: z
          .int()
          .min(0)
          .max(60)
          .optional()
          .describe("together: rings so many seconds later, if nobody has answered by then"),
      }),
    )
    .min(1)
    .max(14),
  ring_s: z.int().min(3).max(180).default(20).describe("so long each, or all together"),
  overflow: destinationSchema.optional().describe("where the call goes when nobody takes it"),
});
export type Group = z.infer<typeof groupSchema>;
