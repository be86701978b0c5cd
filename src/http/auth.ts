import { createHash, timingSafeEqual } from "node:crypto";
import type { Server, Socket } from "node:net";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { type Access, areaOf, type ForPeople, type Rule, roles, type Who } from "./access.ts";
import { operationOf } from "./operation.ts";
import { letIn, type Principal } from "./principal.ts";
import { Problem } from "./problems.ts";
import { forgotNarrowing, Narrowing, narrow, type Related } from "./scope.ts";

/** Who may ask what: the one check of tokens, and of routes against their list (access.ts). */

/** What an `Authorization: Bearer` header carries; undefined: none. Pure. */
export const bearerOf = (header: string | undefined): string | undefined =>
  /^Bearer +(\S+)$/i.exec(header ?? "")?.[1];

const hash = (text: string): Buffer => createHash("sha256").update(text, "utf8").digest();

/** The tokens that a server knows, by who has them. */
export type Tokens = Partial<Record<Exclude<Who, "socket" | "freeswitch" | "app">, string>>;

/**
 * Says whose token an `Authorization: Bearer` header carries; nobody's: []. Compares in constant time; the lengths of the
 * tokens do not show either.
 */
export function tokenCheck(tokens: Tokens): (header: string | undefined) => Who[] {
  const known = Object.entries(tokens).map(([name, token]) => ({
    who: name as Who, // the keys of Tokens
    digest: hash(token),
  }));
  return (header) => {
    const given = bearerOf(header);
    if (given === undefined) return [];
    const digest = hash(given);
    return known.filter((one) => timingSafeEqual(digest, one.digest)).map((one) => one.who);
  };
}

/** Requests that came by the unix socket: whoever may open the file needs no token. */
export class TrustedSockets {
  private readonly sockets = new WeakSet<Socket>();

  trust(server: Server): void {
    server.on("connection", (socket) => this.sockets.add(socket));
  }

  has(socket: Socket): boolean {
    return this.sockets.has(socket);
  }
}

/** Who may ask this route. `GET /docs/*` in the list stands for all that is below. @throws Error when nobody said. */
export function accessOf(list: Access, method: string, url: string): Rule {
  const key = `${method === "HEAD" ? "GET" : method} ${url}`;
  const found = list[key] ?? Object.entries(list).find(([entry]) => covers(entry, key))?.[1];
  if (found === undefined) throw new Error(`${key} is not in src/http/access.ts: write there who may ask it`);
  return found;
}

const covers = (entry: string, key: string): boolean =>
  entry.endsWith("/*") && `${key}/`.startsWith(entry.slice(0, -1));

const whose: Record<Who, string> = {
  api: "api_token",
  peer: "the nodes' own token",
  metrics: "the token that 'dialtone metrics token' prints",
  freeswitch: "the login of a FreeSWITCH host",
  socket: "the unix socket on the host",
  app: "the app of the same host",
};

/** Whom a rule lets in; `role` undefined: no people. Pure. */
export const whoMay = (rule: Exclude<Rule, "open">): Partial<ForPeople> & { who: readonly Who[] } =>
  "role" in rule ? rule : { who: rule };

const inWords = (rule: Exclude<Rule, "open">): string => {
  const { who, role } = whoMay(rule);
  const people = role === undefined ? [] : [`people who are at least ${role}`];
  return [...who.map((one) => whose[one]), ...people].join(" and ");
};

/** How people who are logged in are known (access/guard.ts). */
export interface LoggedIn {
  /** Whose login the request bears; undefined: nobody's. @throws Problem: it must not be believed */
  of(request: FastifyRequest): Promise<Principal | undefined>;
  /** What belongs to what, for those who see a part of the service only. */
  related(): Related;
  /** May it be done now what the request asks, by whoever may? @throws Problem `database-unavailable` */
  assertNow(request: FastifyRequest): void;
  /** Was it proven a short while ago who asks? @throws Problem `proof-needed` */
  assertFresh(principal: Principal): Promise<void>;
}

/** @throws Problem `forbidden` */
function assertMay(principal: Principal, rule: Exclude<Rule, "open">, url: string, whom: string): void {
  if (!("person" in principal)) return;
  const { person } = principal;
  const { role, scope, tokens, enrol } = whoMay(rule);
  if (role === undefined) throw new Problem("forbidden", `${whom} only`);
  if (roles.indexOf(person.role) < roles.indexOf(role))
    throw new Problem("forbidden", `${whom} only; ${person.name} is ${person.role}`);
  if (principal.kind === "token") {
    const { areas } = principal;
    if (tokens === false) throw new Problem("forbidden", `${whom} who are logged in, not for tokens`);
    if (areas && !areas.includes(areaOf(url)))
      throw new Problem(
        "forbidden",
        `${person.name} is for ${areas.join(", ")} only, not for ${areaOf(url)}`,
      );
  }
  if (person.scope && scope === undefined)
    throw new Problem("forbidden", `${person.name} may see a part of the service only: this shows all of it`);
  if (principal.kind === "session" && principal.lacking && !enrol)
    throw new Problem(
      "second-factor-required",
      `${person.role}s need a second factor here, and ${person.name} has not set one up`,
    );
}

const nothing = { get: () => undefined };
const nothingRelated: Related = { users: nothing, groups: nothing, numbers: nothing };

/**
 * Lets only those to each route of `server` that `list` names, and refuses routes that are not in it when they are made.
 * Call it before the routes are.
 * @param whoOf who a request comes from; nobody known: []
 * @param people whoever is logged in; missing: this server knows no people
 */
export function guardRoutes(
  server: FastifyInstance,
  list: Access,
  whoOf: (request: FastifyRequest) => Who[],
  people?: LoggedIn,
): void {
  server.addHook("onRoute", ({ method, url }) => {
    for (const one of [method].flat()) accessOf(list, one, url);
  });
  server.addHook("onRequest", async (request) => {
    const { method, url } = request.routeOptions;
    // No such route: that is told only to those who may know something.
    const allowed = url === undefined ? undefined : accessOf(list, [method].flat()[0] ?? "GET", url);
    if (allowed === "open") return;
    const who = whoOf(request);
    const whom = allowed && `${request.method} ${url} is for ${inWords(allowed)}`;
    const program = who.find((one) => one === "api" || one === "socket");
    if (allowed && who.some((one) => whoMay(allowed).who.includes(one))) {
      if (program === "api" || program === "socket") letIn(request, { kind: program });
      return;
    }
    if (who.length > 0) {
      if (allowed) throw new Problem("forbidden", `${whom} only`);
      return;
    }
    const principal = await people?.of(request);
    if (principal) {
      if (allowed) assertMay(principal, allowed, url ?? "", whom ?? "");
      people?.assertNow(request);
      if (allowed && whoMay(allowed).fresh) await people?.assertFresh(principal);
      letIn(request, principal);
      if (allowed && whoMay(allowed).scope === "narrowed" && "person" in principal && principal.person.scope)
        narrow(request, new Narrowing(principal.person.scope, () => people?.related() ?? nothingRelated));
      return;
    }
    const sent =
      request.headers.authorization === undefined ? "no Authorization header was sent" : "unknown token";
    throw new Problem("unauthorized", whom === undefined ? sent : `${sent}; ${whom}`);
  });
  // A route that is said to show a part only, and does not ask which, shows nothing.
  server.addHook("onSend", async (request, reply, payload) => {
    const isNew = operationOf(request)?.repeated !== true;
    if (reply.statusCode < 400 && isNew && forgotNarrowing(request))
      throw new Error(
        `${request.method} ${request.routeOptions.url} is narrowed in access.ts, and never asked narrowingOf`,
      );
    return payload;
  });
}
