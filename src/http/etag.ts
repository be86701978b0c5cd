import { hash } from "node:crypto";
import type { onSendHookHandler } from "fastify";

/**
 * Entity tags for what a route answers as JSON (RFC 9110 section 8.8.3): whoever has it already, and says so by
 * `If-None-Match`, is told 304 without a body. For `onSend` of a room's routes.
 */
export const withEntityTag: onSendHookHandler<unknown> = async (request, reply, payload) => {
  if (request.method !== "GET" || reply.statusCode !== 200 || typeof payload !== "string") return payload;
  const tag = `"${hash("sha256", payload, "base64url").slice(0, 27)}"`;
  reply.header("etag", tag).header("cache-control", "private, no-cache");
  const known = request.headers["if-none-match"]?.split(/\s*,\s*/) ?? [];
  // Weak comparison: a proxy that compressed the answer made `W/"…"` of its tag.
  if (!known.some((one) => one === "*" || one.replace(/^W\//, "") === tag)) return payload;
  reply.code(304).removeHeader("content-length").removeHeader("content-type");
  return "";
};
