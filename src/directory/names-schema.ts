import { z } from "zod";

/** How people name things that are called. */

export const dialString = z
  .string()
  .regex(/^\+?[A-Za-z0-9*#_.~-]{1,64}$/, "must be 1 to 64 of letters, digits and + * # _ . ~ -");

/** What numbers begin with; + alone: all numbers of the world. */
export const dialPrefix = z.union([z.literal("+"), dialString]);

export const entityName = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/,
    "must be 1 to 64 of letters, digits, '_', '.' and '-', beginning with a letter or digit",
  );

/** Numbers, or what they begin with. */
export const numberPatterns = z
  .array(
    z
      .string()
      .regex(
        /^(\*|\+?[A-Za-z0-9*#_.~-]{1,64})$/,
        "must be a number or name, with * at its end for all that begin so",
      ),
  )
  .max(64);
