import { timingSafeEqual } from "node:crypto";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import type { Role } from "../http/access.ts";
import { assertExpected, type StoredTag } from "../http/etag.ts";
import { noteChange } from "../http/noted.ts";
import { operationOf } from "../http/operation.ts";
import { pageQuery } from "../http/paging.ts";
import { type Person, type Principal, principalOf } from "../http/principal.ts";
import { assertSameName, Problem } from "../http/problems.ts";
import {
  firstSchema,
  loginSchema,
  newPersonSchema,
  passwordChangeSchema,
  personName,
  personSchema,
  putPersonSchema,
  type SessionShown,
  sessionSchema,
  waysSchema,
} from "./access-schema.ts";
import type { AuditLog } from "./audit.ts";
import { cookieName } from "./guard.ts";
import type { Logins } from "./logins.ts";
import type { AccessMemory, KnownSession } from "./memory.ts";
import { assertFromHere, csrfOf } from "./origin.ts";
import { passkeyRoutes } from "./passkey-api.ts";
import type { Passkeys } from "./passkeys.ts";
import { keptOf, type People } from "./people.ts";
import { providerLoginRoutes } from "./provider-login-api.ts";
import type { ProviderLogins } from "./provider-logins.ts";
import type { Providers } from "./providers.ts";
import { sourceOfRequest } from "./request-source.ts";
import { longestMs, type Sessions, sessionId } from "./sessions.ts";

export interface AccessParts {
  people: People;
  sessions: Sessions;
  logins: Logins;
  passkeys: Passkeys;
  providers: Providers;
  providerLogins: ProviderLogins;
  audit: Pick<AuditLog, "add">;
  /** Of this host. */
  node: string;
  memory: AccessMemory;
  tag: StoredTag;
  /** Of the link with which the first administrator is made. */
  firstToken: string;
  /** Where browsers find the console: `https://…` */
  origin: string;
  writable(): boolean;
  /** Who may do nothing without a second factor. */
  secondFactor: readonly Role[];
  /** @throws Problem `proof-needed` */
  assertFresh(principal: Principal): Promise<void>;
  events: {
    loggedIn(person: string, how: string, source: string): void;
    loggedOut(person: string): void;
    factorChanged(person: string, what: string, source: string): void;
    loginRefused(person: string, source: string, why: string): void;
  };
}

const sameText = (one: string, other: string): boolean => timingSafeEqual(sessionId(one), sessionId(other));

/** What of a login is shown. */
type ShownOf = Pick<KnownSession, "expiresAt" | "strong">;

const cookie = { path: "/", httpOnly: true, secure: true, sameSite: "strict" } as const;

export const accessRoutes =
  (parts: AccessParts): FastifyPluginAsyncZod =>
  async (app) => {
    const { people, sessions, logins, memory, events } = parts;
    const tags = ["access"];

    const shown = (person: Person, token: string, session: ShownOf): SessionShown => {
      const { name, display, role, scope, user } = person;
      return {
        person: {
          name,
          display,
          role,
          ...(scope && {
            scope: { sites: [...scope.sites], groups: [...scope.groups], numbers: [...scope.numbers] },
          }),
          ...(user !== undefined && { user }),
        },
        csrf: csrfOf(token),
        writable: parts.writable(),
        expires_at: new Date(session.expiresAt).toISOString(),
        enrol: !session.strong && parts.secondFactor.includes(role),
      };
    };

    /** Logs somebody in who has proven to be this person; an earlier login of this browser ends. */
    const begin = async (
      name: string,
      how: string,
      request: FastifyRequest,
      reply: FastifyReply,
      strong = ["code", "recovery", "passkey"].includes(how),
      provenAt: Date | null = null,
    ): Promise<SessionShown> => {
      const now = new Date();
      const source = sourceOfRequest(request);
      const before = request.cookies[cookieName];
      const agent = request.headers["user-agent"] ?? "";
      const login = { person: name, how, source, agent, strong, provenAt };
      const { token, expiresAt } = await sessions.begin(login, now);
      if (before !== undefined) await sessions.end(sessionId(before), now);
      await memory.read();
      const person = memory.person(name);
      if (!person) throw new Problem("login-refused", "name or password is wrong");
      reply.setCookie(cookieName, token, { ...cookie, maxAge: longestMs / 1000 });
      events.loggedIn(name, how, source);
      return shown(person, token, { expiresAt: expiresAt.getTime(), strong });
    };

    await app.register(passkeyRoutes({ ...parts, begin }));
    await app.register(providerLoginRoutes({ ...parts, logins: parts.providerLogins, begin }));
    app.get(
      "/v1/session/ways",
      { schema: { summary: "How somebody can log in", tags, response: { 200: waysSchema } } },
      async ({ headers }) => ({
        first: await people.needsFirst(),
        passkey_host: parts.passkeys.host ?? null,
        providers: (await parts.providers.list()).map(({ name, label }) => ({ name, label })),
        provider_origin: parts.providerLogins.originFor(headers.host),
      }),
    );
    app.post(
      "/v1/session",
      {
        schema: {
          summary: "Log in",
          description:
            "The answer sets a cookie that only this host gets back. Wrong names and passwords are not told apart, and after some of them " +
            "the next one has to wait: `Retry-After`. Where there is a second factor, `code-needed` (401) asks for the same with `code`.",
          tags,
          body: loginSchema,
          response: { 200: sessionSchema },
        },
      },
      async (request, reply) => {
        assertFromHere(request);
        const { name, password, code } = request.body;
        const how = await logins.prove(name, password, code, sourceOfRequest(request));
        return await begin(name, how, request, reply);
      },
    );
    app.get(
      "/v1/session",
      { schema: { summary: "Who is logged in here", tags, response: { 200: sessionSchema } } },
      async (request) => {
        const principal = principalOf(request);
        const token = request.cookies[cookieName];
        const session = token === undefined ? undefined : memory.session(sessionId(token));
        if (principal?.kind !== "session" || token === undefined || !session)
          throw new Problem("unauthorized", "nobody is logged in here");
        return shown(principal.person, token, session);
      },
    );
    app.delete(
      "/v1/session",
      { schema: { summary: "Log out", tags, response: { 204: z.null() } } },
      async (request, reply) => {
        const principal = principalOf(request);
        if (principal?.kind !== "session") throw new Problem("unauthorized", "nobody is logged in here");
        await sessions.end(principal.session, new Date());
        await memory.read();
        events.loggedOut(principal.person.name);
        // The console's data in this browser is of no use to whoever comes next.
        reply.clearCookie(cookieName, cookie).header("clear-site-data", '"cache", "storage"');
        return reply.code(204).send(null);
      },
    );
    app.get(
      "/v1/session/first",
      {
        schema: {
          summary: "Where the first administrator is made",
          tags,
          response: {
            200: z.object({
              link: z.string().nullable().describe("null: there is an administrator"),
            }),
          },
        },
      },
      async () => ({
        link: (await people.needsFirst()) ? `${parts.origin}/console/first?token=${parts.firstToken}` : null,
      }),
    );
    app.post(
      "/v1/session/first",
      {
        schema: {
          summary: "Make the first administrator and log it in",
          description:
            "With the token of the link that was printed on a host; good as long as there is no administrator.",
          tags,
          body: firstSchema,
          response: { 200: sessionSchema },
        },
      },
      async (request, reply) => {
        assertFromHere(request);
        const { token, name, display, password } = request.body;
        if (!sameText(token, parts.firstToken))
          throw new Problem(
            "login-refused",
            "the link is not of this cluster: 'dialtone people first' on a node prints it",
          );
        await people.addFirst({ name, display, password });
        return await begin(name, "first", request, reply);
      },
    );

    const params = z.object({ name: personName });
    const done = z.object({ name: personName });
    const expected =
      ({ headers, params }: { headers: FastifyRequest["headers"]; params: { name: string } }) =>
      (before: Parameters<typeof keptOf>[0] | undefined): void =>
        assertExpected(headers, `person ${params.name}`, before && parts.tag(keptOf(before)));
    app.get(
      "/v1/people",
      {
        schema: {
          summary: "Who may log in",
          tags,
          querystring: pageQuery,
          response: { 200: z.object({ people: z.array(personSchema), next: z.string().nullable() }) },
        },
      },
      async ({ query: { after, limit } }) => {
        const found = await people.list(after, limit);
        return { people: found, next: found.length === limit ? (found.at(-1)?.name ?? null) : null };
      },
    );
    app.get(
      "/v1/people/:name",
      { schema: { summary: "One person", tags, params, response: { 200: personSchema } } },
      async ({ params: { name } }, reply) => {
        const row = await people.get(name);
        return reply.header("etag", parts.tag(keptOf(row))).send(await people.shown(name));
      },
    );
    app.post(
      "/v1/people",
      { schema: { summary: "A new person", tags, body: newPersonSchema, response: { 201: done } } },
      async (request, reply) => {
        const { body } = request;
        await people.add(body, { id: operationOf(request)?.id });
        await memory.read();
        return reply.code(201).send({ name: body.name });
      },
    );
    app.put(
      "/v1/people/:name",
      {
        config: { conditional: true },
        schema: {
          summary: "Create or replace a person",
          description:
            "A password that is not given stays. Whoever is disabled or gets a new password is logged out.",
          tags,
          params,
          body: putPersonSchema,
          response: { 200: done },
        },
      },
      async (request) => {
        const {
          params: { name },
          body,
        } = request;
        assertSameName(name, body.name);
        const person = { ...body, name };
        const before = (await people.stored(name)) && (await people.shown(name));
        if (before) await people.change(person, expected(request));
        else await people.add(person, { check: expected(request) });
        noteChange(request, {
          ...(before && { before }),
          after: { ...person, ...(body.password !== undefined && { password: "new" }) },
        });
        await memory.read();
        return { name };
      },
    );
    app.delete(
      "/v1/people/:name",
      {
        config: { conditional: true },
        schema: { summary: "Remove a person", tags, params, response: { 200: done } },
      },
      async (request) => {
        const { name } = request.params;
        noteChange(request, { before: await people.shown(name) });
        await people.remove(name, expected(request));
        await memory.read();
        return { name };
      },
    );
    app.put(
      "/v1/people/:name/password",
      {
        schema: {
          summary: "A new password",
          description:
            "For one's own the present one is needed; somebody else's is changed by administrators. All other logins of that person end.",
          tags,
          params,
          body: passwordChangeSchema,
          response: { 200: done },
        },
      },
      async (request) => {
        const { name } = request.params;
        const { password, current } = request.body;
        const principal = principalOf(request);
        const person = principal && "person" in principal ? principal.person : undefined;
        if (person?.name === name) await logins.byPassword(name, current ?? "", sourceOfRequest(request));
        else if (person && (person.role !== "administrator" || person.scope))
          throw new Problem("forbidden", "somebody else's password is changed by administrators only");
        else if (principal) await parts.assertFresh(principal);
        await people.setPassword(
          name,
          password,
          principal?.kind === "session" && person?.name === name ? principal.session : undefined,
        );
        await memory.read();
        return { name };
      },
    );
  };
