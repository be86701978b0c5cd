import { z } from "zod";
import { tagsSchema } from "../call/contract.ts";
import { callStatusSchema } from "../call/news-schema.ts";
import { dialString, entityName } from "../directory/names-schema.ts";

/** Click-to-dial: a program has A's telephone ring, and when A answers it calls B. */

export const dialInputSchema = z.strictObject({
  from: dialString.describe("A: a user, or a number that rings one; its telephones ring"),
  to: dialString.describe("B: a number or name, as A would dial it; A's rights decide whether it may"),
  shown_to_a: dialString.optional().describe("the number that A's telephone shows; default: B's"),
  shown_to_b: dialString
    .optional()
    .describe("the number that B is shown; default: as the rules say for A's calls"),
  record: z.boolean().default(false).describe("record the conversation; otherwise the rules decide"),
  wait_ms: z.int().min(5000).max(120_000).default(30_000).describe("A's telephones ring for so long"),
  tags: tagsSchema.default({}).describe("for both calls' records and events, with the tag `dial`: the id"),
});
export type DialInput = z.infer<typeof dialInputSchema>;

/**
 * waiting: nothing was done yet. calling: A's telephones ring. answered: A has answered. referring: A's telephone calls B.
 * connected: B has answered; from now on it is a call as any other.
 */
export const openStates = ["waiting", "calling", "answered", "referring"] as const;
export const dialStates = [...openStates, "connected", "failed", "cancelled"] as const;
export type DialState = (typeof dialStates)[number];

/** What is kept of one. */
export const dialBodySchema = dialInputSchema.extend({ user: entityName });

export const dialSchema = dialInputSchema.extend({
  id: z.uuid(),
  user: z.string().describe("A"),
  state: z.enum(dialStates),
  code: z.int().describe("SIP status of what failed; 0: none"),
  why: z.string().describe("what failed, in words"),
  node: z.string().describe("the node that carries it out"),
  created_at: z.iso.datetime(),
  changed_at: z.iso.datetime(),
});
export type Dial = z.infer<typeof dialSchema>;

export const dialWithCallsSchema = dialSchema.extend({
  calls: z
    .array(callStatusSchema)
    .describe("the call to A (of the user _dialer) and A's call to B, as far as they are known"),
});
export type DialWithCalls = z.infer<typeof dialWithCallsSchema>;
