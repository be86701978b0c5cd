import { createHmac, hash } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { FastifyInstance } from "fastify";
import { Problem } from "./problems.ts";

/**
 * Entity tags and requests that depend on them (RFC 9110, 8.8.3 and 13). Each answer to a GET has a tag; a route that changes what it
 * names compares `If-Match` with the tag of what is there, in the transaction that changes it, and says so by its `config`.
 */

declare module "fastify" {
  interface FastifyContextConfig {
    /** It looks at `If-Match` and `If-None-Match`. Where it does not, a request that has them is refused. */
    conditional?: boolean;
  }
}

const quoted = (digest: string): string => `"${digest.slice(0, 27)}"`;

/** Says which tag something has as it is stored. */
export type StoredTag = (stored: unknown) => string;

/** @param secret the tag shall tell nobody what the API hides of it, such as a password's digest */
export const storedTag =
  (secret: string): StoredTag =>
  (stored) =>
    quoted(createHmac("sha256", secret).update(JSON.stringify(stored)).digest("base64url"));

/** A proxy that compressed the answer made `W/"…"` of its tag; it is meant as the one that it was. */
const tagsIn = (header: string): string[] => header.split(",").map((one) => one.trim().replace(/^W\//, ""));

/** It is not, or not any more, as the request says. */
export class NotAsExpected extends Problem {
  /** Of what is there; undefined: nothing is. */
  readonly tag: string | undefined;
  constructor(detail: string, tag: string | undefined) {
    super("precondition-failed", detail);
    this.tag = tag;
  }
}

type Conditions = Pick<IncomingHttpHeaders, "if-match" | "if-none-match">;

/**
 * What a request asks of the present state, before it changes it: ask in the transaction.
 * @param tag of what is there; undefined: nothing is @throws NotAsExpected
 */
export function assertExpected(headers: Conditions, what: string, tag: string | undefined): void {
  const { "if-match": match, "if-none-match": none } = headers;
  if (match !== undefined && !covers(match, tag))
    throw new NotAsExpected(
      tag === undefined
        ? `there is no ${what} any more: somebody removed it meanwhile`
        : `somebody else changed ${what} meanwhile: get it again`,
      tag,
    );
  if (none !== undefined && covers(none, tag)) throw new NotAsExpected(`there is ${what} already`, tag);
}

const covers = (header: string, tag: string | undefined): boolean =>
  tag !== undefined && (header.trim() === "*" || tagsIn(header).includes(tag));

/**
 * Tags what a server answers as JSON to GET, where the route did not, and answers 304 to whoever has it already. What a cache may keep is
 * said elsewhere.
 */
export function tagAnswers(server: FastifyInstance): void {
  server.addHook("onSend", async ({ method, headers }, reply, payload) => {
    if (method !== "GET" || reply.statusCode !== 200 || typeof payload !== "string") return payload;
    const given = reply.getHeader("etag");
    const tag = typeof given === "string" ? given : quoted(hash("sha256", payload, "base64url"));
    reply.header("etag", tag);
    const known = headers["if-none-match"];
    if (known === undefined || !covers(known, tag)) return payload;
    reply.code(304).removeHeader("content-length").removeHeader("content-type");
    return "";
  });
  server.addHook("onRequest", async ({ method, headers, routeOptions }) => {
    if (method === "GET" || method === "HEAD" || routeOptions.config.conditional === true) return;
    const asked = (["if-match", "if-none-match"] as const).find((name) => headers[name] !== undefined);
    if (asked !== undefined)
      throw new Problem("invalid-request", `${method} here does not look at ${asked}: send it without`);
  });
}
