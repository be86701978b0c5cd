import type { FastifyReply, FastifyRequest } from "fastify";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { Problem } from "../http/problems.ts";
import type { SessionShown } from "./access-schema.ts";
import type { AuditLog } from "./audit.ts";
import { entryId, storedValue } from "./audit-entry.ts";
import { sessionOf } from "./factor-api.ts";
import { cookieName } from "./guard.ts";
import type { Change } from "./identities.ts";
import type { AccessMemory } from "./memory.ts";
import { assertFromHere } from "./origin.ts";
import type { CodeMissing, ProvenBy, ProviderLogins } from "./provider-logins.ts";
import { providerBegin, providerCode, providerDone, providerGo, providerReturn } from "./provider-schema.ts";
import { awayMs, loginCookie } from "./provider-seal.ts";
import { sourceOfRequest } from "./request-source.ts";
import { type Sessions, sessionId } from "./sessions.ts";

interface Parts {
  logins: ProviderLogins;
  sessions: Sessions;
  memory: AccessMemory;
  audit: Pick<AuditLog, "add">;
  /** Of this host. */
  node: string;
  /** Logs in who has proven to be this person. */
  begin(
    name: string,
    how: string,
    request: FastifyRequest,
    reply: FastifyReply,
    strong: boolean,
    provenAt: Date,
  ): Promise<SessionShown>;
  events: { loginRefused(person: string, source: string, why: string): void };
}

const cookie = { path: "/", httpOnly: true, secure: true, sameSite: "strict" } as const;

/**
 * Logging in by an identity provider. The provider sends the browser back to a page of the console, and that page brings what came with it
 * here: as each request of the console, so that what is checked of those is checked of it, and its faults are told in its words.
 */
export const providerLoginRoutes =
  ({ logins, sessions, memory, audit, node, begin, events }: Parts): FastifyPluginAsyncZod =>
  async (app) => {
    const tags = ["access"];

    /** The login of the browser that asks, as far as it has one. */
    const ownSession = ({ cookies }: FastifyRequest): Buffer | undefined => {
      const token = cookies[cookieName];
      return token === undefined ? undefined : sessionId(token);
    };

    const go = async (request: FastifyRequest, reply: FastifyReply, session: Buffer | undefined) => {
      const { provider, window } = providerBegin.parse(request.body);
      const { host } = request.headers;
      const begun = await logins.begin({ provider, window, session, host }, new Date());
      reply.setCookie(loginCookie, begun.cookie, { ...cookie, maxAge: awayMs / 1000 });
      return { url: begun.url };
    };

    const recorded = async (request: FastifyRequest, changes: readonly Change[]): Promise<void> => {
      for (const { person, before, after } of changes) {
        const now = Date.now();
        await audit.add({
          id: entryId(now),
          at: new Date(now),
          who: person,
          how: "open",
          source: sourceOfRequest(request).slice(0, 64),
          node,
          method: request.method,
          route: "POST /v1/session/provider",
          path: "/v1/session/provider",
          status: 200,
          version: null,
          before: storedValue(before),
          after: storedValue(after),
        });
      }
    };

    /** Runs one step; the log is told of what is refused, without what the browser brought. */
    const step = async <T>(request: FastifyRequest, work: () => Promise<T>): Promise<T> => {
      try {
        return await work();
      } catch (error) {
        if (error instanceof Problem && error.code !== "database-unavailable")
          events.loginRefused("(by a provider)", sourceOfRequest(request), error.message);
        throw error;
      }
    };

    const done = async (
      { person, strong, provenAt, session, window }: ProvenBy,
      request: FastifyRequest,
      reply: FastifyReply,
    ) => {
      reply.clearCookie(loginCookie, cookie);
      if (session) {
        if (memory.session(session)?.person !== person)
          throw new Problem("provider-refused", "this is somebody else's login at the provider");
        await sessions.prove(session, new Date());
        await memory.read();
        return { session: null, window };
      }
      // Whose provider does not say when it looked at somebody proves it again before delicate changes.
      const shown = await begin(person, "provider", request, reply, strong, provenAt ?? new Date(0));
      return { session: shown, window };
    };

    const isMissing = (found: ProvenBy | CodeMissing): found is CodeMissing => "cookie" in found;

    app.post(
      "/v1/session/provider/begin",
      {
        schema: {
          summary: "Begin to log in by an identity provider",
          description:
            "OpenID Connect, authorization code with PKCE. What is remembered meanwhile is in a cookie, sealed: any node takes the answer.",
          tags,
          body: providerBegin,
          response: { 200: providerGo },
        },
      },
      async (request, reply) => {
        assertFromHere(request);
        return await step(request, () => go(request, reply, undefined));
      },
    );
    app.post(
      "/v1/session/proof/provider",
      {
        schema: {
          summary: "Begin to prove again, by an identity provider, who is logged in here",
          description: "The provider is told to ask anew, and has to say when it did (`auth_time`).",
          tags,
          body: providerBegin,
          response: { 200: providerGo },
        },
      },
      async (request, reply) => {
        const { session } = sessionOf(request);
        return await step(request, () => go(request, reply, session));
      },
    );
    app.post(
      "/v1/session/provider",
      {
        schema: {
          summary: "Log in with what an identity provider sent the browser back with",
          description:
            "Each answer of a provider is good once. `code-needed` (401): its login is no second factor, and there is one here: " +
            "POST /v1/session/provider/code.",
          tags,
          body: providerReturn,
          response: { 200: providerDone },
        },
      },
      async (request, reply) => {
        assertFromHere(request);
        const { query } = request.body;
        const source = sourceOfRequest(request);
        const kept = request.cookies[loginCookie];
        const found = await step(request, () =>
          logins.take(kept, query, ownSession(request), source, new Date()),
        );
        await recorded(request, found.changes);
        if (!isMissing(found)) return await done(found, request, reply);
        reply.setCookie(loginCookie, found.cookie, { ...cookie, maxAge: awayMs / 1000 });
        throw new Problem(
          "code-needed",
          "the provider knows who it is; a code of the second factor is needed too",
        );
      },
    );
    app.post(
      "/v1/session/provider/code",
      {
        schema: {
          summary: "The code that a login by an identity provider needs beside",
          tags,
          body: providerCode,
          response: { 200: providerDone },
        },
      },
      async (request, reply) => {
        assertFromHere(request);
        const source = sourceOfRequest(request);
        const kept = request.cookies[loginCookie];
        const { code } = request.body;
        const found = await step(request, () =>
          logins.takeCode(kept, code, ownSession(request), source, new Date()),
        );
        return await done(found, request, reply);
      },
    );
  };
