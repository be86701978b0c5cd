import { z } from "zod";
import { personName, roleSchema, scopeSchema } from "./access-schema.ts";

/** Tokens of programs, as the API and the command line know them. docs/access.md */

/** Scanners for secrets find it by its beginning. 256 random bits follow. */
export const tokenPrefix = "dt_";

/** A token may be good for so long. */
export const longestTokenDays = 366;

/** `token:NAME` is in the record of changes, and no longer than what stands there. */
export const tokenName = personName.max(57, "must have at most 57 characters");

export const tokenRequest = z.strictObject({
  name: tokenName,
  role: roleSchema.describe("at most its maker's"),
  scope: scopeSchema
    .nullable()
    .default(null)
    .describe("the part of the service that it sees; null: its maker's"),
  areas: z
    .array(z.string().max(64))
    .min(1, "must name at least one; null: all")
    .nullable()
    .default(null)
    .describe("the parts of the API that it is for, by the first word of the path: records; null: all"),
  expires_at: z.iso
    .datetime({ offset: true })
    .describe(`when it ends, at most ${longestTokenDays} days from now`),
});
export type NewToken = z.infer<typeof tokenRequest>;

/** A token as the API shows it: the token itself is not kept. */
export const tokenSchema = z.object({
  name: z.string(),
  owner: z
    .string()
    .nullable()
    .describe("the person who made it; null: it was made on a host, or with api_token"),
  role: roleSchema,
  scope: scopeSchema.nullable(),
  areas: z.array(z.string()).nullable(),
  created_at: z.string(),
  expires_at: z.string(),
  used_at: z.string().nullable().describe("when it was used last, to a minute; null: never"),
  used_from: z.string().describe("from which address"),
});
export type TokenShown = z.infer<typeof tokenSchema>;

export const tokenMade = z.object({
  name: z.string(),
  token: z.string().describe("shown this once: only a hash is kept"),
  expires_at: z.string(),
});

export const tokenList = z.object({
  tokens: z.array(tokenSchema),
  next: z.string().nullable(),
  areas: z.array(z.string()).describe("the parts of the API that a token may be for"),
});
