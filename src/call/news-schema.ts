import { z } from "zod";
import { tagsSchema } from "./contract.ts";

/** What people's programs are told of calls: a state, and each thing that happened. */

export const callStates = ["trying", "ringing", "answered", "ended"] as const;

const time = z.iso.datetime({ offset: true });

export const callStatusSchema = z.object({
  id: z.string().describe("the call record's: /v1/records/ID"),
  call_id: z.string(),
  state: z.enum(callStates).describe("as far as it is known when this is told: it may be ahead of the event"),
  from: z.string(),
  to: z.string(),
  number: z.string().describe("the number or name that was called"),
  user: z.string().describe("the caller, if it authenticated"),
  target: z.string().describe("where it was answered or tried last"),
  carrier: z.string().describe("the carrier that answered or was tried last, or empty"),
  rule: z.string(),
  tags: tagsSchema,
  node: z.string().describe("the node that took the call"),
  started_at: time,
  answered_at: time.nullable(),
  ended_at: time.nullable(),
  duration_ms: z.int().nullable().describe("from answer to end"),
  outcome: z.string(),
  code: z.int().describe("final SIP status; 0: none yet"),
});
export type CallStatus = z.infer<typeof callStatusSchema>;

export const newsTypes = [
  "call.started",
  "call.ringing",
  "call.answered",
  "call.attempt-failed",
  "call.transferred",
  "call.ended",
] as const;
export type NewsType = (typeof newsTypes)[number];

export const newsSchema = z.object({
  id: z.string().describe("the event's own, for good: what is told twice has the same"),
  type: z.enum(newsTypes),
  time,
  node: z.string().describe("the node that saw it"),
  code: z.int().describe("SIP status, where it has one"),
  target: z.string(),
  call: callStatusSchema,
});
export type News = z.infer<typeof newsSchema>;
