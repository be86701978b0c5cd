import { z } from "zod";
import { tagsSchema } from "../call/contract.ts";
import { interruptionSchema } from "./move-schema.ts";

/** A call record: one per call leg (Call-ID and From tag of the INVITE), built from the call's events. */

export const outcomes = [
  "in_progress",
  "answered",
  "busy",
  "no_answer",
  "cancelled",
  "not_found",
  "rejected",
  "redirected",
  "failed",
  "unknown",
] as const;

/**
 * `bye`: its end was seen. `failed`: a final answer other than 2xx. `media-timeout`: neither side was heard any more, so
 * the service ended the call. `estimated`: no end came; see `note`.
 */
export const closings = ["bye", "failed", "media-timeout", "estimated"] as const;

/** `recording`: the call goes on. `pending`: it is being made. `missing`: it should exist and does not. */
export const recordingStatuses = ["recording", "pending", "ready", "failed", "missing", "deleted"] as const;

const time = z.iso.datetime({ offset: true });

export const callRecordSchema = z.object({
  id: z.string().describe("32 hexadecimal digits, derived from call_id and from_tag"),
  call_id: z.string(),
  from_tag: z.string(),
  from: z.string(),
  to: z.string().describe("the address as it was dialled"),
  number: z.string().describe("the number or name that it means: no escapes, no separators"),
  meant: z
    .string()
    .default("")
    .describe("the number that it means at the call's site, where that is another one: +49711123456"),
  user: z.string().describe("the user that authenticated, or empty"),
  source: z.string().describe("the address that the call came from"),
  started_at: time,
  answered_at: time.nullable(),
  ended_at: time.nullable(),
  duration_ms: z.int().nullable().describe("from answer to end"),
  status: z.int().describe("final SIP status code; 0: none yet"),
  outcome: z.enum(outcomes),
  reason: z.string(),
  target: z.string().describe("where the call was answered or tried last"),
  origin: z.string().describe("the node that took the INVITE"),
  nodes: z.array(z.string()).describe("all nodes that saw something of the call"),
  attempts: z
    .array(z.object({ time, target: z.string(), code: z.int(), reason: z.string() }))
    .describe("targets that failed, in order"),
  rule: z.string(),
  tags: tagsSchema.default({}).describe("what the decisions about it noted for reports"),
  decided_by: z.string(),
  carrier: z.string().default("").describe("the carrier that answered or was tried last, or empty"),
  taken_by: z
    .string()
    .default("")
    .describe("the user who took the call, which rang for others or was parked; or empty"),
  charge: z
    .object({
      currency: z.string(),
      per_minute: z.string(),
      billed_seconds: z.int(),
      cost: z.string(),
    })
    .nullable()
    .default(null)
    .describe(
      "what the carrier asks for it, by the sheet in force when it began; null: nothing, or no price is known",
    ),
  closed_how: z.enum(closings).nullable().describe("null: the call is not over yet"),
  interruptions: z
    .array(interruptionSchema)
    .default([])
    .describe(
      "moves of the service address during the conversation, and how long relayed audio was silent at most",
    ),
  transfers: z
    .array(z.object({ time, by: z.string(), to: z.string() }))
    .default([])
    .describe("who of the two asked the other to call somebody else, and whom (REFER, accepted)"),
  transferred_by: z.string().default("").describe("who transferred the caller here (Referred-By)"),
  replaces: z.string().default("").describe("Call-ID of the call whose place this one took (Replaces)"),
  passes: z
    .array(
      z.object({
        pass: z.int(),
        number: z.string(),
        rule: z.string(),
        decided_by: z.string(),
        target: z.string(),
        code: z.int(),
      }),
    )
    .default([])
    .describe("how each decision came out, when a target was a number of this service; else empty"),
  note: z.string().describe("what is not as usual about this record"),
  recording: z
    .object({
      status: z.enum(recordingStatuses),
      alarm: z.boolean().describe("it should have been recorded, and something is wrong with the recording"),
      problem: z.string(),
    })
    .nullable()
    .describe("null: this call was not to be recorded"),
  events: z.int().describe("how many events it was built from"),
});

export type CallRecord = z.infer<typeof callRecordSchema>;

export type Outcome = CallRecord["outcome"];

/** What a final SIP status code (300 to 699) means to people. */
export function outcomeOf(code: number): Outcome {
  if (code < 400) return "redirected";
  if (code === 486 || code === 600) return "busy";
  if (code === 408 || code === 480) return "no_answer";
  if (code === 487) return "cancelled";
  if (code === 404 || code === 410 || code === 484 || code === 604) return "not_found";
  if (code === 401 || code === 403 || code === 407 || code === 603 || code === 607) return "rejected";
  return "failed";
}
