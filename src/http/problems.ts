import type { FastifyInstance, FastifyReply } from "fastify";
import { z } from "zod";

/**
 * Errors of the HTTP API as RFC 9457 problem documents (application/problem+json). `code` is stable: programs may
 * compare it. The catalogue is served at /problems and is the documentation of the codes.
 */
export const catalogue = {
  "malformed-json": {
    status: 400,
    title: "The body is not JSON",
    help: "`detail` names the place of the fault.",
  },
  "invalid-request": {
    status: 400,
    title: "The request does not fit its schema",
    help: "`errors` lists each field and what is wrong with it; see /docs for the schema.",
  },
  unauthorized: {
    status: 401,
    title: "No valid token",
    help: "Log in (POST /v1/session), send 'Authorization: Bearer TOKEN' with a token that is good (docs/access.md) or api_token of cluster.secrets.yaml, or use the unix socket on the host.",
  },
  forbidden: {
    status: 403,
    title: "Not with this token",
    help: "`detail` says whose this is: a token opens only what its holders need.",
  },
  "login-refused": {
    status: 401,
    title: "Name or password is wrong",
    help: "An administrator can give a new password: 'dialtone people password NAME' on a node.",
  },
  "code-needed": {
    status: 401,
    title: "A second factor is needed",
    help: "The password is right: send it again with `code`, of the authenticator or a recovery code.",
  },
  "code-refused": {
    status: 401,
    title: "The code is wrong",
    help: "Each code is good once, and for about a minute. Is the clock of the authenticator right? An administrator can take the factor away: 'dialtone people reset-factors NAME' on a node.",
  },
  "provider-refused": {
    status: 401,
    title: "The login by the provider was not taken",
    help: "`detail` says why. Begin anew at the login page; a password, if there is one, is good all the same.",
  },
  "provider-stranger": {
    status: 403,
    title: "The provider knows who this is, this service does not",
    help: "An administrator links a person with the name in `detail`: the person's page, or 'dialtone people link NAME PROVIDER VALUE' (docs/access.md).",
  },
  "provider-unavailable": {
    status: 503,
    title: "The identity provider can not be used now",
    help: "`detail` says what it did. Passwords and passkeys go on; 'dialtone providers check NAME' on a node tries the provider.",
  },
  "second-factor-required": {
    status: 403,
    title: "This role needs a second factor",
    help: "Set one up (the console leads there) and go on: `access.second_factor` of cluster.yaml says which roles.",
  },
  "proof-needed": {
    status: 403,
    title: "Who asks has to prove again who it is",
    help: "POST /v1/session/proof with the password, and a code where there is a second factor; it holds for ten minutes.",
  },
  "not-from-here": {
    status: 403,
    title: "The request comes from another site",
    help: "A browser's requests that change something need the origin of the console and `X-Dialtone-Csrf` as GET /v1/session gives it; programs use a token.",
  },
  "too-many-tries": {
    status: 429,
    title: "Too many logins failed",
    help: "`Retry-After` says when the next one is looked at, in seconds.",
  },
  "not-found": {
    status: 404,
    title: "Not found",
    help: "Nothing of this name exists, or the path is wrong.",
  },
  exists: { status: 409, title: "It exists already", help: "Use PUT to change it." },
  "in-use": {
    status: 409,
    title: "Something else refers to it",
    help: "`detail` names what; remove that first.",
  },
  "too-large": {
    status: 413,
    title: "The body is too large",
    help: "At most 1 MiB; send events in smaller portions.",
  },
  "unsupported-media-type": {
    status: 415,
    title: "The body is not application/json",
    help: "Send 'Content-Type: application/json'.",
  },
  "not-now": {
    status: 409,
    title: "Not possible in this state",
    help: "`detail` says what stands against it.",
  },
  "range-not-satisfiable": {
    status: 416,
    title: "The range is outside of the file",
    help: "Ask for bytes that exist; `Content-Range` of other answers tells the length.",
  },
  "invalid-sheet": {
    status: 422,
    title: "The sheet of prices can not be taken",
    help: "`errors` lists the faults by line and column (docs/prices.md); nothing of the sheet was applied.",
  },
  "invalid-script": {
    status: 422,
    title: "The script can not be run",
    help: "`detail` names each fault with its line and column; what scripts are given: src/consult/globals/dialtone.d.ts.",
  },
  "invalid-certificate": {
    status: 422,
    title: "The certificate can not be used",
    help: "`errors` says what is wrong with certificate and key (docs/certificates.md); nothing of it was taken.",
  },
  "unknown-user": { status: 422, title: "There is no such user", help: "Create the user first." },
  "unknown-name": {
    status: 422,
    title: "It names something that is not there",
    help: "`errors` lists the fields: make what they name first, or name something else.",
  },
  "invalid-change": {
    status: 422,
    title: "The changes can not be made",
    help: "`errors` lists what is wrong, by kind, name and field (/users/ada/site); nothing was changed.",
  },
  conflict: {
    status: 409,
    title: "Somebody else changed the same",
    help: "`errors` lists what was changed since, and in which version; nothing was published, or changed.",
  },
  "precondition-failed": {
    status: 412,
    title: "It is not as the request expects",
    help: "`If-Match` or `If-None-Match` does not hold; `ETag` is of what is there now. Get it again, bring the two together, send it with the new tag.",
  },
  "in-progress": {
    status: 409,
    title: "The same request is being done",
    help: "It came with this Idempotency-Key before, and is not answered yet: send it again after `Retry-After` for its answer.",
  },
  "key-reused": {
    status: 422,
    title: "The key belongs to another request",
    help: "This Idempotency-Key came with another request within a day: make a new key for each new request.",
  },
  internal: { status: 500, title: "A fault of ours", help: "The app's log has the details." },
  "database-unavailable": {
    status: 503,
    title: "No database can be used now",
    help: "Nothing was acknowledged. Calls are still decided and events still taken; repeat the request with PUT, which is safe.",
  },
  "agent-unavailable": {
    status: 503,
    title: "The agent of this node does not answer",
    help: "Calls go on. Ask another node, or see 'dialtone status' and the service dialtone on this host.",
  },
  "search-too-slow": {
    status: 503,
    title: "The search takes too long",
    help: "Name a shorter time with `since` and `until`.",
  },
  "journal-unavailable": {
    status: 507,
    title: "The journal can not be written",
    help: "The disk is full, broken or does not answer; count none of these events as stored. Send them again, here or to another node.",
  },
} as const;

export type ProblemCode = keyof typeof catalogue;

/** An error that becomes a problem document. */
export class Problem extends Error {
  readonly code: ProblemCode;
  readonly errors: { path: string; message: string }[] | undefined;
  /** Seconds: not to be tried again before. */
  readonly retryAfter: number | undefined;
  constructor(
    code: ProblemCode,
    detail: string,
    errors?: { path: string; message: string }[],
    retryAfter?: number,
  ) {
    super(detail);
    this.name = "Problem";
    this.code = code;
    this.errors = errors;
    this.retryAfter = retryAfter;
  }
}

export const problemSchema = z.object({
  type: z.string().describe("a part of /problems"),
  title: z.string().describe("the same for all of this code"),
  status: z.int(),
  detail: z.string().describe("what is the matter this time"),
  code: z.enum(Object.keys(catalogue) as [ProblemCode, ...ProblemCode[]]).describe("stable: for programs"),
  errors: z
    .array(
      z.object({
        path: z.string().describe("JSON pointer into the body, or the parameter: /name"),
        message: z.string(),
      }),
    )
    .optional(),
});
export type ProblemDocument = z.infer<typeof problemSchema>;

export const problemDocument = (
  code: ProblemCode,
  detail: string,
  errors?: { path: string; message: string }[],
): ProblemDocument => ({
  type: `/problems#${code}`,
  title: catalogue[code].title,
  status: catalogue[code].status,
  detail,
  code,
  ...(errors && { errors }),
});

/** Answers with a problem document. */
export function sendProblem(
  reply: FastifyReply,
  code: ProblemCode,
  detail: string,
  errors?: ProblemDocument["errors"],
  retryAfter?: number,
): FastifyReply {
  const document = problemDocument(code, detail, errors);
  if (code === "unauthorized" && !reply.hasHeader("www-authenticate"))
    reply.header("www-authenticate", 'Bearer realm="dialtone"');
  if (retryAfter !== undefined || document.status === 503)
    reply.header("retry-after", String(retryAfter ?? 2));
  return reply.code(document.status).type("application/problem+json").send(JSON.stringify(document));
}

/** For servers whose own answers are not problem documents: those of auth.ts are. */
export function answerProblems(server: FastifyInstance): void {
  server.setErrorHandler((error, _request, reply) =>
    error instanceof Problem
      ? sendProblem(reply, error.code, error.message, error.errors, error.retryAfter)
      : reply.send(error),
  );
}

/** A body may repeat the name in the path, but not contradict it. @throws Problem `invalid-request` */
export function assertSameName(inPath: string, inBody: string | undefined): void {
  if (inBody !== undefined && inBody !== inPath)
    throw new Problem("invalid-request", `the body names ${inBody}, the path ${inPath}`, [
      { path: "/name", message: `must be ${inPath}, as in the path` },
    ]);
}
