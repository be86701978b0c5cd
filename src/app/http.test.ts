import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FastifyInstance, InjectOptions } from "fastify";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hostOf, secret, smallCluster } from "../../test/support/host.ts";
import { clusterSchema } from "../cluster/schema.ts";
import { appAccess } from "../http/access.ts";
import { TrustedSockets, whoMay } from "../http/auth.ts";
import { type App, createApp } from "./context.ts";
import { buildHttp } from "./http.ts";

/** The whole app as it is composed, without any listener or database. */
let root: string;
let parts: App;
let server: FastifyInstance;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "dialtone-http-"));
  const cluster = clusterSchema.parse(smallCluster);
  const context = hostOf(cluster, "a", root, { api_token: `api-${secret}`, peer_token: `peer-${secret}` });
  parts = await createApp(context, pino({ level: "silent" }));
  // A route without an entry in access.ts is refused here.
  server = await buildHttp(parts.http, new TrustedSockets());
});
afterAll(async () => {
  await server.close();
  await parts[Symbol.asyncDispose]();
  await rm(root, { recursive: true, force: true });
});

const entries = Object.entries(appAccess).map(([key, access]) => {
  const [method = "", url = ""] = key.split(" ");
  return { key, method: method as "GET" | "POST" | "PUT" | "DELETE", url, access };
});

async function ask(method: InjectOptions["method"], url: string, token?: "api" | "peer" | "wrong") {
  const { api_token, peer_token } = parts.context.secrets;
  const text = token && { api: api_token, peer: peer_token, wrong: "wrong" }[token];
  return await server.inject({
    ...(method && { method }),
    url: url.replace(/:\w+/g, "0".repeat(32)),
    headers: text === undefined ? {} : { authorization: `Bearer ${text}` },
  });
}

describe("who may ask the app what", () => {
  test("the list names only routes that there are", () => {
    const stale = entries.filter(
      ({ method, url }) => !url.endsWith("/*") && !server.hasRoute({ method, url }),
    );
    expect(stale.map(({ key }) => key)).toEqual([]);
  });

  test.each(entries.filter(({ access }) => access !== "open"))(
    "$key: nobody without a token",
    async (one) => {
      for (const token of [undefined, "wrong"] as const) {
        const answer = await ask(one.method, one.url, token);
        expect(answer.statusCode).toBe(401);
        expect(answer.json()).toMatchObject({ code: "unauthorized" });
      }
    },
  );

  const closedTo = (who: "api" | "peer") =>
    entries.filter(({ access }) => access !== "open" && !whoMay(access).who.includes(who));
  test.each(closedTo("peer"))("$key: not with the peers' token", async ({ method, url }) => {
    const answer = await ask(method, url, "peer");
    expect(answer.statusCode).toBe(403);
    expect(answer.headers["content-type"]).toMatch(/application\/problem\+json/);
    expect(answer.json()).toMatchObject({ code: "forbidden" });
  });
  test.each(closedTo("api"))("$key: not with the API's token", async ({ method, url }) => {
    expect((await ask(method, url, "api")).statusCode).toBe(403);
  });

  test("the nodes' own token opens what nodes ask of each other, and nothing else of the API", () => {
    const open = entries.filter(({ access }) => access !== "open" && whoMay(access).who.includes("peer"));
    expect(open.map(({ key }) => key)).toEqual([
      "GET /v1/recordings/:id/audio",
      ...entries.filter(({ url }) => url.startsWith("/v1/peer/")).map(({ key }) => key),
    ]);
  });

  test("with its token the API answers, its documentation without", async () => {
    expect((await ask("GET", "/v1/health", "api")).statusCode).toBe(200);
    expect((await ask("GET", "/problems")).statusCode).toBe(200);
    expect((await ask("GET", "/docs/")).statusCode).toBe(200);
    expect((await ask("GET", "/no-such-path", "peer")).statusCode).toBe(404);
  });
});
