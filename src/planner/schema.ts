import { z } from "zod";
import { type Busy, parseBusy } from "./busy.ts";
import {
  type EquipmentKind,
  equipmentDefaults,
  type OutsideKind,
  outsideDefaults,
  type Policy,
  policyDefaults,
} from "./defaults.ts";
import { duration, frequency, money, moneyPerHour, moneyPerMinute, moneyPerYear, percent } from "./units.ts";

/**
 * The shape of plan.yaml. Unknown keys are refused, quantities need their units, and every reference must exist.
 * After parsing: times in seconds, shares 0 to 1, frequencies per year, each as a range.
 */

const busyHours = z.string().transform((text, context): Busy => {
  try {
    return parseBusy(text);
  } catch (error) {
    context.addIssue({ code: "custom", message: (error as Error).message });
    return z.NEVER;
  }
});

const id = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,29}$/, "must be 1 to 30 of a-z, 0-9 and '-', beginning with a letter");
const keys = <T extends string>(record: Record<T, unknown>) => Object.keys(record) as [T, ...T[]];
const units = z
  .int("must be a whole number, such as 2")
  .min(1, "must be at least 1; leave the entry out if you have none")
  .max(9, "must be at most 9");

/** Something that must work: its name, or several of which one is enough. */
const need = z.union(
  [
    id,
    z.strictObject({
      any_of: z.array(id).min(2, "needs at least two names; with one, write the name itself"),
      /** Time to change over from the first that fails to the next. */
      switch: duration.optional(),
      /** Chance that the change-over works. */
      works: percent.optional(),
    }),
  ],
  { error: "must be a name, or { any_of: [name, name] } when one of several is enough" },
);

const person = z.strictObject({
  name: z.string().min(1),
  phone: z.string().min(3, "must be a telephone number that works when yours do not, such as a mobile"),
  role: z.string().optional(),
  /** Until the person acts, from the alarm, in and out of hours together. */
  responds: duration,
  /** What an hour of this person costs. */
  cost: moneyPerHour.optional(),
});

const data = z.strictObject({
  name: z.string().min(1),
  /** To the other unit: in the same transaction, later, or not at all. */
  replicated: z.enum(["synchronous", "asynchronous", "no"]),
  /** For asynchronous: how far the copy is behind at most. */
  lag: duration.optional(),
  /** How long written data may lie in memory; "0 s" = on disk before it is acknowledged. */
  flush: duration,
  /** Interval of backups with history on other equipment. */
  backup: duration.optional(),
  /** Interval of copies to another place. */
  export: duration.optional(),
});

const service = z.strictObject({
  about: z.string().min(1),
  class: z.enum(["critical", "important", "routine"]),
  loss: z.strictObject({
    per_minute: moneyPerMinute,
    /** Once for every outage that is noticed. */
    per_outage: money.optional(),
    /** Share of the loss per minute that arises outside the busy hours. */
    out_of_hours: percent.optional(),
    /** Shorter outages than this count their minutes but nobody calls. */
    noticed_after: duration.optional(),
  }),
  busy: busyHours.optional(),
  needs: z.array(need).min(1, "must name at least one thing that the service runs on"),
  workaround: z.strictObject({ what: z.string().min(1), after: duration, covers: percent }).optional(),
  promise: z
    .strictObject({
      not_unavailable_for_more_than: duration.optional(),
      in_any: duration.optional(),
      recover_within: duration.optional(),
      survive_failures: z.int().min(0).max(8).optional(),
    })
    .optional(),
  recovery: z.strictObject({
    who: id,
    takes: duration,
    /** From the decision to recover everything until this service works. Style: 30 minutes. */
    target: duration.optional(),
    steps: z.array(z.string().min(1)).min(1),
    fail_back: z.array(z.string().min(1)).optional(),
  }),
  data: z.array(data).optional(),
});

const equipment = z.strictObject({
  about: z.string().min(1),
  kind: z.enum(keys<EquipmentKind>(equipmentDefaults)),
  units: units.default(1),
  /** How many of the units must work. */
  needed: units.default(1),
  policy: z
    .enum(keys<Policy>(policyDefaults), `must be one of ${Object.keys(policyDefaults).join(", ")}`)
    .optional(),
  cost: z.strictObject({ buy: money, lasts: duration, running: moneyPerYear.optional() }),
  fails: frequency.optional(),
  repair: duration.optional(),
  crashes: frequency.optional(),
  restart: duration.optional(),
  mistakes: frequency.optional(),
  mistake_repair: duration.optional(),
  /** d, b, i of the take-over, when you know them better than the policy's usual ones. */
  detect: duration.optional(),
  boot: duration.optional(),
  initialise: duration.optional(),
  /** Chance that a take-over works. */
  takeover_works: percent.optional(),
  /** Interval of take-over tests. */
  tested: z.union([z.literal("never").transform(() => undefined), duration]).optional(),
  common_cause: percent.optional(),
  split_brain: frequency.optional(),
  /** A third host votes, so that two halves can not both go on. */
  arbiter: z.boolean().default(false),
  /** Who takes over by hand when the automatic one fails. */
  who: id.optional(),
  needs: z.array(need).default([]),
  where: z.string().optional(),
  spare: z.string().optional(),
  source: z.string().optional(),
});

const outside = z
  .strictObject({
    about: z.string().min(1),
    kind: z.enum(keys<OutsideKind>(outsideDefaults)),
    /** Either the availability (and the length of an outage) … */
    availability: percent.optional(),
    /** … or how often it fails. */
    fails: frequency.optional(),
    outage: duration.optional(),
    /** Outages shorter than this are bridged (UPS, generator). */
    bridged_for: duration.optional(),
    /** Until the equipment is up again when the power returns after the bridge ran out. */
    restart: duration.optional(),
    cost: moneyPerYear.optional(),
    call: z.string().optional(),
    contract: z.string().optional(),
    source: z.string().optional(),
  })
  .refine((entry) => !(entry.availability && entry.fails), {
    path: ["availability"],
    message: "give either 'availability' or 'fails', not both: with 'outage' the one follows from the other",
  });

export const planShape = z.strictObject({
  plan: z.literal(1, "must be 1, the version of this format"),
  company: z.string().min(1),
  currency: z.string().regex(/^[A-Z]{3}$/, "must be a currency code of three letters, such as GBP or EUR"),
  busy: busyHours.default(() => parseBusy("Mon-Fri 09:00-17:30")),
  people: z.record(id, person),
  services: z.record(id, service),
  equipment: z.record(id, equipment),
  outside: z.record(id, outside).default({}),
  extras: z
    .strictObject({
      /** What a second place costs (room, line, power). Without it, that alternative is not costed. */
      second_site: moneyPerYear.optional(),
      /** A small third host that votes. */
      arbiter: moneyPerYear.optional(),
      /** Change-over to the second place. */
      second_site_switch: duration.optional(),
    })
    .prefault({}),
  continuity: z
    .strictObject({
      copies: z.array(z.string().min(1)).default([]),
      backups: z.string().optional(),
      meeting_point: z.string().optional(),
      announce: z.string().optional(),
      tests: z.array(z.strictObject({ what: z.string().min(1), every: duration, who: id })).default([]),
    })
    .prefault({}),
  /** The shape of repair times around their mean. */
  repair_times: z.enum(["exponential", "lognormal"]).default("exponential"),
});

/** A plan before the checks that need more than one field. */
export type PlanInput = z.infer<typeof planShape>;
