import { randomBytes, scrypt as scryptAsync, scryptSync, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";

/** PINs: so short that only counting keeps them safe (pin-tries.ts). Kept salted, by scrypt (RFC 7914), 16 MB and some 50 ms each. */

const scrypt = promisify(scryptAsync) as (pin: string, salt: Buffer, length: number) => Promise<Buffer>;

const bytes = 32;

const stored = (salt: Buffer, hash: Buffer): string =>
  `scrypt ${salt.toString("base64url")} ${hash.toString("base64url")}`;

export async function hashedPin(pin: string): Promise<string> {
  const salt = randomBytes(16);
  return stored(salt, await scrypt(pin, salt, bytes));
}

/** The same where nobody can wait: holds up everything for some 50 ms. */
export function hashedPinNow(pin: string): string {
  const salt = randomBytes(16);
  return stored(salt, scryptSync(pin, salt, bytes));
}

export const isHashed = (text: string): boolean => text.startsWith("scrypt ");

/** Takes as long where there is none (`hash` null), so that nobody learns who has one. */
export async function isPin(pin: string, hash: string | null | undefined): Promise<boolean> {
  const [, salt = "", known = ""] = (hash ?? "").split(" ");
  const found = await scrypt(pin, Buffer.from(salt, "base64url"), bytes);
  const wanted = Buffer.from(known, "base64url");
  return wanted.length === bytes && timingSafeEqual(found, wanted);
}
