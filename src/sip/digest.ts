import { createHash, randomBytes } from "node:crypto";

/** RFC 7616 and RFC 8760, the client's side, as Kamailio's challenges want it (qop=auth). */

export interface Challenge {
  realm: string;
  nonce: string;
  algorithm: "MD5" | "SHA-256";
  qop: boolean;
}

/** A WWW-Authenticate or Proxy-Authenticate header. @throws Error when it is no Digest challenge */
export function parseChallenge(header: string): Challenge {
  const field = (name: string) => new RegExp(`[\\s,]${name}="?([^",]*)"?`, "i").exec(header)?.[1] ?? "";
  if (!/^Digest\s/i.test(header) || field("nonce") === "")
    throw new Error(`not a Digest challenge: ${header.slice(0, 80)}`);
  const algorithm = /^sha-256$/i.test(field("algorithm")) ? "SHA-256" : "MD5";
  return { realm: field("realm"), nonce: field("nonce"), algorithm, qop: field("qop") !== "" };
}

/** The value of Authorization or Proxy-Authorization. */
export function authorize(
  challenge: Challenge,
  ha1: { ha1_md5: string; ha1_sha256: string },
  user: string,
  method: string,
  uri: string,
): string {
  const { algorithm, nonce, realm, qop } = challenge;
  const hash = (text: string) =>
    createHash(algorithm === "MD5" ? "md5" : "sha256")
      .update(text)
      .digest("hex");
  const secret = algorithm === "MD5" ? ha1.ha1_md5 : ha1.ha1_sha256;
  const cnonce = randomBytes(8).toString("hex");
  const middle = qop ? `${nonce}:00000001:${cnonce}:auth` : nonce;
  const response = hash(`${secret}:${middle}:${hash(`${method}:${uri}`)}`);
  const more = qop ? `, qop=auth, nc=00000001, cnonce="${cnonce}"` : "";
  return `Digest username="${user}", realm="${realm}", nonce="${nonce}", uri="${uri}", algorithm=${algorithm}, response="${response}"${more}`;
}
