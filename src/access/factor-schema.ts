import { z } from "zod";
import { passkeySchema } from "./passkey-schema.ts";

/** Second factors: what one's own look like, and what is sent to set them up. docs/access.md */

/** Digits of an authenticator, or a recovery code; how they are grouped does not matter. */
export const givenCode = z
  .string()
  .max(64)
  .transform((text) => text.replace(/[\s-]/g, "").toUpperCase())
  .describe("six digits of the authenticator, or a recovery code");

export const factorsSchema = z.object({
  totp: z
    .object({ since: z.string() })
    .nullable()
    .describe("one-time codes of an authenticator; null: not set up"),
  recovery_codes: z.int().describe("how many are left"),
  passkeys: z.array(passkeySchema),
  passkey_host: z
    .string()
    .nullable()
    .describe("the host name that passkeys are for; null: there is none, and no passkeys"),
  required: z.boolean().describe("this role may do nothing without a second factor"),
});

export const newTotpSchema = z.object({
  secret: z.string().describe("in base32, to be typed into an authenticator; it is told this once"),
  uri: z.string().describe("the same as otpauth://, for a QR code"),
});

export const confirmSchema = z.strictObject({
  code: givenCode.pipe(z.string().regex(/^\d{6}$/, "must be six digits")),
});

export const recoverySchema = z.object({
  recovery_codes: z
    .array(z.string())
    .describe("each logs in once, in place of a code; they are told this once"),
});

export const proofSchema = z.strictObject({
  password: z.string().max(128),
  code: givenCode.optional().describe("where there is a second factor"),
});

export const provenSchema = z.object({ proven_at: z.string() });
