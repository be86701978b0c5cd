import { z } from "zod";

/** Passkeys as browsers send them (WebAuthn level 3, 5.1), and as their owner sees them. */

const text = z.string().max(4096);

const credential = {
  id: text,
  rawId: text,
  type: z.literal("public-key"),
  authenticatorAttachment: z.enum(["platform", "cross-platform"]).optional(),
  clientExtensionResults: z.record(z.string(), z.unknown()).default({}),
};

export const newPasskeyResponse = z.object({
  ...credential,
  response: z.object({ clientDataJSON: text, attestationObject: z.string().max(65_536) }),
});

export const passkeyResponse = z.object({
  ...credential,
  response: z.object({
    clientDataJSON: text,
    authenticatorData: text,
    signature: text,
    userHandle: text.optional(),
  }),
});

/** What the browser's device is asked: for navigator.credentials. */
export const optionsSchema = z.record(z.string(), z.unknown());

export const passkeyLabel = z
  .string()
  .trim()
  .min(1, "must not be empty")
  .max(64, "must have at most 64 characters")
  .regex(/^[^\p{C}]*$/u, "must be one line");

export const passkeySchema = z.object({
  id: z.string(),
  name: z.string().describe("as its owner calls it"),
  since: z.string(),
  used_at: z.string().nullable(),
});

export const passkeyId = z.object({ id: z.string().regex(/^[0-9a-f]{64}$/, "must be 64 hex digits") });

/** One's own login. */
export const ownLoginSchema = z.object({
  id: z.string(),
  this: z.boolean().describe("the one that asks"),
  how: z.string().describe("password, code, recovery, passkey, first"),
  source: z.string(),
  browser: z.string().describe("as it calls itself"),
  created_at: z.string(),
  seen_at: z.string().describe("to a minute"),
});
