import { z } from "zod";
import type { DeskOrder, FeatureOrder } from "../directory/code-schema.ts";
import { entityName } from "../directory/names-schema.ts";

/** Actions of rules that leave the decision to somebody else. What is answered: call/answer.ts. */

const webAddress = z
  .url({ protocol: /^https?$/, error: "must be a http:// or https:// address" })
  .max(512)
  .refine((text) => new URL(text).username === "", "must not contain a user or a password");

export const scriptActionSchema = z.strictObject({
  type: z.literal("script"),
  script: entityName.describe("a script of that name decides (/v1/scripts)"),
});

export const askActionSchema = z.strictObject({
  type: z.literal("ask"),
  url: webAddress.describe(
    "a web application of your own decides: the question is sent there by POST, signed",
  ),
  fallback_url: webAddress
    .optional()
    .describe("asked when the first does not answer with a decision in half of the time"),
  deadline_ms: z
    .int()
    .min(50)
    .max(4000)
    .default(1000)
    .describe("for both together; after that its last answer for this caller, else the next rule, decides"),
});

/** Somebody else is to decide a call, by the rule of this name; or a user dialled an order, which is carried out before the answer. */
export interface Consultation {
  rule: string;
  action: z.infer<typeof scriptActionSchema> | z.infer<typeof askActionSchema> | FeatureOrder | DeskOrder;
}
