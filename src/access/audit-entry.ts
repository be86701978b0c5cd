import { randomBytes } from "node:crypto";
import type { AuditEntry } from "./audit-schema.ts";

/** Entries of the record of changes: their ids, and what must not be in them. */

/** UUID version 7 (RFC 9562 5.7) as 32 hex digits: sorts by time, made by any node. @param now Unix time, ms */
export function entryId(now: number, random = randomBytes(10)): string {
  const bytes = Buffer.concat([Buffer.alloc(6), random.subarray(0, 10)]);
  bytes.writeUIntBE(now, 0, 6);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x70, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString("hex");
}

/** Names of fields whose texts are secrets, or may be. */
const secret =
  /(password|passwd|secret|token|ha1|^current$|^pin$|^code$|authorization|cookie|private|sealed|credential|(^|_)key$)/i;

/** Longer texts of a body are cut; longer bodies are told by their size. */
const longestText = 2000;
const longestBody = 200_000;

/** The same without secrets. Pure. */
export function withoutSecrets(value: unknown): unknown {
  if (typeof value === "string")
    return value.length > longestText
      ? `${value.slice(0, longestText)}… (${value.length} characters)`
      : value;
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [
      name,
      secret.test(name) && one !== null && typeof one !== "boolean" ? "[secret]" : withoutSecrets(one),
    ]),
  );
}

/** For a column; undefined: nothing. Pure. */
export function storedValue(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  const text = JSON.stringify(withoutSecrets(value));
  return text.length > longestBody ? JSON.stringify(`${text.length} characters`) : text;
}

export const auditColumns = [
  "id",
  "at",
  "who",
  "how",
  "source",
  "node",
  "method",
  "route",
  "path",
  "status",
  "version",
  "before",
  "after",
] as const satisfies (keyof AuditEntry)[];
