import type { paths } from "../../api/schema.ts";

/** Call records and recordings as the API tells them. */

type Answer<P extends keyof paths> = paths[P] extends {
  get: { responses: { 200: { content: { "application/json": infer A } } } };
}
  ? A
  : never;

export type RecordPage = Answer<"/v1/records">;
export type CallRecord = RecordPage["records"][number];
export type CallEvent = Answer<"/v1/records/{id}">["events"][number];
export type Recording = Answer<"/v1/recordings/{id}">;
export type Outcome = CallRecord["outcome"];

/** Who an address is, in short: `sip:1001@198.18.77.100;x` is `1001`. Pure. */
export function party(address: string): string {
  const bare = address.replace(/^<?(sips?|tel):/i, "").replace(/[;>?].*$/, "");
  const at = bare.lastIndexOf("@");
  const name = at > 0 ? bare.slice(0, at) : bare;
  try {
    return decodeURIComponent(name);
  } catch {
    return name; // a stray percent sign
  }
}

/** Where an address leads: `sip:1001@198.18.77.11:5062` is `198.18.77.11:5062`. Pure. */
export function hostOf(address: string): string {
  const bare = address.replace(/^<?(sips?|tel):/i, "").replace(/[;>?].*$/, "");
  return bare.slice(bare.lastIndexOf("@") + 1);
}
