import { z } from "zod";
import { personName, roleSchema, sessionSchema } from "./access-schema.ts";
import { givenCode } from "./factor-schema.ts";

/** Identity providers (OpenID Connect Core 1.0), and whom at one each person is. docs/access.md */

export const providerName = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9-]{0,31}$/,
    "must be 1 to 32 of small letters, digits and '-', beginning with a letter or digit",
  );

const line = z.string().regex(/^[^\p{C}]*$/u, "must be one line");
const claim = line.min(1).max(128);

/** Entra's addresses for anybody's directory: whoever has an account somewhere would be let in. */
const anybodys = /^https:\/\/login\.microsoftonline\.com\/(common|organizations|consumers)(\/|$)/i;

const issuer = z
  .url({ protocol: /^https$/, error: "must be an https URL, as the provider calls itself" })
  .max(400)
  .refine((url) => !/[?#]/.test(url), "must have neither ? nor #")
  .refine(
    (url) => !anybodys.test(url),
    "must name one directory: its id in place of common or organizations",
  );

export const newProviderSchema = z.strictObject({
  name: providerName,
  label: line.min(1).max(64).describe("on the button of the login page"),
  issuer: issuer.describe("its URL without /.well-known/openid-configuration"),
  client_id: line.min(1).max(256).describe("what it calls this service"),
  client_secret: z
    .string()
    .min(1)
    .max(1024)
    .nullable()
    .optional()
    .describe("kept sealed, never shown; null: none (a public client, PKCE alone)"),
  scopes: z
    .array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,128}$/, "must be a scope (RFC 6749 3.3)"))
    .max(20)
    .default(["openid", "profile", "email"])
    .describe("openid is asked for in any case"),
  name_claim: claim
    .default("email")
    .describe("what somebody is called: email (counts only with email_verified), preferred_username, sub, …"),
  roles_claim: claim
    .nullable()
    .default(null)
    .describe(
      "where the provider says what somebody may, such as groups or realm_access.roles; null: it does not",
    ),
  roles: z
    .array(z.strictObject({ value: line.min(1).max(256), role: roleSchema }))
    .max(100)
    .default([])
    .describe(
      "what is in roles_claim, and which role that is; the highest counts, and without any nobody is let in",
    ),
  new_people: z
    .enum(["user", "auditor", "operator"])
    .nullable()
    .default(null)
    .describe("the role of people whom nobody knows here; null: they are refused"),
  second_factor: z
    .enum(["never", "claims", "always"])
    .default("claims")
    .describe(
      "does its login count as a second factor: claims, when it says so (amr has mfa, or acr is one of acr_values)",
    ),
  acr_values: z.array(line.min(1).max(256)).max(20).default([]).describe("asked for, and counted"),
  ca: z
    .string()
    .max(15_000)
    .nullable()
    .default(null)
    .describe("PEM: whose certificates are believed; null: the authorities that the host knows"),
});
export type NewProvider = z.infer<typeof newProviderSchema>;

/** For PUT: a secret that is missing stays. */
export const putProviderSchema = newProviderSchema.extend({
  name: providerName.optional().describe("must be the name in the path, if given"),
});

export const providerSchema = newProviderSchema.omit({ client_secret: true }).extend({
  has_secret: z.boolean(),
});
export type Provider = z.infer<typeof providerSchema>;

export const providerList = z.object({
  providers: z.array(providerSchema),
  next: z.string().nullable(),
  redirect_uris: z.array(z.string()).describe("to be registered at the provider, exactly so"),
});

export const providerChecked = z.object({
  issuer: z.string(),
  authorization_endpoint: z.string(),
  pkce: z.boolean().describe("it says that it knows PKCE with S256; it is used in any case"),
  auth_time: z.boolean().describe("it says when somebody logged in there, which delicate changes need"),
});

/** Who at a provider a person is. */
export const identitySchema = z.object({
  id: z.string(),
  issuer: z.string(),
  claimed: z.string().describe("what the provider called it when it was linked, or is to call it"),
  subject: z.string().nullable().describe("null: it has not logged in yet"),
  created_at: z.string(),
  used_at: z.string().nullable(),
});

export const newIdentitySchema = z.strictObject({
  provider: providerName,
  claimed: line.trim().min(1).max(255).describe("what the provider's name_claim will say: ada@example.com"),
});

export const identityPath = z.object({
  name: personName,
  id: z.string().regex(/^[0-9a-f]{64}$/, "must be 64 hex digits"),
});

/** Where a browser goes next. */
export const providerBegin = z.strictObject({
  provider: providerName,
  window: z.boolean().default(false).describe("it is done in a window of its own"),
});
export const providerGo = z.object({ url: z.string() });

/** What the provider sent the browser back with. */
export const providerReturn = z.strictObject({
  query: z.string().max(8192).describe("the address's query, as it is: ?code=…&state=…"),
});
export const providerCode = z.strictObject({ code: givenCode });

/** What came of it. */
export const providerDone = z.object({
  session: sessionSchema.nullable().describe("null: somebody who is logged in proved again who it is"),
  window: z.boolean(),
});
