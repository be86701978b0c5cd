import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from "node:crypto";

/** Secrets at rest: AES-256-GCM with a key derived from a secret of the cluster, bound to what they belong to. */

const keyOf = (root: string): Buffer =>
  Buffer.from(hkdfSync("sha256", root, "", "dialtone sealed passwords", 32));

/** @param root a secret of the cluster @param of what the text belongs to: it can not be put elsewhere */
export function sealed(root: string, of: string, text: string): string {
  const nonce = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", keyOf(root), nonce).setAAD(Buffer.from(of));
  const body = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString("base64url");
}

/** @throws Error when it was sealed with another secret, for something else, or is damaged */
export function unsealed(root: string, of: string, text: string): string {
  const bytes = Buffer.from(text, "base64url");
  const decipher = createDecipheriv("aes-256-gcm", keyOf(root), bytes.subarray(0, 12))
    .setAAD(Buffer.from(of))
    .setAuthTag(bytes.subarray(12, 28));
  return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString("utf8");
}

/** Names a sealed text without telling anything of it: what was remembered of it under another name is old. Pure. */
export const sealName = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 8);
