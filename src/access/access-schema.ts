import { z } from "zod";
import { entityName, numberPatterns } from "../directory/names-schema.ts";
import { givenCode } from "./factor-schema.ts";

/** People who log in to the console and the API, and what they are told of themselves. docs/access.md */

/** Small letters: nobody is somebody else by a capital. */
export const personName = z
  .string()
  .trim()
  .toLowerCase()
  .regex(
    /^[a-z0-9][a-z0-9._@-]{0,63}$/,
    "must be 1 to 64 of letters, digits, '.', '_', '@' and '-', beginning with a letter or digit",
  );

/** For a login: what is wrong with a name is not told. */
export const loginName = z.string().trim().toLowerCase().max(64);

/** No rules of composition: length is what counts (NIST SP 800-63B), and that nobody guesses it (strength.ts). */
export const newPassword = z
  .string()
  .min(12, "must have at least 12 characters")
  .max(128, "must have at most 128 characters")
  .describe("what is common, a pattern, or contains a name of the person or the service is refused");

export const roleSchema = z
  .enum(["user", "auditor", "operator", "administrator"])
  .describe("what it may do, each everything that those before it may: docs/access.md");

export const scopeSchema = z
  .strictObject({
    sites: z.array(entityName).max(100).default([]),
    groups: z.array(entityName).max(100).default([]),
    numbers: numberPatterns.default([]).describe("numbers, or with * at the end all that begin so"),
  })
  .describe("the part of the service that it sees; null: all of it");

const display = z
  .string()
  .max(128)
  .regex(/^[^\r\n]*$/, "must be one line");

const user = entityName.nullable().describe("the telephone user that it is; null: none");

/** A person as the API shows it. */
export const personSchema = z.object({
  name: personName,
  display: z.string(),
  role: roleSchema,
  scope: scopeSchema.nullable(),
  user,
  enabled: z.boolean(),
  password: z.boolean().describe("it has one"),
  second_factor: z.boolean().describe("more than its password is asked for"),
  created_at: z.string(),
  login_at: z.string().nullable().describe("when it logged in last"),
});
export type PersonShown = z.infer<typeof personSchema>;

export const newPersonSchema = z.strictObject({
  name: personName,
  display: display.default(""),
  role: roleSchema,
  scope: scopeSchema.nullable().default(null),
  user: user.default(null),
  enabled: z.boolean().default(true),
  password: newPassword
    .optional()
    .describe(
      "only a hash is kept; missing: it can not log in by one; what is common, a pattern, or contains a name of the person or the service is refused",
    ),
});
export type NewPerson = z.infer<typeof newPersonSchema>;

/** For PUT: a password that is missing stays. */
export const putPersonSchema = newPersonSchema.extend({
  name: personName.optional().describe("must be the name in the path, if given"),
});

/** Who is logged in, and what its console needs. */
export const sessionSchema = z.object({
  person: z.object({
    name: z.string(),
    display: z.string(),
    role: roleSchema,
    scope: scopeSchema.optional().describe("missing: everything"),
    user: z.string().optional().describe("the telephone user that it is"),
  }),
  csrf: z.string().describe("sent as X-Dialtone-Csrf with each request that changes something"),
  writable: z
    .boolean()
    .describe("false: the database has no quorum; everything can be seen, nothing changed"),
  expires_at: z.string(),
  enrol: z
    .boolean()
    .describe("true: this role needs a second factor, and may do nothing else before it has set one up"),
});
export type SessionShown = z.infer<typeof sessionSchema>;

export const loginSchema = z.strictObject({
  name: loginName,
  password: z.string().max(128),
  code: givenCode.optional().describe("when `code-needed` was answered"),
});

export const firstSchema = z.strictObject({
  token: z.string().max(128),
  name: personName,
  display: display.default(""),
  password: newPassword,
});

/** How somebody can log in here. */
export const waysSchema = z.object({
  first: z
    .boolean()
    .describe("nobody can: the first administrator is made by the link that was printed on a host"),
  passkey_host: z.string().nullable().describe("the host name at which passkeys log in; null: there is none"),
  providers: z
    .array(z.object({ name: z.string(), label: z.string() }))
    .describe("identity providers: POST /v1/session/provider/begin"),
  provider_origin: z.string().describe("where a browser has to be to log in by one of them"),
});

export const passwordChangeSchema = z.strictObject({
  password: newPassword,
  current: z.string().max(128).optional().describe("the present one: for one's own"),
});
