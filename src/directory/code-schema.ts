import { z } from "zod";

/** Star codes, and what they order. */

const settable = [
  "forward-always",
  "forward-busy",
  "forward-no-answer",
  "forward-unreachable",
  "dnd",
  "hide-caller",
] as const;
export type Settable = (typeof settable)[number];

const verbs = ["set", "clear", "ask"] as const;

type FeatureName = `${Settable}-${(typeof verbs)[number]}`;

/** At a telephone of somebody else's: docs/people.md. */
const ofDesks = ["desk-login", "desk-logoff", "desk-ask"] as const;

/** Codes that make the call itself another one. */
const ofCalls = ["hide-once", "pickup", "pickup-group", "park", "park-take"] as const;

export type Ordered = FeatureName | (typeof ofDesks)[number] | (typeof ofCalls)[number];

export const orders: readonly Ordered[] = [
  ...settable.flatMap((feature) => verbs.map((verb) => `${feature}-${verb}` as const)),
  ...ofDesks,
  ...ofCalls,
];

/** Must something be dialled behind the code? Pure. */
export const needsNumber = (order: string): boolean =>
  /^(forward-.*-set|desk-login|hide-once|pickup|park|park-take)$/.test(order);

export const codeSchema = z.strictObject({
  name: z.enum(orders as [Ordered, ...Ordered[]]).describe("what it does"),
  dial: z
    .string()
    .regex(
      /^[*#][0-9*#]{0,8}(\{number\})?(\*\{(seconds|pin)\})?#?$/,
      "must be * or #, digits, and perhaps {number} and *{seconds} or *{pin}: *21*{number}#",
    )
    .describe("what is dialled; the last # may be left out"),
  enabled: z.boolean().default(true),
});
export type Code = z.infer<typeof codeSchema>;

/** What a user has dialled. */
export interface FeatureOrder {
  type: "feature";
  order: FeatureName;
  to?: string;
  after_s?: number;
}

/** A user takes a call that rings at somebody (`pickup`: at user `to`, `pickup-group`), or one that is parked; or parks one. */
export type CallOrder =
  | { type: "call"; order: "pickup"; to: string }
  | { type: "call"; order: "pickup-group"; to?: never }
  | { type: "call"; order: "park" | "park-take"; to: string };

/** A user wants to be at the telephone at which it dials this, as `to`, or not any more; or asks who is. */
export type DeskOrder =
  | { type: "desk"; order: "desk-login"; to: string; pin: string }
  | { type: "desk"; order: "desk-logoff" | "desk-ask" };
