import { createHash } from "node:crypto";

/**
 * What is kept of a password: HA1 = H(user ":" realm ":" password), by MD5 (RFC 7616 3.4.2; most telephones) and by
 * SHA-256 (RFC 8760). Hex, lower case.
 */
export function ha1(user: string, realm: string, password: string): { ha1_md5: string; ha1_sha256: string } {
  const text = `${user}:${realm}:${password}`;
  return {
    ha1_md5: createHash("md5").update(text, "utf8").digest("hex"),
    ha1_sha256: createHash("sha256").update(text, "utf8").digest("hex"),
  };
}
