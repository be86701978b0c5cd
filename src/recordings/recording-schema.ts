import { z } from "zod";
import { recordingStatuses } from "../records/call-record.ts";

/** Recordings: what a conversion makes, and what the API shows. */

const gapSchema = z.object({
  side: z.enum(["caller", "called", "both"]),
  start_ms: z.int(),
  length_ms: z.int(),
  why: z.enum(["failover", "restarted", "loss", "capture-missing"]),
  from: z.string(),
  to: z.string(),
});
export type RecordingGap = z.infer<typeof gapSchema>;

export const fileSchema = z.object({
  name: z.string().regex(/^[a-z]+\.(wav|opus)(\.age)?$/),
  size: z.int(),
  /** Its length before encryption; the same as `size` without. */
  plain: z.int(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});
export type RecordingFile = z.infer<typeof fileSchema>;

export const resultSchema = z.object({
  /** No RTP at all in the captures: nothing was made. */
  empty: z.boolean(),
  /** RFC 3339: the first packet, by the clock of the node that captured it. */
  started_at: z.string().nullable(),
  duration_ms: z.int(),
  codecs: z.array(z.string()),
  rate: z.int(),
  gaps: z.array(gapSchema),
  lost: z.int(),
  nodes: z.array(z.string()),
  problems: z.array(z.string()),
  files: z.array(fileSchema),
});
export type ConversionResult = z.infer<typeof resultSchema>;

const moment = z.iso.datetime({ offset: true });

export const recordingSchema = z.object({
  id: z.string().describe("the id of its call record"),
  call_id: z.string(),
  status: z.enum(recordingStatuses),
  wanted_by: z.enum(["rule", "request"]),
  alarm: z.boolean().describe("something is wrong with it: see `problem`"),
  problem: z.string(),
  from: z.string(),
  to: z.string(),
  rule: z.string(),
  started_at: moment.nullable().describe("its first sound"),
  duration_ms: z.int().nullable(),
  codecs: z.array(z.string()).describe("of the call; the files are WAV and Ogg Opus"),
  rate: z.int().describe("samples per second of the WAV file"),
  encrypted: z.boolean(),
  files: z.array(fileSchema),
  gaps: resultSchema.shape.gaps.describe("silence in the recording that was none in the call"),
  nodes: z.array(z.string()).describe("nodes that captured it"),
  awaited: z.array(z.string()).describe("nodes that may have captured more, and can not be asked now"),
  copies: z.array(z.string()).describe("nodes that have the files"),
  delete_after: moment.nullable(),
  deleted_at: moment.nullable(),
  deleted_by: z.string().nullable(),
});
export type Recording = z.infer<typeof recordingSchema>;

/** Searching recordings. */
export const recordingQuery = z.object({
  since: moment.optional().describe("call noticed at or after"),
  until: moment.optional(),
  status: z.enum(recordingStatuses).optional(),
  alarm: z.stringbool().optional().describe("only those with (true) or without (false) an alarm"),
  from: z.string().max(256).optional().describe("part of the caller's address"),
  to: z.string().max(256).optional().describe("part of the called address"),
  rule: z.string().max(64).optional(),
  call_id: z.string().max(512).optional(),
  after: z.string().max(128).optional().describe("`next` of the page before"),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
});
export type RecordingQuery = z.infer<typeof recordingQuery>;
