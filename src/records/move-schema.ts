import { z } from "zod";

/** Moves of the service address, and what calls noticed of them. */

const moment = z.iso.datetime({ offset: true });

export const moveSchema = z.object({
  id: z.uuid(),
  at: moment.describe("when the new holder had the address"),
  from: z.string().max(64).describe("the former holder"),
  to: z
    .string()
    .max(64)
    .describe("the new holder; the same as `from` when the address went away and came back"),
  by_plan: z.boolean().describe("handed over: both had it for a moment"),
  gap_ms: z
    .int()
    .min(0)
    .describe("at most so long nobody with a working media relay had the address; 0: no moment"),
});
export type Move = z.infer<typeof moveSchema>;

/** A move during a conversation. */
export const interruptionSchema = moveSchema.omit({ id: true });
export type Interruption = z.infer<typeof interruptionSchema>;
