import { z } from "zod";

/** Deciding calls again that were: what would be different. */

const time = z.iso.datetime({ offset: true });

export const replayRequest = z.strictObject({
  draft: z.string().max(64).optional().describe("what would decide; missing: the rules as they are now"),
  since: time,
  until: time.optional().describe("default: now"),
  groups: z.int().min(1).max(1000).default(20).describe("so many groups of changed calls are told"),
});

const money = z.string().describe("in the money that prices are compared in");

const groupSchema = z.object({
  before: z.string(),
  after: z.string(),
  calls: z.int(),
  cost_before: money,
  cost_after: money,
  examples: z.array(z.object({ call_id: z.string(), at: time, caller: z.string(), number: z.string() })),
});
export type ReplayGroup = z.infer<typeof groupSchema>;

export const replaySchema = z.object({
  compared: z
    .enum(["draft", "records"])
    .describe(
      "draft: the present rules with the draft; records: which rule decided with which one would now",
    ),
  since: time,
  until: time,
  calls: z.int(),
  changed: z.int(),
  groups: z.array(groupSchema).describe("of changed calls, the largest first"),
  more_groups: z.int(),
  cost_before: money.describe(
    "of all answered calls, through the first carrier that is asked, as long as they were; without those whose price is not known",
  ),
  cost_after: money,
  unpriced_before: z.int().describe("answered calls through a carrier without a known price"),
  unpriced_after: z.int(),
  seconds: z.number(),
  cpu_seconds: z.number().describe("processor time of the process that decided"),
});
export type ReplayReport = z.infer<typeof replaySchema>;
