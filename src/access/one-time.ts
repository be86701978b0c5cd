import { createHmac, hkdfSync } from "node:crypto";
import { Secret, TOTP } from "otpauth";

/** One-time codes of authenticators (RFC 6238) and recovery codes. Pure, but for the random numbers. */

const periodMs = 30_000;
/** Codes of so many steps before and after are taken too: clocks differ (RFC 6238 5.2). */
const window = 1;

/** What authenticators can do, all of them: SHA-1, six digits, 30 s. */
const totpOf = (secret: string, issuer = "", label = ""): TOTP =>
  new TOTP({ issuer, label, algorithm: "SHA1", digits: 6, period: periodMs / 1000, secret });

/** 160 bits in base32, as RFC 4226 4 recommends. */
export const newSecret = (): string => new Secret({ size: 20 }).base32;

/** For an authenticator's camera. */
export const secretUri = (secret: string, issuer: string, label: string): string =>
  totpOf(secret, issuer, label).toString();

/** Of which time step a code is; undefined: of none that is good now. */
export function stepOf(secret: string, code: string, now: Date): number | undefined {
  if (!/^\d{6}$/.test(code)) return undefined;
  const delta = totpOf(secret).validate({ token: code, timestamp: now.getTime(), window });
  return delta === null ? undefined : Math.floor(now.getTime() / periodMs) + delta;
}

const howMany = 10;
/** 80 random bits each, in base32. */
const recoveryForm = /^[A-Z2-7]{16}$/;

export const newRecoveryCodes = (): string[] =>
  Array.from({ length: howMany }, () => new Secret({ size: 10 }).base32);

export const isRecoveryCode = (code: string): boolean => recoveryForm.test(code);

/** As people read it. */
export const grouped = (code: string): string => code.replace(/(.{4})(?=.)/g, "$1-");

/** What is stored of a recovery code: useless without the cluster's secret. @param salt of the person's factor: random */
export function recoveryHash(root: string, salt: Buffer, code: string): Buffer {
  const key = Buffer.from(hkdfSync("sha256", root, salt, "dialtone recovery codes", 32));
  return createHmac("sha256", key).update(code).digest();
}
