import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

/** With it a HAProxy of this cluster proves that a request comes through it (components/haproxy/). */
export const proxyHeader = "X-Dialtone-Proxy";

const digest = (text: string): Buffer => createHash("sha256").update(text, "utf8").digest();

/**
 * Where a request really came from: `X-Forwarded-For` counts from a HAProxy of the cluster alone, which knows the key and
 * removes what a stranger wrote; else the address of the connection. Pure.
 * @param key `webProxyKey` of the secrets @param peer the connection's other end
 */
export function clientAddress(headers: IncomingHttpHeaders, peer: string | undefined, key: string): string {
  const given = headers[proxyHeader.toLowerCase()];
  const told = headers["x-forwarded-for"];
  if (typeof given !== "string" || typeof told !== "string") return peer ?? "";
  if (!timingSafeEqual(digest(given), digest(key))) return peer ?? "";
  return told.split(",").at(-1)?.trim() || (peer ?? "");
}
