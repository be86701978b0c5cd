import { createHash, randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { DatabaseUnavailable } from "../db/errors.ts";
import { type Access, isChange } from "../http/access.ts";
import { accessOf } from "../http/auth.ts";
import { idempotencyKey, noteOperation } from "../http/operation.ts";
import { principalOf } from "../http/principal.ts";
import { Problem } from "../http/problems.ts";
import { type Answers, type Claim, renewMs } from "./answers.ts";

/**
 * POSTs with an `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header) are done once, whichever node they are sent to how often:
 * the first claims the key in the database, its answer is kept there before it leaves, and whoever sends the same again gets it.
 * When the node died in between, the claim runs out and the request is done again; what it makes has an id of the operation
 * (http/operation.ts), so that it finds what is there.
 */

const digest = (...parts: readonly string[]): Buffer => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:`).update(part);
  return hash.digest();
};

/** Whose key it is: two persons may call theirs alike. */
function ownerOf(request: FastifyRequest): string {
  const principal = principalOf(request);
  return principal && "person" in principal ? principal.person.name : "";
}

/** Headers of the first answer that a repeated one has too. */
const keptHeaders = ["content-type", "etag", "location"] as const;

const answerSchema = z.object({
  status: z.int(),
  headers: z.record(z.string(), z.string()),
  body: z.string(),
});
type Answer = z.infer<typeof answerSchema>;

const answerOf = (reply: FastifyReply, body: string): Answer => ({
  status: reply.statusCode,
  headers: Object.fromEntries(
    keptHeaders.flatMap((name) => {
      const value = reply.getHeader(name);
      return value === undefined ? [] : [[name, String(value)]];
    }),
  ),
  body,
});

interface Running {
  claim: Claim;
  timer: NodeJS.Timeout;
}

interface Parts {
  answers: Answers;
  events: { answerNotKept(error: unknown): void };
}

/** Call it after recordChanges: an answer is kept when what was changed is on record. */
export function rememberAnswers(server: FastifyInstance, list: Access, { answers, events }: Parts): void {
  const running = new WeakMap<FastifyRequest, Running>();

  server.addHook("preHandler", async (request, reply) => {
    const { method, routeOptions, headers, body, url } = request;
    if (method !== "POST" || routeOptions.url === undefined) return;
    const rule = accessOf(list, method, routeOptions.url);
    if (!isChange(rule)) return;
    const key = idempotencyKey(headers);
    if (key === undefined) return;
    if (body instanceof Readable)
      throw new Problem(
        "invalid-request",
        "what is sent as a stream has no Idempotency-Key: send it without",
      );
    const owner = ownerOf(request);
    const claim: Claim = {
      id: digest(owner, key),
      fingerprint: digest(method, url, JSON.stringify(body ?? null)),
      by: randomBytes(16),
    };
    const id = digest(owner, key, claim.fingerprint.toString("hex")).subarray(0, 16);
    const found = await answers.claim(claim).catch((error: unknown) => {
      if (error instanceof DatabaseUnavailable && rule.once === "by-id") return "unkept" as const;
      throw error;
    });
    if (found === "unkept") {
      noteOperation(request, { id, repeated: false });
      return;
    }
    if (found === "other")
      throw new Problem(
        "key-reused",
        "this Idempotency-Key came with another request before: make a new one",
      );
    if (found === "running")
      throw new Problem(
        "in-progress",
        "the same request is being done: ask again for its answer",
        undefined,
        1,
      );
    noteOperation(request, { id, repeated: found !== "mine" });
    if (found !== "mine") {
      const answer = answerSchema.parse(JSON.parse(answers.opened(claim, found)));
      return reply
        .code(answer.status)
        .headers({ ...answer.headers, "idempotent-replayed": "true" })
        .send(answer.body);
    }
    const timer = setInterval(() => void answers.renew(claim).catch(() => {}), renewMs); // it may run out: then it is done again
    timer.unref();
    running.set(request, { claim, timer });
    return undefined;
  });

  server.addHook("onSend", async (request, reply, payload) => {
    const found = running.get(request);
    if (!found) return payload;
    running.delete(request);
    clearInterval(found.timer);
    const done = reply.statusCode < 400;
    const text = typeof payload === "string" ? payload : "";
    try {
      // What was refused changed nothing: it may be tried again with the same key.
      if (done) await answers.keep(found.claim, JSON.stringify(answerOf(reply, text)));
      else await answers.free(found.claim);
    } catch (error) {
      // It is done, and is answered; sent again it finds what is there.
      events.answerNotKept(error);
    }
    return payload;
  });
}
