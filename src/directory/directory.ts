import { z } from "zod";
import { dialString, entityName } from "../routing/rule.ts";

/** Users and numbers as the API shows them. */

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

export const userSchema = z.object({
  name: entityName.describe("the user part of the SIP address, and the name to register with"),
  display: z.string(),
  description: z.string(),
  enabled: z.boolean(),
});
export type User = z.infer<typeof userSchema>;

export const newUserSchema = z.strictObject({
  name: entityName,
  password: password.describe("only its digests are kept; it is never shown again"),
  display: display.default(""),
  description: z.string().max(256).default(""),
  enabled: z.boolean().default(true),
});

/** For PUT: a new user needs a password, an existing one keeps its own when none is given. */
export const putUserSchema = z.strictObject({
  name: entityName.optional().describe("must be the name in the path, if given"),
  password: password.optional(),
  display: display.default(""),
  description: z.string().max(256).default(""),
  enabled: z.boolean().default(true),
});

export const numberSchema = z.object({
  number: dialString,
  user: entityName.describe("the user that rings"),
  description: z.string(),
});
export type PhoneNumber = z.infer<typeof numberSchema>;

export const newNumberSchema = z.strictObject({
  number: dialString,
  user: entityName,
  description: z.string().max(256).default(""),
});
export const putNumberSchema = newNumberSchema.partial({ number: true });
