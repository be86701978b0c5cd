import { z } from "zod";

/** What a host may do, as it judges itself and as others see it. */

/** One host as another host saw it. */
export const sightingSchema = z.object({
  /** How old the news is. */
  ageMs: z.number(),
  holds: z.boolean(),
  term: z.number(),
  mayHold: z.boolean(),
  primary: z.boolean(),
  /** It takes calls at its own address; undefined: nobody asks for that here, or an older release. */
  serves: z.boolean().optional(),
});
export type Sighting = z.infer<typeof sightingSchema>;

/** A colour that this release does not know is not green. */
export const colourSchema = z.enum(["green", "amber", "red"]).catch("red");

/** What a host's health is made of. */
export const levels = ["network", "hardware", "process", "function"] as const;
export type Level = (typeof levels)[number];

const words = z.array(z.string());

export const verdictSchema = z.object({
  /** May this host have the service address? */
  mayHold: z.boolean(),
  /** green: all well. amber: serves, but something is missing. red: can not serve. */
  light: colourSchema,
  /** Why, in words; empty when green. */
  reasons: words,
  /** What is missing on each level, in the same words; a level that is not named is all right. */
  levels: z
    .object({
      network: words.optional(),
      hardware: words.optional(),
      process: words.optional(),
      function: words.optional(),
    } satisfies Record<Level, unknown>)
    .optional(),
});
export type Verdict = z.infer<typeof verdictSchema>;
