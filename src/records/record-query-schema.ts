import { z } from "zod";
import { outcomes } from "./call-record.ts";

/** Searching call records. */

const moment = z.iso.datetime({ offset: true });

export const recordQuery = z.object({
  since: moment.optional().describe("started at or after"),
  until: moment.optional().describe("started before"),
  from: z.string().max(256).optional().describe("part of the caller's address"),
  to: z.string().max(256).optional().describe("part of the called address"),
  party: z
    .string()
    .max(256)
    .optional()
    .describe("part of the caller's address, of the called one, or of where it was answered"),
  number: z.string().max(256).optional().describe("the dialled number, exactly"),
  user: z.string().max(256).optional().describe("the authenticated user, exactly"),
  rule: z.string().max(256).optional().describe("the rule that decided, exactly"),
  status: z.coerce.number().int().min(0).max(699).optional(),
  outcome: z.enum(outcomes).optional(),
  node: z.string().max(64).optional().describe("a node that saw something of the call"),
  carrier: z.string().max(64).optional().describe("the carrier that answered or was tried last"),
  tag: z
    .string()
    .max(128)
    .regex(/^[A-Za-z][A-Za-z0-9_-]{0,31}=.*$/, "must be NAME=VALUE")
    .transform((text) => ({
      name: text.slice(0, text.indexOf("=")),
      value: text.slice(text.indexOf("=") + 1),
    }))
    .optional()
    .describe("a tag that a decision noted, NAME=VALUE"),
  min_duration_s: z.coerce.number().min(0).max(1e7).optional().describe("talked at least so long"),
  max_duration_s: z.coerce.number().min(0).max(1e7).optional().describe("talked at most so long"),
  recorded: z
    .stringbool()
    .optional()
    .describe("only calls with a recording that is there or is being made (true), or without one (false)"),
  call_id: z.string().max(512).optional(),
  open: z.stringbool().optional().describe("only calls that are not over (true) or over (false)"),
  ended_since: moment.optional().describe("ended at or after, or not over"),
  affected: z
    .stringbool()
    .optional()
    .describe(
      "true: only calls that something happened to: failed, without their own end, on more than one node",
    ),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  after: z.string().max(128).optional().describe("`next` of the page before"),
});
export type RecordQuery = z.infer<typeof recordQuery>;
