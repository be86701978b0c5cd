import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { Problem } from "./problems.ts";

/** A request that is done once, however often it is sent (access/idempotency.ts). */
export interface Operation {
  /** 16 bytes, the same whenever it is sent again: good as the id of what it makes. */
  id: Buffer;
  /** It was done before: what is answered is what was answered then. */
  repeated: boolean;
}

const known = new WeakMap<IncomingMessage, Operation>();

export const noteOperation = (request: { raw: IncomingMessage }, operation: Operation): void => {
  known.set(request.raw, operation);
};

/** Undefined: it has no key. */
export const operationOf = (request: { raw: IncomingMessage }): Operation | undefined =>
  known.get(request.raw);

/**
 * The key that a request has in `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header), a string with quotes or, as most
 * clients send it, without. Pure. @throws Problem `invalid-request`
 */
export function idempotencyKey(headers: IncomingHttpHeaders): string | undefined {
  const header = headers["idempotency-key"];
  if (header === undefined) return undefined;
  const key = /^"(.*)"$/.exec(String(header))?.[1] ?? String(header);
  if (!/^[\x20-\x7e]{1,128}$/.test(key))
    throw new Problem("invalid-request", "Idempotency-Key must be 1 to 128 printable ASCII characters", [
      { path: "/idempotency-key", message: "must be 1 to 128 printable ASCII characters" },
    ]);
  return key;
}
