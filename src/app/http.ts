import { readFileSync } from "node:fs";
import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  fastify,
} from "fastify";
import {
  hasZodFastifySchemaValidationErrors,
  isResponseSerializationError,
  jsonSchemaTransform,
  serializerCompiler,
  validatorCompiler,
} from "fastify-type-provider-zod";
import { messageOf } from "../base/message.ts";
import { UndecidedError } from "../call/ask.ts";
import { errnoOf, isRetryable } from "../db/errors.ts";
import { drillRoutes } from "../drill-runs/history-api.ts";
import { entityRoutes } from "../entities/api.ts";
import { assertAllowed, type TrustedSockets } from "../http/auth.ts";
import { catalogue, Problem, type ProblemCode, problemDocument } from "../http/problems.ts";
import { JournalError } from "../journal/http-journal.ts";
import { probeRoutes } from "../probe/api.ts";
import { recordingRoutes } from "../recordings/api.ts";
import { peerRecordingRoutes } from "../recordings/peer-api.ts";
import { recordRoutes } from "../records/api.ts";
import { moveRoutes } from "../records/moves.ts";
import { simulationRoutes } from "../routing/api.ts";
import { registry as entities } from "../routing/registry.ts";
import { counters, registry } from "../telemetry/app-metrics.ts";
import { callRoutes } from "./calls-api.ts";
import { healthRoutes } from "./health-api.ts";
import { decidingWith, type Services } from "./services.ts";

/** Largest request body, bytes. */
const bodyLimit = 1024 * 1024;

const release = (): string =>
  (JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as { version: string })
    .version;

/** Builds the HTTP application; it does not listen. Errors leave it as RFC 9457 problem documents only. */
export async function buildHttp(services: Services, trusted: TrustedSockets): Promise<FastifyInstance> {
  const { api_token, peer_token } = services.context.secrets;
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
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "string" }, (_request, body, done) => {
    try {
      done(null, JSON.parse(String(body)) as unknown);
    } catch (error) {
      // The engine's message names line and column.
      done(new Problem("malformed-json", messageOf(error)));
    }
  });
  app.addHook("onRequest", async (request) => assertAllowed(request, trusted, [api_token, peer_token]));
  app.setErrorHandler((error, request, reply) => sendProblem(services, error, request, reply));
  app.setNotFoundHandler((request, reply) => {
    const document = problemDocument(
      "not-found",
      `there is no ${request.method} ${request.url.split("?")[0]}`,
    );
    return reply.code(404).type("application/problem+json").send(JSON.stringify(document));
  });

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
    transform: jsonSchemaTransform,
  });
  await app.register(swaggerUi, { routePrefix: "/docs" });
  app.get("/openapi.json", { schema: { hide: true } }, () => app.swagger());
  app.get("/problems", { schema: { hide: true } }, () => catalogue);
  app.get("/metrics", { schema: { hide: true } }, async (_request, reply) => {
    counters.loopDelay.set(services.loop.read().p99Ms / 1000);
    return reply.type(registry.contentType).send(await registry.metrics());
  });
  await app.register(callRoutes({ ...services, deciding: decidingWith(services) }));
  await app.register(healthRoutes(services));
  const { realm } = services.context.cluster.sip;
  for (const entity of Object.values(entities))
    await app.register(
      entityRoutes(entity, { database: services.database, live: services.live, setting: { realm } }),
    );
  await app.register(simulationRoutes(services.live, realm));
  await app.register(recordRoutes(services));
  await app.register(moveRoutes(services));
  await app.register(probeRoutes(services));
  await app.register(drillRoutes(services));
  await app.register(recordingRoutes(services));
  await app.register(peerRecordingRoutes(services));
  await app.ready();
  return app;
}

function sendProblem(
  services: Services,
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const { code, detail, errors } = classify(error);
  // An undecided call stands in the log already.
  if (code === "internal" && !(error instanceof UndecidedError))
    services.events.requestFailed(request.method, request.url, error);
  const document = problemDocument(code, detail, errors);
  if (code === "unauthorized") reply.header("www-authenticate", 'Bearer realm="dialtone"');
  if (document.status === 503) reply.header("retry-after", "2");
  return reply.code(document.status).type("application/problem+json").send(JSON.stringify(document));
}

const fastifyCodes: Record<string, ProblemCode> = {
  FST_ERR_CTP_BODY_TOO_LARGE: "too-large",
  FST_ERR_CTP_INVALID_MEDIA_TYPE: "unsupported-media-type",
  FST_ERR_CTP_EMPTY_JSON_BODY: "malformed-json",
  FST_ERR_CTP_INVALID_JSON_BODY: "malformed-json",
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: "invalid-request",
};

/** Which problem an error is. Pure. */
export function classify(error: unknown): {
  code: ProblemCode;
  detail: string;
  errors?: { path: string; message: string }[];
} {
  if (error instanceof Problem)
    return { code: error.code, detail: error.message, ...(error.errors && { errors: error.errors }) };
  if (!(error instanceof Error)) return { code: "internal", detail: "see the app's log" };
  if (error instanceof UndecidedError) return { code: "internal", detail: error.message };
  if (error instanceof JournalError) return { code: "journal-unavailable", detail: error.message };
  if (hasZodFastifySchemaValidationErrors(error)) {
    const errors = error.validation.map((fault) => ({
      path: fault.instancePath === "" ? "/" : fault.instancePath,
      message: fault.message ?? "is not valid",
    }));
    const where = (error as { validationContext?: string }).validationContext ?? "request";
    return {
      code: "invalid-request",
      detail: `the ${where} does not fit: ${errors[0]?.path} ${errors[0]?.message}`,
      errors,
    };
  }
  if (isResponseSerializationError(error))
    return { code: "internal", detail: "the answer does not fit its own schema" };
  const known = fastifyCodes[(error as FastifyError | undefined)?.code ?? ""];
  if (known) return { code: known, detail: (error as Error).message };
  if (isRetryable(error)) return { code: "database-unavailable", detail: error.message };
  if (errnoOf(error) === 1969) return { code: "search-too-slow", detail: "gave up after 2 s" };
  // The first start: the database answers, but its tables are still being made.
  if (errnoOf(error) === 1146) return { code: "database-unavailable", detail: "the tables are not made yet" };
  const status = (error as FastifyError | undefined)?.statusCode;
  if (status !== undefined && status >= 400 && status < 500)
    return { code: "invalid-request", detail: (error as Error).message };
  return { code: "internal", detail: "see the app's log" };
}
