import { createHash, randomBytes } from "node:crypto";

/** Digest authentication, the client's side: RFC 7616 and RFC 8760 as SIP uses them (RFC 3261 22.4). Pure but for chance. */

/** What is kept of a password; hex, lower case. */
export interface Ha1 {
  ha1_md5: string;
  ha1_sha256: string;
}

const hashes = { MD5: "md5", "SHA-256": "sha256" } as const;
export type Algorithm = keyof typeof hashes;
const digest = (algorithm: Algorithm, text: string): string =>
  createHash(hashes[algorithm]).update(text, "utf8").digest("hex");

/**
 * HA1 = H(user ":" realm ":" password), by MD5 (RFC 7616 3.4.2; most telephones) and by SHA-256 (RFC 8760).
 */
export function ha1(user: string, realm: string, password: string): Ha1 {
  const text = `${user}:${realm}:${password}`;
  return { ha1_md5: digest("MD5", text), ha1_sha256: digest("SHA-256", text) };
}

export interface Challenge {
  realm: string;
  nonce: string;
  algorithm: Algorithm;
  /** Algorithm `MD5-sess` or `SHA-256-sess`. */
  session: boolean;
  /** Of the ones offered, what we take: `auth` before `auth-int`; undefined: none is offered (RFC 2069). */
  qop: "auth" | "auth-int" | undefined;
  opaque: string | undefined;
  /** The nonce was too old, the secret was right. */
  stale: boolean;
}

/**
 * A WWW-Authenticate or Proxy-Authenticate header. Undefined: an algorithm or qop that we do not have.
 * @throws Error when it is no Digest challenge
 */
export function parseChallenge(header: string): Challenge | undefined {
  const fields = new Map<string, string>();
  for (const match of header.matchAll(/([a-z]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))/gi))
    fields.set((match[1] ?? "").toLowerCase(), match[2]?.replace(/\\(.)/g, "$1") ?? match[3] ?? "");
  const nonce = fields.get("nonce") ?? "";
  if (!/^Digest\s/i.test(header) || nonce === "")
    throw new Error(`not a Digest challenge: ${header.slice(0, 80)}`);
  const [, name = "", session] =
    /^(.*?)(-sess)?$/.exec((fields.get("algorithm") ?? "MD5").toLowerCase()) ?? [];
  const algorithm = name === "md5" ? "MD5" : name === "sha-256" ? "SHA-256" : undefined;
  const offered = fields
    .get("qop")
    ?.split(",")
    .map((one) => one.trim().toLowerCase());
  const qop = (["auth", "auth-int"] as const).find((one) => offered?.includes(one));
  if (algorithm === undefined || (offered !== undefined && qop === undefined)) return undefined;
  return {
    realm: fields.get("realm") ?? "",
    nonce,
    algorithm,
    session: session !== undefined,
    qop,
    opaque: fields.get("opaque"),
    stale: fields.get("stale")?.toLowerCase() === "true",
  };
}

/**
 * Of several challenges the first of each realm that we can answer: the server's order is its preference (RFC 8760 2.4).
 * @throws Error when one is no Digest challenge, or none can be answered
 */
export function chooseChallenges(headers: string[]): Challenge[] {
  const chosen = new Map<string, Challenge>();
  for (const header of headers) {
    const challenge = parseChallenge(header);
    if (challenge && !chosen.has(challenge.realm)) chosen.set(challenge.realm, challenge);
  }
  if (chosen.size === 0)
    throw new Error(`no challenge that can be answered: ${headers.join(" | ").slice(0, 160)}`);
  return [...chosen.values()];
}

/** What is authorised. */
export interface Authorized {
  method: string;
  uri: string;
  /** Counts for `auth-int`. */
  body?: string;
}

const quoted = (text: string): string => `"${text.replace(/["\\]/g, "\\$&")}"`;

/**
 * The value of Authorization or Proxy-Authorization.
 * @param count how often this nonce has been used, this time included
 */
export function authorize(
  challenge: Challenge,
  secret: Ha1,
  user: string,
  what: Authorized,
  count = 1,
  cnonce = randomBytes(8).toString("hex"),
): string {
  const { algorithm, nonce, realm, qop, opaque, session } = challenge;
  const hash = (text: string) => digest(algorithm, text);
  const kept = algorithm === "MD5" ? secret.ha1_md5 : secret.ha1_sha256;
  const a1 = session ? hash(`${kept}:${nonce}:${cnonce}`) : kept;
  const integrity = qop === "auth-int" ? `:${hash(what.body ?? "")}` : "";
  const a2 = hash(`${what.method}:${what.uri}${integrity}`);
  const nc = count.toString(16).padStart(8, "0");
  const response = hash(qop ? `${a1}:${nonce}:${nc}:${cnonce}:${qop}:${a2}` : `${a1}:${nonce}:${a2}`);
  return [
    `Digest username=${quoted(user)}`,
    `realm=${quoted(realm)}`,
    `nonce=${quoted(nonce)}`,
    `uri="${what.uri}"`,
    `algorithm=${algorithm}${session ? "-sess" : ""}`,
    `response="${response}"`,
    ...(qop ? [`qop=${qop}`, `nc=${nc}`] : []),
    ...(qop || session ? [`cnonce="${cnonce}"`] : []),
    ...(opaque === undefined ? [] : [`opaque=${quoted(opaque)}`]),
  ].join(", ");
}
