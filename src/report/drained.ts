import { z } from "zod";
import { utcMoment } from "../base/moment.ts";

/** A node that a person took out of service. */

/** A node that a person took out of service keeps that over restarts and reboots. */
export const drainedSchema = z.object({
  by: z.string(),
  /** Wall clock, ms. */
  wallMs: z.number(),
  why: z.string(),
});

export type Drained = z.infer<typeof drainedSchema>;

/** For people. Pure. */
export const drainedText = ({ by, wallMs, why }: Drained): string =>
  `out of service by ${by} since ${utcMoment(wallMs, 0)}${why === "" ? "" : `: ${why}`} (dialtone undrain puts it back)`;
