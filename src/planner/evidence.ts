import jStat from "jstat";
import { z } from "zod";
import { parseYaml } from "../cluster/load.ts";
import type { Plan } from "./checked-plan.ts";
import type { Policy } from "./defaults.ts";
import { policyDefaults } from "./defaults.ts";
import type { Range } from "./units.ts";

/**
 * What the running cluster has shown: its policy, its nodes and the history of its drills. The file is JSON;
 * its shape is documented in docs/planning.md.
 */

const milliseconds = z.number("must be milliseconds, such as 190").nonnegative("can not be negative");

const drill = z.strictObject({
  at: z.iso.datetime("must be a time such as 2026-11-21T02:00:00Z"),
  /** What was broken: host, network, kamailio, database, planned … */
  fault: z.string().min(1),
  passed: z.boolean(),
  /** Detection, boot, initialisation, take-over (f) and all together (z), as measured. */
  d_ms: milliseconds.optional(),
  b_ms: milliseconds.optional(),
  i_ms: milliseconds.optional(),
  f_ms: milliseconds.optional(),
  z_ms: milliseconds.optional(),
  calls_lost: z.int().nonnegative().optional(),
  records_missing: z.int().nonnegative().optional(),
});

const evidenceSchema = z.strictObject({
  evidence: z.literal(1, "must be 1, the version of this format"),
  cluster: z.string().min(1),
  taken: z.iso.datetime("must be a time such as 2026-11-21T02:00:00Z"),
  /** The equipment of the plan that this cluster is. */
  equipment: z.string().min(1),
  policy: z.enum(Object.keys(policyDefaults) as [Policy, ...Policy[]]),
  nodes: z.int().min(1).max(9),
  arbiter: z.boolean(),
  /** Failures seen in real life, if they are counted. */
  failures: z.strictObject({ since: z.iso.datetime(), count: z.int().nonnegative() }).optional(),
  drills: z.array(drill),
});
export type Evidence = z.infer<typeof evidenceSchema>;

/** @throws ConfigError with the line of each fault */
export const parseEvidence = (text: string, file: string): Evidence => parseYaml(text, file, evidenceSchema);

/** 90 % interval of a chance of which `good` of `all` trials succeeded (Clopper & Pearson 1934, exact). */
export function chanceInterval(good: number, all: number): Range {
  return {
    low: good === 0 ? 0 : jStat.beta.inv(0.05, good, all - good + 1),
    high: good === all ? 1 : jStat.beta.inv(0.95, good + 1, all - good),
  };
}

/** 90 % interval of a yearly rate of which `count` events were seen in `years` (Garwood 1936, exact). */
export function rateInterval(count: number, years: number): Range {
  return {
    low: count === 0 ? 0 : jStat.chisquare.inv(0.05, 2 * count) / 2 / years,
    high: jStat.chisquare.inv(0.95, 2 * count + 2) / 2 / years,
  };
}

const spanOf = (values: number[]): Range | undefined =>
  values.length === 0 ? undefined : { low: Math.min(...values) / 1000, high: Math.max(...values) / 1000 };

/** The plan with measured values in place of assumed ones. @throws Error when the plan does not know the equipment */
export function withEvidence(plan: Plan, evidence: Evidence): Plan {
  const equipment = plan.equipment[evidence.equipment];
  if (!equipment)
    throw new Error(
      `the cluster's file speaks of '${evidence.equipment}', which the plan does not have under equipment: write one of ${Object.keys(plan.equipment).join(", ")}`,
    );
  const measured = (field: "d_ms" | "b_ms" | "i_ms" | "f_ms") =>
    spanOf(
      evidence.drills.flatMap((each) => (each.passed && each[field] !== undefined ? [each[field]] : [])),
    );
  const [detect, boot] = [measured("d_ms"), measured("b_ms")];
  // f = b + i: drills that measure only f say nothing of its parts, so all of it stands for i.
  const initialise = measured("i_ms") ?? (boot ? undefined : measured("f_ms"));
  const passed = evidence.drills.filter((each) => each.passed).length;
  const redundant = evidence.nodes > equipment.needed;
  const { policy: _policy, ...common } = equipment;
  return {
    ...plan,
    equipment: {
      ...plan.equipment,
      [evidence.equipment]: {
        ...common,
        units: Math.max(evidence.nodes, equipment.needed),
        ...(redundant && { policy: evidence.policy }),
        arbiter: evidence.arbiter,
        ...(detect && { detect }),
        ...(boot && { boot }),
        ...(initialise && { initialise }),
        ...(evidence.drills.length > 0 && { takeover_works: chanceInterval(passed, evidence.drills.length) }),
      },
    },
  };
}
