import { createHash, timingSafeEqual } from "node:crypto";
import { Problem } from "../http/problems.ts";

/** Requests that a browser sends by its cookie: do they come from the console? Pure, all of it. */

/** Of a request. */
export interface Sent {
  method: string;
  headers: Record<string, string | string[] | undefined>;
}

/** It changes nothing (RFC 9110 9.2.1). */
export const isSafe = (method: string): boolean => ["GET", "HEAD", "OPTIONS"].includes(method);

const sha256 = (text: string): Buffer => createHash("sha256").update(text, "utf8").digest();

/** Who has only the cookie's hash, or only reads what another site may read, can not make it. */
export const csrfOf = (token: string): string => sha256(`csrf ${token}`).toString("base64url");

const text = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value.join() : value;

/**
 * By what browsers say of where a request was made (Fetch Metadata, RFC 6454). A browser says at least one with each request that changes
 * something; who says neither is none, and has no cookie of one. @throws Problem `not-from-here`
 */
export function assertFromHere({ method, headers }: Sent): void {
  const site = text(headers["sec-fetch-site"]);
  // `none`: typed in, or a bookmark. That sends GET only.
  const allowed = isSafe(method) ? ["same-origin", "none"] : ["same-origin"];
  if (site !== undefined && !allowed.includes(site))
    throw new Problem(
      "not-from-here",
      `the request was made by a page of another site (Sec-Fetch-Site: ${site})`,
    );
  const origin = text(headers.origin);
  if (origin !== undefined && origin.toLowerCase() !== `https://${(text(headers.host) ?? "").toLowerCase()}`)
    throw new Problem(
      "not-from-here",
      `the request was made by a page of ${origin}, not of https://${text(headers.host)}`,
    );
}

/** For a request with a session's cookie. @throws Problem `not-from-here` */
export function assertOfSession(sent: Sent, token: string): void {
  assertFromHere(sent);
  if (isSafe(sent.method)) return;
  const { headers } = sent;
  if (headers["sec-fetch-site"] === undefined && headers.origin === undefined)
    throw new Problem("not-from-here", "neither Origin nor Sec-Fetch-Site was sent, as every browser does");
  const given = text(headers["x-dialtone-csrf"]);
  if (given === undefined || !timingSafeEqual(sha256(given), sha256(csrfOf(token))))
    throw new Problem(
      "not-from-here",
      "X-Dialtone-Csrf is missing or of another session: GET /v1/session gives it",
    );
}
