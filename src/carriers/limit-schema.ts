import { z } from "zod";

/** How much a carrier may be asked for. */
export const carrierLimitsSchema = z.strictObject({
  calls: z.int().min(0).max(1_000_000).optional().describe("at most so many calls at a time, on all nodes"),
  calls_per_second: z
    .int()
    .min(0)
    .max(100_000)
    .optional()
    .describe("at most so many calls in any second, on all nodes"),
  min_answered_percent: z
    .int()
    .min(1)
    .max(100)
    .optional()
    .describe(
      "when fewer of its last 100 calls to that kind of number were answered, the other carriers are asked before it",
    ),
  max_ring_ms: z
    .int()
    .min(100)
    .max(60_000)
    .optional()
    .describe(
      "when it rings later after the INVITE (median of its last calls to that kind of number), the other carriers are asked before it",
    ),
});
export type CarrierLimits = z.infer<typeof carrierLimitsSchema>;
