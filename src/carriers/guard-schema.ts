import { z } from "zod";
import { dialPrefix, entityName } from "../directory/names-schema.ts";
import { countryCode, numberClass } from "../numbering/site-schema.ts";

/** Guards against fraud: how much may be called outside, in a day of UTC, before somebody looks. */
export const guardSchema = z.strictObject({
  name: entityName,
  description: z.string().max(256).default(""),
  enabled: z.boolean().default(true),
  number_class: z
    .array(numberClass)
    .min(1)
    .optional()
    .describe("calls to these kinds of numbers; all that is given must hold"),
  number_country: z.array(countryCode).min(1).max(300).optional().describe("calls to these countries"),
  prefixes: z.array(dialPrefix).min(1).max(256).optional().describe("calls to numbers that begin so"),
  per: z
    .enum(["user", "all"])
    .default("user")
    .describe("counted for each user (without one: each source address), or for all together"),
  calls: z.int().min(0).max(1_000_000).optional().describe("at a time"),
  calls_per_day: z.int().min(0).max(100_000_000).optional().describe("that were answered"),
  minutes_per_day: z.int().min(0).max(100_000_000).optional(),
  cost_per_day: z
    .string()
    .regex(/^\d{1,9}(\.\d{1,6})?$/, "must be an amount such as 20.00")
    .optional()
    .describe(
      "what the answered calls may cost by the carriers' prices, in the money that prices are compared in; calls of unknown price cost nothing here",
    ),
  action: z
    .enum(["stop", "alarm"])
    .default("stop")
    .describe("stop: further calls get 403, and it is told; alarm: it is told alone"),
});
export type Guard = z.infer<typeof guardSchema>;
