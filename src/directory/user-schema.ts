import { z } from "zod";
import { pinForm } from "./desk-schema.ts";
import { featuresSchema, storedFeaturesSchema } from "./features-schema.ts";
import { entityName } from "./names-schema.ts";

/** Users: who may register a telephone and be called by name. */

const password = z
  .string()
  .min(8, "must have at least 8 characters")
  .max(128)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: telephones can not send them
  .regex(/^[^\u0000-\u001f\u007f]*$/, "must not contain control characters");

const display = z
  .string()
  .max(128)
  .regex(/^[^\r\n]*$/, "must be one line");

const shownNumbers = z
  .array(
    z
      .string()
      .regex(
        /^\+?[A-Za-z0-9#_.~-]{1,64}\*?$/,
        "must be 1 to 64 of letters, digits and + # _ . ~ -, with * at its end for all that begin so",
      ),
  )
  .max(32)
  .describe(
    "numbers that it may show as a caller, beside its name and the numbers assigned to it; +4977123*: all that begin so",
  );

const site = entityName.describe("where it dials from; missing: its network's site, or the default one");

const features = featuresSchema.optional().describe("what it has set for its calls: docs/people.md");

const pinInput = z
  .union([z.string().regex(pinForm, "must be 4 to 12 digits"), z.literal("set"), z.null()])
  .describe(
    'what it dials at other telephones to be called there; only a hash is kept; "set": as it is; null: none; missing: as it was',
  );

/** A user as the API shows it. */
export const userSchema = z.object({
  name: entityName.describe("the user part of the SIP address, and the name to register with"),
  display: z.string(),
  description: z.string(),
  enabled: z.boolean(),
  may_show: shownNumbers.default([]),
  site: site.optional(),
  features,
  pin: z.literal("set").optional().describe("it has one"),
});
export type User = z.infer<typeof userSchema>;

export const newUserSchema = z.strictObject({
  name: entityName,
  password: password.describe(
    "only its digests are kept; it is never shown again; what is tried first, such as the user's name, 12345678 or password1, is refused",
  ),
  display: display.default(""),
  description: z.string().max(256).default(""),
  enabled: z.boolean().default(true),
  may_show: shownNumbers.default([]),
  site: site.optional(),
  features: features.describe("docs/people.md; missing: as they were"),
  pin: pinInput.optional(),
});

/** For PUT: a new user needs a password, an existing one keeps its own when none is given. */
export const putUserSchema = newUserSchema.extend({
  name: entityName.optional().describe("must be the name in the path, if given"),
  password: password.optional(),
});

/** A user as routing and authentication need it. */
export const userEntrySchema = z.object({
  name: z.string(),
  display: z.string(),
  ha1_md5: z.string(),
  ha1_sha256: z.string(),
  enabled: z.boolean(),
  may_show: z.array(z.string()).optional(),
  site: z.string().optional(),
  features: storedFeaturesSchema.optional(),
});
export type UserEntry = z.infer<typeof userEntrySchema>;
