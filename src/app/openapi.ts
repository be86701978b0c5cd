import type { FastifyDynamicSwaggerOptions } from "@fastify/swagger";
import type { RouteOptions } from "fastify";
import { jsonSchemaTransform } from "fastify-type-provider-zod";
import { z } from "zod";
import { appAccess, isChange } from "../http/access.ts";
import { accessOf } from "../http/auth.ts";
import { problemSchema } from "../http/problems.ts";
import { messages } from "../webhooks/catalogue.ts";

/** What the API's document says of all routes alike: problems, tags, conditions. Each stands in one place. */

type Transform = NonNullable<FastifyDynamicSwaggerOptions["transform"]>;
type TransformObject = NonNullable<FastifyDynamicSwaggerOptions["transformObject"]>;

/** Marks of a route, until the document is whole. */
const conditional = "x-conditional";
const keyed = "x-keyed";

/** A schema of the document. */
const jsonSchema = (schema: z.ZodType): Record<string, unknown> => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { target: "draft-2020-12", io: "output" });
  return rest;
};

export const describeRoute: Transform = (given) => {
  const { schema, url } = jsonSchemaTransform(given as never) as ReturnType<Transform>;
  const { config } = given.route as RouteOptions;
  const { method } = given.route;
  const once = method === "POST" && isChange(accessOf(appAccess, method, url));
  const marks = {
    ...(config?.conditional === true && { [conditional]: true }),
    ...(once && { [keyed]: true }),
  };
  return { schema: { ...schema, ...marks }, url };
};

interface Operation {
  parameters?: unknown[];
  responses?: Record<string, { description?: string; headers?: Record<string, unknown>; content?: unknown }>;
  [conditional]?: true;
  [keyed]?: true;
}

interface Document {
  webhooks?: Record<string, unknown>;
  paths?: Record<string, Record<string, Operation>>;
  components?: { schemas?: Record<string, unknown> };
}

const header = (name: string, description: string) => ({
  ...{ in: "header", name, description },
  ...{ required: false, schema: { type: "string" } },
});
const conditions = [
  header(
    "If-Match",
    "the ETag of what is meant to be changed: if it is another one by now, 412, and nothing is changed",
  ),
  header("If-None-Match", "`*`: only if there is nothing of this name yet, else 412"),
];
const once = header(
  "Idempotency-Key",
  "made by whoever asks, a new one for each new request: with the same key the same request is done once, however often and to whichever " +
    "node it is sent within 24 hours, and answered as the first time (`Idempotent-Replayed: true`)",
);
const tagHeader = { ETag: { description: "of what is there now, for If-Match", schema: { type: "string" } } };
const refusal = {
  description: "Refused: `code` is stable, all of them: /problems",
  content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
};

/** Of the Standard Webhooks: what a message is signed by. */
const signed = [
  ["webhook-id", "the event's id, the same whenever it is sent again"],
  ["webhook-timestamp", "Unix time, seconds"],
  ["webhook-signature", "HMAC-SHA256, as Standard Webhooks say; the key: 'dialtone route key ADDRESS'"],
].map(([name = "", description = ""]) => ({ ...header(name, description), required: true }));

/** What people's own programs are told, by POST to their addresses. */
const webhooks = Object.fromEntries(
  messages.map(({ name, summary, schema, example }) => [
    name,
    {
      post: {
        summary,
        tags: ["webhooks"],
        parameters: signed,
        requestBody: {
          required: true,
          content: { "application/json": { schema: jsonSchema(schema), example } },
        },
        responses: {
          "2XX": { description: "taken" },
          default: {
            description: "not taken: the fallback address is told, and it is tried again for a day",
          },
        },
        security: [],
      },
    },
  ]),
);

/** Adds what is the same for all routes. */
export const describeAll: TransformObject = (given) => {
  if (!("openapiObject" in given)) return given.swaggerObject;
  const document = given.openapiObject as Document;
  document.webhooks = webhooks;
  document.components = {
    ...document.components,
    schemas: { ...document.components?.schemas, Problem: jsonSchema(problemSchema) },
  };
  for (const [path, operations] of Object.entries(document.paths ?? {}))
    for (const [method, operation] of Object.entries(operations)) {
      operation.responses = { ...operation.responses, default: refusal };
      const changes = operation[conditional] === true;
      delete operation[conditional];
      if (changes) operation.parameters = [...(operation.parameters ?? []), ...conditions];
      if (operation[keyed] === true) operation.parameters = [...(operation.parameters ?? []), once];
      delete operation[keyed];
      const good = operation.responses["200"] ?? operation.responses["201"];
      if (good && (changes || (method === "get" && path.endsWith("}"))))
        good.headers = { ...good.headers, ...tagHeader };
    }
  return given.openapiObject;
};
