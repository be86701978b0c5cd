import { z } from "zod";

/** What a host found out about its own function, and what two nodes compare. */

/** The service address as a host sees it that does not hold it. */
export const outsideSchema = z.object({
  /** SIP OPTIONS in a row without a good answer; 0: it answers. */
  failures: z.number(),
  detail: z.string(),
  /** Since the last look. */
  ageMs: z.number(),
  /** How long it has been so. */
  sinceMs: z.number(),
});
export type OutsideReport = z.infer<typeof outsideSchema>;

/** Registration, call and record of a test user through the whole node (functional.ts). */
export const functionalSchema = z.object({
  /** The last call worked. */
  ok: z.boolean(),
  /** Calls that failed in a row. */
  failures: z.number(),
  /** Calls in a row whose event did not reach the database. */
  storeFailures: z.number(),
  detail: z.string(),
  /** How long registration and call took. */
  ms: z.number(),
  /** Since the last test ended. */
  ageMs: z.number(),
});
export type FunctionalReport = z.infer<typeof functionalSchema>;

/** The newest drill of one kind, as GET /v1/drills/last tells it. */
export const lastDrillSchema = z.object({
  kind: z.string(),
  /** RFC 3339. */
  finished_at: z.string(),
  release: z.string(),
  config: z.string(),
  passed: z.boolean(),
  summary: z.string(),
});
export type LastDrill = z.infer<typeof lastDrillSchema>;

/** What two nodes must have the same of, and what waits in one of them. A figure that is missing could not be asked. */
export const standingSchema = z.object({
  rulesVersion: z.number().optional(),
  /** Registered contacts that Kamailio knows. */
  contacts: z.number().optional(),
  /** Those of people among them: without the telephones of the functional test. */
  telephones: z.number().optional(),
  /** Media sessions that rtpengine knows, its own and those it follows. */
  sessions: z.number().optional(),
  /** How long the oldest call event that is not in the database has been waiting. */
  unshippedMs: z.number().optional(),
  /** Call events that were shipped and are not in the database any more. */
  recordsMissing: z.number().optional(),
  drills: z.array(lastDrillSchema).optional(),
});
export type Standing = z.infer<typeof standingSchema>;
