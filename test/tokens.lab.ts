import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HttpClient } from "../src/http/client.ts";
import { RealApp } from "./support/real-app.ts";

/** Tokens of programs, by HTTPS as a program would, with a real MariaDB. */

let app: RealApp;
let client: HttpClient;
beforeAll(async () => {
  app = await RealApp.open();
  const { self, cluster, secrets } = app.context;
  const origin = `https://${self.address}:${cluster.api.port}`;
  client = new HttpClient({ name: "the app", origin, tls: { ca: secrets.tls.ca } });
});
afterAll(async () => {
  await client?.[Symbol.asyncDispose]();
  await app?.[Symbol.asyncDispose]();
});

const inDays = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString();

/** A program with this token. */
const askWith = async (token: string, method: "GET" | "POST" | "DELETE", path: string, body?: unknown) => {
  const headers = { authorization: `Bearer ${token}`, "x-dialtone-who": "somebody%20else" };
  const { status, text } = await client.ask({ method, path, body, headers });
  // biome-ignore lint/suspicious/noExplicitAny: a test looks at whatever came
  return { status, body: JSON.parse(text || "null") as any };
};

const make = async (body: object): Promise<string> => {
  const { status, body: made } = await app.ask("POST", "/v1/tokens", { expires_at: inDays(30), ...body });
  expect(status).toBe(201);
  return made.token;
};

const user = { name: "1001", password: "a long enough secret" };

describe("tokens of programs", () => {
  it("one is shown once; its hash is kept; it opens what its role and its parts of the API do", async () => {
    const board = await make({ name: "board", role: "auditor", areas: ["users", "records"] });
    const keeper = await make({ name: "keeper", role: "operator" });
    expect(board).toMatch(/^dt_[A-Za-z0-9_-]{43}$/);
    const rows = await app.database.query("SELECT HEX(id) AS id FROM tokens WHERE name = 'board'");
    expect(rows).toEqual([{ id: createHash("sha256").update(board).digest("hex").toUpperCase() }]);
    const tried = [];
    for (const token of [board, keeper])
      for (const [method, path, body] of [
        ["GET", "/v1/users"],
        ["GET", "/v1/groups"],
        ["POST", "/v1/users", user],
        ["GET", "/v1/tokens"],
        ["POST", "/v1/calls/events", []],
      ] as const)
        tried.push((await askWith(token, method, path, body)).status);
    expect(tried).toEqual([200, 403, 403, 403, 403, 200, 200, 201, 403, 403]);
    const [entry] = (await app.ask("GET", "/v1/audit?who=token:keeper")).body.entries;
    expect(entry).toMatchObject({ who: "token:keeper", how: "token", route: "POST /v1/users" });
    expect((await app.ask("GET", "/v1/versions")).body.versions[0]).toMatchObject({ who: "token:keeper" });
    const { tokens } = await app.until("it is known when they were used", async () => {
      const { body } = await app.ask("GET", "/v1/tokens");
      return body.tokens.every(({ used_at }: { used_at: string | null }) => used_at !== null) && body;
    });
    expect(tokens).toMatchObject([{ name: "board", owner: null }, { name: "keeper" }]);
    const said = JSON.stringify([tokens, (await app.ask("GET", "/v1/audit?limit=1000")).body]) + app.log;
    for (const token of [board, keeper]) expect(said).not.toContain(token.slice(3));
  });

  it("one that was ended opens nothing at once, nor does the one of its name that comes after open its own", async () => {
    const token = await make({ name: "short", role: "auditor" });
    expect((await askWith(token, "GET", "/v1/users")).status).toBe(200);
    const again = { name: "short", role: "auditor", expires_at: inDays(1) };
    expect((await app.ask("POST", "/v1/tokens", again)).body).toMatchObject({ code: "exists" });
    expect((await app.ask("DELETE", "/v1/tokens/short")).status).toBe(200);
    expect((await askWith(token, "GET", "/v1/users")).status).toBe(401);
    expect((await app.ask("DELETE", "/v1/tokens/short")).status).toBe(404);
    const newer = await make({ name: "short", role: "auditor" });
    expect((await askWith(token, "GET", "/v1/users")).status).toBe(401);
    expect((await askWith(newer, "GET", "/v1/users")).status).toBe(200);
  });

  it("one that ends soon is told with the app's health, from which alerts are made", async () => {
    await make({ name: "ending", role: "auditor", expires_at: inDays(3) });
    const { tokens_ending } = (await app.ask("GET", "/v1/health")).body;
    expect(tokens_ending).toMatchObject([{ name: "ending", owner: null }]);
    await app.ask("DELETE", "/v1/tokens/ending");
    expect((await app.ask("GET", "/v1/health")).body.tokens_ending).toBeUndefined();
  });

  it("what the other node ended or lowered is known here within a second", async () => {
    const token = await make({ name: "far", role: "auditor" });
    expect((await askWith(token, "GET", "/v1/users")).status).toBe(200);
    await app.changeElsewhere("tokens", "ended_at = NOW(3)", "name = 'far'");
    const began = performance.now();
    await app.until("it is over", async () => (await askWith(token, "GET", "/v1/users")).status === 401);
    expect(performance.now() - began).toBeLessThan(1500);
  });

  it.each([
    [{ expires_at: inDays(400) }, "/expires_at"],
    [{ expires_at: inDays(-1) }, "/expires_at"],
    [{ expires_at: undefined }, "/expires_at"],
    [{ role: "king" }, "/role"],
    [{ areas: ["nonsense"] }, "/areas/0"],
    [{ name: "a token" }, "/name"],
    [{ more: 1 }, "/"],
  ])("%j is refused", async (more, path) => {
    const body = { name: "bad", role: "auditor", expires_at: inDays(30), ...more };
    const answer = await app.ask("POST", "/v1/tokens", body);
    expect(answer).toMatchObject({ status: 400, body: { code: "invalid-request" } });
    expect(answer.body.errors.map((error: { path: string }) => error.path)).toContain(path);
  });
});
