import { createHmac, randomBytes } from "node:crypto";
import { type Ha1, ha1 } from "../sip/digest.ts";

/**
 * Logins of telephones in browsers: good for a while, and known nowhere. The name says whose and until when
 * (`USER~UNTIL~NONCE`), and every app can tell the password from it; nothing has to be stored, replicated or cleared away.
 * sip/websocket.cfg reads the name too. Pure, but for the nonce.
 */

/** Names of users have no such character (directory/names-schema.ts). */
const separator = "~";

/** A page asks for the next one well before that. Whoever lost the right to call keeps it no longer. */
export const phoneLoginSeconds = 3600;

export interface PhoneLogin {
  /** Name in the digest, beside the user's own in From and To. */
  login: string;
  password: string;
  /** Unix time in seconds. */
  until: number;
}

const passwordOf = (secret: string, login: string): string =>
  createHmac("sha256", secret).update(`telephone in a browser: ${login}`).digest("base64url");

/** @param secret of the cluster @param now Unix time in milliseconds */
export function phoneLoginFor(secret: string, user: string, now: number): PhoneLogin {
  const until = Math.floor(now / 1000) + phoneLoginSeconds;
  const login = [user, until, randomBytes(9).toString("base64url")].join(separator);
  return { login, password: passwordOf(secret, login), until };
}

/** Whose such a login is; undefined: it is none, or its time is over. */
export function phoneUserOf(login: string, now: number): string | undefined {
  const [user, until, nonce, rest] = login.split(separator);
  if (!user || !until || !nonce || rest !== undefined || !/^\d{1,12}$/.test(until)) return undefined;
  const left = Number(until) - now / 1000;
  // Longer than any is given for: somebody made it up.
  return left > 0 && left <= phoneLoginSeconds + 60 ? user : undefined;
}

export const phoneHa1 = (secret: string, login: string, realm: string): Ha1 =>
  ha1(login, realm, passwordOf(secret, login));
