import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hostOf, secret, smallCluster } from "../../test/support/host.ts";
import { clusterSchema } from "../cluster/schema.ts";
import { TrustedSockets } from "../http/auth.ts";
import { createApp } from "./context.ts";
import { buildHttp } from "./http.ts";

/** What the API's document promises of all routes alike. */

interface Operation {
  parameters?: { name: string; in: string }[];
  responses: Record<
    string,
    { content?: Record<string, { schema?: { properties?: Record<string, unknown> } }> }
  >;
}

let root: string;
let operations: { method: string; path: string; operation: Operation }[];
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "dialtone-openapi-"));
  const context = hostOf(clusterSchema.parse(smallCluster), "a", root, {
    api_token: `api-${secret}`,
    peer_token: `peer-${secret}`,
  });
  await using app = await createApp(context, pino({ level: "silent" }));
  const server = await buildHttp(app.http, new TrustedSockets());
  const { paths } = (await server.inject("/openapi.json")).json() as {
    paths: Record<string, Record<string, Operation>>;
  };
  await server.close();
  operations = Object.entries(paths).flatMap(([path, all]) =>
    Object.entries(all).map(([method, operation]) => ({ method, path, operation })),
  );
});
afterAll(() => rm(root, { recursive: true, force: true }));

const named = ({ parameters = [] }: Operation, where: string): string[] =>
  parameters.filter((one) => one.in === where).map(({ name }) => name);

describe("the document", () => {
  it("has one way of paging", () => {
    // The first of a ranking are no page of a list.
    const paged = operations.filter(
      ({ path, operation }) => path !== "/v1/reports/calls" && named(operation, "query").includes("limit"),
    );
    expect(paged.length).toBeGreaterThan(20);
    for (const { path, operation } of paged) {
      expect([path, named(operation, "query")]).toEqual([path, expect.arrayContaining(["after"])]);
      const answer = operation.responses["200"]?.content?.["application/json"]?.schema?.properties;
      expect([path, Object.keys(answer ?? {})]).toEqual([path, expect.arrayContaining(["next"])]);
    }
    const others = operations.filter(({ operation }) =>
      named(operation, "query").some((name) => ["cursor", "offset", "page"].includes(name)),
    );
    expect(others.map(({ path }) => path)).toEqual([]);
  });

  it("says how each route refuses, which are done once by a key, and which look at conditions", () => {
    for (const { operation } of operations)
      expect(operation.responses.default?.content).toHaveProperty(["application/problem+json"]);
    const having = (name: string) =>
      operations
        .filter(({ operation }) => named(operation, "header").includes(name))
        .map(({ method, path }) => `${method} ${path}`);
    expect(having("Idempotency-Key")).toEqual(
      expect.arrayContaining(["post /v1/users", "post /v1/dials", "post /v1/orders", "post /v1/drafts"]),
    );
    expect(having("Idempotency-Key").filter((key) => !key.startsWith("post "))).toEqual([]);
    expect(having("If-Match")).toEqual(
      expect.arrayContaining(["put /v1/users/{name}", "delete /v1/people/{name}", "put /v1/me/features"]),
    );
  });
});
