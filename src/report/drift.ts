import { z } from "zod";

/** A difference between hosts, or to what was written. */
export const driftSchema = z.object({
  /** What another release may find besides is told as a difference too. */
  code: z.enum(["config-differs", "release-differs"]).catch("config-differs"),
  /** The hosts that it is about. */
  hosts: z.array(z.string()),
  text: z.string(),
  advice: z.string(),
  /** Unified diff. */
  diff: z.string().optional(),
});
export type Drift = z.infer<typeof driftSchema>;
