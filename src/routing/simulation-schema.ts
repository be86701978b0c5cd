import { z } from "zod";
import { decisionSchema, serviceMethods } from "../call/contract.ts";
import { numberClass } from "../numbering/site-schema.ts";

/** Asking what would happen to a call. */

export const simulateQuery = z.object({
  number: z.string().min(1).max(512).describe("the dialled number"),
  from: z.string().max(512).default("anonymous").describe("the caller's number"),
  user: z.string().max(512).optional().describe("the user that authenticated"),
  source: z.string().max(64).default("0.0.0.0").describe("the address that the call comes from"),
  at: z.iso.datetime({ offset: true }).optional().describe("the time of the call; default: now"),
  draft: z.string().max(64).optional().describe("as if this draft were published"),
  unregistered: z
    .string()
    .max(2000)
    .optional()
    .describe("users without a registered telephone, with commas between them; the others have one"),
  calls: z.coerce.number().int().min(0).optional().describe("so many are in progress; default: as it is"),
  overloaded: z.literal("true").optional().describe("as if the node had more calls than it can carry"),
  method: z.enum(serviceMethods).optional().describe("of a request outside of a call; default: a call"),
  call_id: z.string().min(1).max(512).default("simulation").describe("by which a share of calls is drawn"),
});

export const explanationSchema = z.object({
  decision: decisionSchema,
  /** What the numbers mean at the site that the call comes from; missing: there are no sites. */
  meant: z
    .object({
      site: z.string(),
      number: z.string(),
      class: numberClass,
      country: z.string().optional(),
      caller: z.string(),
    })
    .optional(),
  /** Where the call goes to carriers: in the order in which they are asked, then those that are not. */
  carriers: z
    .array(
      z.object({
        carrier: z.string(),
        asked: z.boolean(),
        cost: z.string().nullable().describe("in the money that prices are compared in; null: not known"),
        why: z.string(),
      }),
    )
    .optional(),
  /** In the order in which they were looked at; `chosen` decided, `passed over` did not hold, `shadowed` came later. */
  considered: z.array(
    z.object({
      candidate: z.string(),
      verdict: z.enum(["chosen", "passed over", "shadowed"]),
      why: z.string(),
    }),
  ),
});
export type Explanation = z.infer<typeof explanationSchema>;
