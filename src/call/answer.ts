import { z } from "zod";
import { type Decision, decisionSchema } from "./contract.ts";

/**
 * What somebody answers whom a rule names: a script, or a web application of the customer's own. The decision of the
 * contract (contract.ts), without what only this service knows (rule, version), or `next`: the rules after this one decide.
 */
const [routeSchema, rejectSchema] = decisionSchema.options;
const ours = { v: true, rule: true, rules_version: true, remember: true } as const;

/** Whoever answers may say for how long its answer may be used again while it can not be asked. */
const answerFields = {
  v: z.literal(1).optional(),
  remember_s: z
    .int()
    .min(0)
    .max(30 * 86_400)
    .optional()
    .describe(
      "the same caller may be answered so again for so many seconds while nobody can be asked; default: never",
    ),
};

export const answerSchema = z.discriminatedUnion("action", [
  routeSchema.omit({ ...ours, record_refused: true }).extend({
    ...answerFields,
    strategy: routeSchema.shape.strategy.default("serial"),
    record: z.boolean().default(false),
  }),
  rejectSchema.omit(ours).extend({
    ...answerFields,
    code: rejectSchema.shape.code.default(403),
    reason: z.string().max(512).default("Forbidden"),
  }),
  z.object({ v: z.literal(1).optional(), action: z.literal("next") }),
]);
export type Answer = z.infer<typeof answerSchema>;

/** What somebody said, as an answer. @throws Error that names the field */
export function answerOf(said: unknown): Answer {
  const parsed = answerSchema.safeParse(said);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Error(`answered what is no decision: ${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}`);
}

/** Somebody else is to decide: by the rule of this name, and who (consult/consultation-schema.ts). */
export interface Consulted {
  rule: string;
  action: object;
}

/** Is this the decision, or is somebody to be asked before? */
export const isDecision = <C extends Consulted>(found: Decision | C): found is Decision =>
  typeof found.action === "string";
