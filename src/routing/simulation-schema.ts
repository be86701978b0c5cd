import { z } from "zod";
import { decisionSchema } from "../call/contract.ts";

/** Asking what would happen to a call. */

export const simulateQuery = z.object({
  number: z.string().min(1).max(512).describe("the dialled number"),
  from: z.string().max(512).default("anonymous").describe("the caller's number"),
  user: z.string().max(512).optional().describe("the user that authenticated"),
  source: z.string().max(64).default("0.0.0.0").describe("the address that the call comes from"),
});

export const explanationSchema = z.object({
  decision: decisionSchema,
  /** In the order in which they were looked at; `chosen` decided, `passed over` did not hold, `shadowed` came later. */
  considered: z.array(
    z.object({
      candidate: z.string(),
      verdict: z.enum(["chosen", "passed over", "shadowed"]),
      why: z.string(),
    }),
  ),
});
export type Explanation = z.infer<typeof explanationSchema>;
