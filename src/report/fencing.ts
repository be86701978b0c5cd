import { z } from "zod";

/** How fencing stands, as a host tells it to other hosts and people. */
export const fencingSchema = z.object({
  required: z.boolean(),
  /** By data node: was it switched off, and does its device answer? */
  nodes: z.record(
    z.string(),
    z.object({
      /** What another release may say besides is not "switched off", which is what counts. */
      state: z.enum(["none", "running", "off", "failed"]).catch("none"),
      device: z.string(),
      ok: z.boolean().nullable(),
    }),
  ),
});
export type FencingReport = z.infer<typeof fencingSchema>;
