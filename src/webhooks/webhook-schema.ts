import { z } from "zod";
import { newsTypes } from "../call/news-schema.ts";
import { entityName } from "../directory/names-schema.ts";

/** Webhooks: addresses of people's own programs that are told what happens to calls. */

const webAddress = z
  .url({ protocol: /^https?$/, error: "must be a http:// or https:// address" })
  .max(512)
  .refine((text) => new URL(text).username === "", "must not contain a user or a password");

/** Which calls somebody wants to hear of: everything that is named must hold. */
export const callFilterSchema = z.strictObject({
  user: entityName.optional().describe("the caller that authenticated"),
  number: z
    .string()
    .regex(/^\+?[A-Za-z0-9#_.~-]{1,64}\*?$/, "must be a number, with * at its end for all that begin so")
    .optional()
    .describe("the called number, or what it begins with"),
  carrier: entityName.optional().describe("the carrier that answered or was tried last"),
  rule: z.string().max(64).optional().describe("the rule that decided"),
  tag: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9_-]{0,31}=.{0,64}$/, "must be NAME=VALUE")
    .optional()
    .describe("a tag that a decision noted, NAME=VALUE"),
});
export type CallFilter = z.infer<typeof callFilterSchema>;

export const webhookSchema = z.strictObject({
  name: entityName,
  url: webAddress.describe("told by POST, signed (Standard Webhooks); 2xx: taken"),
  fallback_url: webAddress.optional().describe("told when the first does not take it"),
  events: z
    .array(z.enum(newsTypes))
    .min(1)
    .default(["call.started", "call.answered", "call.ended"])
    .describe("what it is told of; call.ringing makes one more event of each call of the whole service"),
  filter: callFilterSchema.default({}),
  deadline_ms: z
    .int()
    .min(100)
    .max(30_000)
    .default(5000)
    .describe("an address that takes longer has not taken it"),
  enabled: z
    .boolean()
    .default(true)
    .describe("false: told nothing, and what happens meanwhile is never told"),
  description: z.string().max(256).default(""),
});
export type Webhook = z.infer<typeof webhookSchema>;

/** How a webhook does, as the database knows it. */
export const deliveriesSchema = z.object({
  webhook: z.string(),
  behind: z.int().describe("transactions of the ledger that it has not been told of"),
  delivered: z.int(),
  delivered_at: z.iso.datetime().nullable(),
  failing_since: z.iso.datetime().nullable(),
  failure: z.string().describe("the newest, in words"),
  given_up: z.int().describe("events that it did not take within a day"),
  waiting: z
    .array(
      z.object({
        id: z.string(),
        at: z.iso.datetime().describe("when it happened"),
        attempts: z.int(),
        next_at: z.iso.datetime().nullable().describe("null: given up"),
        failure: z.string(),
      }),
    )
    .describe("events that it has not taken, the newest 100"),
});
export type Deliveries = z.infer<typeof deliveriesSchema>;

/** What became of a test. */
export const testedSchema = z.object({
  taken: z.boolean(),
  attempts: z.array(z.object({ url: z.string(), answer: z.string(), ms: z.int() })),
});
