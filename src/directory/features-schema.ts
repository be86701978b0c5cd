import { z } from "zod";
import { dialString, entityName, numberPatterns } from "./names-schema.ts";
import { windowSchema } from "./time-schema.ts";

/** What a user has set for its calls: forwarding, do not disturb, whom it wants to hear, whom it may call. */

export const forwardReasons = ["always", "busy", "no-answer", "unreachable"] as const;
export type ForwardReason = (typeof forwardReasons)[number];

const sipAddress = z
  .string()
  .max(256)
  .regex(/^sips?:[^@\s<>"]+@[^\s<>"]+$/, "must be a SIP address");

/** Where a call may be sent on to. */
export const destinationSchema = z
  .union([dialString, sipAddress])
  .describe("a number as the user itself would dial it, a user, a group, or a SIP address");

/** `object`: strict where people write, tolerant of what a newer release wrote. */
const schemaWith = (object: typeof z.object) => {
  const forward = object({
    when: z.enum(forwardReasons),
    to: z.array(destinationSchema).min(1).max(4),
    together: z.boolean().default(false).describe("all of `to` at once, not one after the other"),
    after_s: z.int().min(3).max(180).default(20).describe("no-answer: after so many seconds"),
    callers: numberPatterns.optional().describe("only calls of these"),
    times: z
      .array(windowSchema)
      .min(1)
      .max(8)
      .optional()
      .describe("only then, in the time zone of the user's site"),
    open: entityName.optional().describe("only while this calendar is open"),
    closed: entityName.optional().describe("only while this calendar is closed"),
  });
  return object({
    forward: z.array(forward).max(16).default([]).describe("of one kind, the first that holds"),
    dnd: z.boolean().default(false).describe("do not disturb"),
    also_ring: z
      .array(destinationSchema)
      .max(4)
      .default([])
      .describe("ring together with the user's telephones"),
    anonymous: z.enum(["accept", "reject"]).default("accept").describe("callers who do not say who they are"),
    callers: object({
      only: numberPatterns.optional().describe("nobody else"),
      never: numberPatterns.default([]),
    }).prefault({}),
    phones: z
      .enum(["all", "newest"])
      .default("all")
      .describe(
        "which telephones ring: all, its own and those at which it is logged in; or the one at which it logged in last, else the one that was registered or refreshed last",
      ),
    pickup: z
      .array(entityName)
      .max(4)
      .default([])
      .describe("pickup groups: users with one in common may take each other's calls while they ring"),
    hide_caller: z.boolean().default(false).describe("its own number is not shown to those whom it calls"),
    max_calls: object({
      out: z.int().min(0).max(1000).optional().describe("that it makes"),
      in: z.int().min(0).max(1000).optional().describe("that it has answered: busy for more"),
    })
      .prefault({})
      .describe("calls at a time, on all nodes; emergency calls always"),
    may_call: object({
      only: numberPatterns.optional().describe("nothing else"),
      never: numberPatterns.default([]),
    })
      .prefault({})
      .describe("canonical numbers; emergency calls are always allowed"),
  });
};

export const featuresSchema = schemaWith(z.strictObject as typeof z.object);
/** As another release may have written them. */
export const storedFeaturesSchema = schemaWith(z.object);

export type Features = z.infer<typeof featuresSchema>;
export type Forward = Features["forward"][number];
export type Destination = z.infer<typeof destinationSchema>;

export const noFeatures: Features = featuresSchema.parse({});
