import { z } from "zod";

/** The planner by the API: POST /v1/plan. */

export const planRequest = z.strictObject({
  plan: z.string().min(1).max(256_000).describe("plan.yaml (docs/planning.md)"),
  years: z.int().min(1000).max(1_000_000).multipleOf(100).default(100_000).describe("simulated"),
  seed: z.int().min(1).max(2_147_483_647).default(20_090_527),
  drilled: z
    .boolean()
    .default(true)
    .describe("compare with what the drills of this cluster showed, and count with that"),
  equipment: z
    .string()
    .max(30)
    .optional()
    .describe("the equipment of the plan that is this cluster; default: the only one that takes over"),
});
export type PlanRequest = z.infer<typeof planRequest>;

const money = z.number().describe("a year, in the plan's currency");
const range = z.object({ low: z.number(), high: z.number() });

export const planAnswerSchema = z.object({
  company: z.string(),
  currency: z.string(),
  years: z.int(),
  services: z.array(
    z.object({
      id: z.string(),
      availability: z.number(),
      range: range.nullable().describe("90 % of what the uncertain inputs allow"),
      hours_per_year: z.number(),
      closed_hours_per_year: z.number().describe("by closed form, without the simulation"),
      outages_per_year: z.number(),
      worst_hours_in_10: z.number().describe("hours down in the worst of ten years"),
      loss: money,
    }),
  ),
  loss: money,
  loss_worst_in_10: money,
  promises: z.array(
    z.object({
      service: z.string(),
      holds: z.boolean(),
      at_most_seconds: z.number().nullable(),
      in_seconds: z.number().nullable(),
      survives: z.int(),
      survives_wanted: z.int().nullable(),
      broken_per_year: z.number().nullable(),
      reasons: z.array(z.string()),
      changes: z.array(z.string()).describe("what would make it hold"),
    }),
  ),
  cases: z.array(
    z.object({
      group: z.string(),
      services: z.array(z.string()),
      best: z.string(),
      words: z.string(),
      alternatives: z.array(
        z.object({
          id: z.string(),
          name: z.string(),
          planned: z.boolean(),
          keeps: z.boolean().describe("within every promise"),
          cost: money,
          loss: money,
          total: money,
          seconds: z.number().describe("how long one failure takes"),
        }),
      ),
    }),
  ),
  causes: z.array(
    z.object({ from: z.string(), cause: z.string(), loss: money, share: z.number(), minutes: z.number() }),
  ),
  improvements: z.array(z.object({ what: z.string(), cost: money, saves: money, net: z.number() })),
  equipment: z.array(z.string()).describe("of the plan: one of them may be this cluster"),
  evidence: z
    .object({
      cluster: z.string(),
      drills: z.int(),
      lines: z.array(
        z.object({
          what: z.string(),
          predicted: z.string(),
          measured: z.string(),
          verdict: z.enum(["as predicted", "better", "worse", "not proven"]),
          words: z.string(),
        }),
      ),
    })
    .nullable()
    .describe("null: not wanted, or it is not known which equipment the cluster is"),
  unproven: z.array(z.string()).describe("promises that rest on a takeover that no drill has shown"),
});
export type PlanAnswer = z.infer<typeof planAnswerSchema>;

export const usualPlanSchema = z.object({ plan: z.string().describe("plan.yaml to begin with") });
