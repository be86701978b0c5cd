import { z } from "zod";

/** One drill as it is kept: what was done, by whom, to which release and configuration, and what came out. */

const spreadSchema = z.object({ min: z.number(), median: z.number(), max: z.number() });

/** Times in ms over all runs; counts are sums. */
export const figuresSchema = z.object({
  /** Fault → the survivor is VRRP master. */
  d_ms: spreadSchema.nullable(),
  /** Master → first answered call. */
  f_ms: spreadSchema.nullable(),
  /** Last answered call before → first one of the time without gaps. */
  z_ms: spreadSchema.nullable(),
  attempts: z.int().min(0),
  lost: z.int().min(0),
  redials: z.int().min(0),
  redials_failed: z.int().min(0),
  records_expected: z.int().min(0),
  records_missing: z.int().min(0),
  records_doubled: z.int().min(0),
  /** Records that say something else than the caller's log, are of no call, or were never closed. */
  records_unexpected: z.int().min(0),
});
export type DrillFigures = z.infer<typeof figuresSchema>;

const moment = z.iso.datetime({ offset: true });

export const drillRunSchema = z.object({
  id: z.uuid().describe("made by the sender: sending it twice changes nothing"),
  kind: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,63}$/, "must be 1 to 64 of a-z, 0-9 and '-', beginning with a letter")
    .describe("name in the catalogue"),
  place: z.enum(["lab", "cluster"]).describe("lab: on hosts of one machine"),
  started_at: moment,
  finished_at: moment,
  release: z.string().min(1).max(64),
  config: z.string().min(1).max(64).describe("digest of cluster.yaml, as the agents report it"),
  runs: z.int().min(0),
  passed: z.boolean(),
  /** Why it ended before its time; null: it did not. */
  aborted: z.string().max(512).nullable(),
  started_by: z.string().min(1).max(64).describe("a person, or 'schedule'"),
  summary: z.string().max(512).describe("one line for people"),
  figures: figuresSchema.nullable(),
});
export type DrillRun = z.infer<typeof drillRunSchema>;

/** With everything that was measured, for programs. Not z.json(): OpenAPI has no place for what refers to itself. */
export const drillEvidenceSchema = drillRunSchema.extend({
  evidence: z
    .unknown()
    .refine((value) => value !== undefined, "is missing")
    .describe("any JSON"),
});
export type DrillEvidence = z.infer<typeof drillEvidenceSchema>;
