import { z } from "zod";

/** What the hosts tell each other about alerts, in their reports. */

const problemSchema = z.object({
  /** The same on every host that sees it, and as long as it lasts. */
  key: z.string(),
  /** critical: callers notice, or would at the next fault. warning: something is missing. */
  severity: z.enum(["critical", "warning"]).catch("critical"),
  title: z.string(),
  /** What it means and what to do. */
  text: z.string(),
  /** Not worth telling before it has lasted so long; otherwise as alerts.*_after_s says. */
  afterMs: z.number().optional(),
  /** Told once, and not again every alerts.repeat_hours: it is known for days before it matters. */
  once: z.boolean().optional(),
});
export type AlertProblem = z.infer<typeof problemSchema>;

/** What an alert is for other hosts: all in ages. */
const toldSchema = problemSchema.extend({ sinceMs: z.number(), toldMs: z.number(), mine: z.boolean() });
export type ToldAlert = z.infer<typeof toldSchema>;

export const alertsSchema = z.object({
  /** This host's messages do not get out. */
  undeliverable: z.boolean(),
  told: z.array(toldSchema),
});
export type AlertReport = z.infer<typeof alertsSchema>;
