import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import cookie from "@fastify/cookie";
import helmet, { type FastifyHelmetOptions } from "@fastify/helmet";
import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import { type FastifyInstance, type FastifyRequest, fastify } from "fastify";
import { type FastifyPluginAsyncZod, serializerCompiler, validatorCompiler } from "fastify-type-provider-zod";
import type { Answers } from "../access/answers.ts";
import { type AuditLog, recordChanges } from "../access/audit.ts";
import { rememberAnswers } from "../access/idempotency.ts";
import { messageOf } from "../base/message.ts";
import { UndecidedError } from "../call/ask.ts";
import { appAccess, type Who } from "../http/access.ts";
import { guardRoutes, type LoggedIn, type TrustedSockets, tokenCheck } from "../http/auth.ts";
import { clientAddress } from "../http/client-address.ts";
import { NotAsExpected, tagAnswers } from "../http/etag.ts";
import type { HostLogins } from "../http/host-logins.ts";
import { catalogue, Problem, sendProblem } from "../http/problems.ts";
import { counters, registry } from "../telemetry/app-metrics.ts";
import { classify } from "./classify.ts";
import { consoleFiles, consoleRoutes } from "./console.ts";
import { describeAll, describeRoute } from "./openapi.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Address of whoever asks, also through a HAProxy. */
    readonly client: string;
  }
}

/** Largest request body, bytes. */
const bodyLimit = 1024 * 1024;

const release = (): string =>
  (JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as { version: string })
    .version;

/**
 * What browsers are told of all that is answered: nothing of it may run scripts or styles of others or from within a page, or be shown in
 * somebody else's page. `data:` pictures are the documentation's.
 */
const headers: FastifyHelmetOptions = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      "default-src": ["'self'"],
      "img-src": ["'self'", "data:"],
      "media-src": ["'self'", "blob:"],
      "object-src": ["'none'"],
      "base-uri": ["'none'"],
      "form-action": ["'self'"],
      "frame-ancestors": ["'none'"],
    },
  },
  strictTransportSecurity: { maxAge: 180 * 86_400, includeSubDomains: false },
  referrerPolicy: { policy: "no-referrer" },
  xFrameOptions: { action: "deny" },
};

/** FreeSWITCH's modules have their own ways to prove who they are. */
const isFreeswitch = (url: string): boolean => url.startsWith("/freeswitch/");

/** What the HTTP application is made from. */
export interface HttpParts {
  /** Of this host. */
  node: string;
  secrets: { api_token: string; peer_token: string };
  /** Of the cluster's HAProxies. */
  proxyKey: string;
  /** Of FreeSWITCH hosts. */
  logins: HostLogins;
  /** Who is logged in. */
  people: LoggedIn;
  audit: Pick<AuditLog, "add">;
  /** To requests that have a key. */
  answers: Answers;
  /** One for each domain, made where the domain is (context.ts). */
  routes: FastifyPluginAsyncZod[];
  loop: { read(): { p99Ms: number } };
  events: {
    requestFailed(method: string, url: string, error: unknown): void;
    answerNotKept(error: unknown): void;
  };
}

/** Builds the HTTP application; it does not listen. Errors leave it as RFC 9457 problem documents only. */
export async function buildHttp(
  { node, secrets, proxyKey, logins, people, audit, answers, routes, loop, events }: HttpParts,
  trusted: TrustedSockets,
): Promise<FastifyInstance> {
  const app = fastify({
    logger: false,
    bodyLimit,
    routerOptions: { maxParamLength: 200 },
    requestTimeout: 30_000,
    connectionTimeout: 60_000,
    forceCloseConnections: "idle",
  });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.decorateRequest("client", {
    getter() {
      return clientAddress(this.headers, this.raw.socket.remoteAddress, proxyKey);
    },
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "string" }, (_request, body, done) => {
    try {
      done(null, JSON.parse(String(body)) as unknown);
    } catch (error) {
      // The engine's message names line and column.
      done(new Problem("malformed-json", messageOf(error)));
    }
  });
  await app.register(cookie);
  await app.register(helmet, headers);
  const tokens = tokenCheck({ api: secrets.api_token, peer: secrets.peer_token });
  const whoOf = ({ raw, headers, url }: FastifyRequest): Who[] => {
    if (trusted.has(raw.socket)) return ["socket"];
    const known = tokens(headers.authorization);
    return isFreeswitch(url) && logins.whose(raw) !== undefined ? [...known, "freeswitch"] : known;
  };
  guardRoutes(app, appAccess, whoOf, people);
  recordChanges(app, appAccess, audit, node);
  tagAnswers(app);
  rememberAnswers(app, appAccess, { answers, events });
  // What is told of people and calls stays in no cache on the way, nor on a disk; who knows better says so.
  app.addHook("onRequest", async ({ url }, reply) => {
    if (url.startsWith("/v1/")) reply.header("cache-control", "no-store");
  });
  app.setErrorHandler((error, request, reply) => {
    const { code, detail, errors: fields, retryAfter } = classify(error);
    // An undecided call stands in the log already.
    if (code === "internal" && !(error instanceof UndecidedError))
      events.requestFailed(request.method, request.url, error);
    if (code === "unauthorized" && isFreeswitch(request.url))
      reply.header("www-authenticate", logins.challenges());
    if (error instanceof NotAsExpected && error.tag !== undefined) reply.header("etag", error.tag);
    return sendProblem(reply, code, detail, fields, retryAfter);
  });
  app.setNotFoundHandler((request, reply) =>
    sendProblem(reply, "not-found", `there is no ${request.method} ${request.url.split("?")[0]}`),
  );

  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Dialtone",
        version: release(),
        description:
          "Decides calls, keeps users, numbers and rules, takes call events, shows call records. " +
          "Errors are RFC 9457 problem documents; their codes are listed at /problems.",
      },
      components: { securitySchemes: { token: { type: "http", scheme: "bearer" } } },
      security: [{ token: [] }],
    },
    transform: describeRoute,
    transformObject: describeAll,
  });
  await app.register(swaggerUi, { routePrefix: "/docs" });
  app.get("/openapi.json", { schema: { hide: true } }, () => app.swagger());
  app.get("/problems", { schema: { hide: true } }, () => catalogue);
  app.get("/metrics", { schema: { hide: true } }, async (_request, reply) => {
    counters.loopDelay.set(loop.read().p99Ms / 1000);
    return reply.type(registry.contentType).send(await registry.metrics());
  });
  await app.register(consoleRoutes(consoleFiles, { node, run: randomUUID() }));
  for (const plugin of routes) await app.register(plugin);
  await app.ready();
  return app;
}
