import { z } from "zod";
import { colourSchema } from "./verdict.ts";

/** Is it safe to lose a node? As the hosts tell it; explain/light.ts judges it. */

export const lightCodes = [
  "nobody-holds",
  "holder-silent",
  "no-standby",
  "not-heard",
  "not-fit",
  "stopping",
  "part-down",
  "cut-off",
  "no-quorum",
  "vote-missing",
  "database-behind",
  "replication-stopped",
  "replication-interrupted",
  "release-differs",
  "config-differs",
  "rules-behind",
  "locations-differ",
  "media-behind",
  "journal-unshipped",
  "records-missing",
  "functional-failed",
  "hardware",
  "not-drilled",
  "drill-failed",
  "freeswitch-silent",
  "certificate-ends",
  "certificate-over",
  "certificates-differ",
] as const;
export type LightCode = (typeof lightCodes)[number];

/** Something is not as it should be, but a takeover makes it no worse: no order to hand over or to change is refused for it. */
export const besideTakeover: ReadonlySet<string> = new Set<LightCode>([
  "freeswitch-silent",
  "certificate-ends",
  "certificate-over",
  "certificates-differ",
]);

/** One reason why it is not safe to lose a node. */
const reasonSchema = z.object({
  /** Stable, for programs: one of `lightCodes`, or a reason that only another release knows. */
  code: z.string(),
  /** What is so. */
  text: z.string(),
  /** What callers would notice if this node had to take over now. */
  callers: z.string(),
  /** What a person does about it. */
  advice: z.string(),
  /** Seen so long by the host that tells it. */
  sinceMs: z.number().optional(),
});
export type LightReason = z.infer<typeof reasonSchema>;

/**
 * Standby: could it take over now and go on with everything? Holder and witness: is it safe to lose the holder?
 * green: yes. amber: calls would go on, but something is lost or unproven, a FreeSWITCH host is
 * silent, or browsers' certificate ends. red: no, or browsers do not come in, or not much longer.
 */
export const lightSchema = z.object({ colour: colourSchema, reasons: z.array(reasonSchema) });
export type Light = z.infer<typeof lightSchema>;
