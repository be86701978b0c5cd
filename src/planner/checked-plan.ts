import type { z } from "zod";
import { checkPlan } from "./check.ts";
import { planShape } from "./schema.ts";

/** A plan that has been checked as a whole. */

export const planSchema = planShape.superRefine((plan, context) => {
  for (const fault of checkPlan(plan))
    context.addIssue({ code: "custom", path: fault.path, message: fault.message });
});

/** A checked plan.yaml. */
export type Plan = z.infer<typeof planSchema>;

export type Service = Plan["services"][string];

export type Equipment = Plan["equipment"][string];

export type Outside = Plan["outside"][string];

export type Need = Service["needs"][number];

export type DataSet = NonNullable<Service["data"]>[number];
