import { randomUUID } from "node:crypto";
import { join } from "node:path";
import type { FastifyInstance } from "fastify";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type App, createApp } from "../src/app/context.ts";
import { buildHttp } from "../src/app/http.ts";
import { TrustedSockets } from "../src/http/auth.ts";
import { HttpClient } from "../src/http/client.ts";
import { appSocket } from "./support/app-host.ts";
import { RealApp } from "./support/real-app.ts";

/** What the API promises to programs, whatever they do with it, with a real MariaDB. */

let app: RealApp;
let client: HttpClient;
/** The app of the other node, without listeners, with the same database. */
let other: App;
let otherHttp: FastifyInstance;
beforeAll(async () => {
  app = await RealApp.open();
  const socketPath = join(app.context.dirs.run, "mariadb", "mysqld.sock");
  const endpoints = [{ name: "the database", socketPath }];
  other = await createApp(app.contextOf("b"), pino({ level: "silent" }), { endpoints });
  otherHttp = await buildHttp(other.http, new TrustedSockets());
  client = new HttpClient({ name: "the app", socketPath: appSocket(app.context) });
});
afterAll(async () => {
  await otherHttp?.close();
  await other?.[Symbol.asyncDispose]();
  await client?.[Symbol.asyncDispose]();
  await app?.[Symbol.asyncDispose]();
});

type Method = "GET" | "POST" | "PUT" | "DELETE";

async function ask(method: Method, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const answer = await client.open({ method, path, headers, ...(body !== undefined && { body }) });
  const text = await answer.body.text();
  // biome-ignore lint/suspicious/noExplicitAny: a test looks at whatever came
  const parsed = JSON.parse(text || "null") as any;
  return { status: answer.status, headers: answer.headers, tag: String(answer.headers.etag), body: parsed };
}

/** The same asked of the other node. */
async function askOther(url: string, payload: object, headers: Record<string, string>) {
  const authorization = `Bearer ${app.context.secrets.api_token}`;
  const answer = await otherHttp.inject({
    method: "POST",
    url,
    payload,
    headers: { ...headers, authorization },
  });
  return { status: answer.statusCode, headers: answer.headers, body: answer.json() };
}

describe("two who change the same", () => {
  /** Makes it, changes it by two who had looked at the same, and removes it. */
  async function contested(path: string, one: object, other: object): Promise<void> {
    const first = await ask("GET", path);
    expect([first.status, first.tag]).toEqual([200, expect.stringMatching(/^"[\w-]{27}"$/)]);
    expect((await ask("GET", path)).tag).toBe(first.tag);
    expect((await ask("GET", path, undefined, { "if-none-match": first.tag })).status).toBe(304);
    const changed = await ask("PUT", path, one, { "if-match": first.tag });
    expect(changed.status).toBe(200);
    const now = await ask("GET", path);
    expect(now.tag).not.toBe(first.tag);
    const late = await ask("PUT", path, other, { "if-match": first.tag });
    expect(late).toMatchObject({ status: 412, tag: now.tag, body: { code: "precondition-failed" } });
    expect((await ask("DELETE", path, undefined, { "if-match": first.tag })).status).toBe(412);
    expect((await ask("GET", path)).body).toEqual(now.body);
    // Having brought both together, with the tag that the refusal named; a proxy may have weakened it.
    expect((await ask("PUT", path, other, { "if-match": `W/${late.tag}` })).status).toBe(200);
  }

  const password = "a long enough secret";
  const site = { country: "DE", time_zone: "Europe/Berlin" };
  const url = "https://a.example/";
  it.each([
    ["users", { name: "ada", password }, { display: "A" }, { display: "B" }],
    ["flags", { name: "closed", on: true }, { on: false }, { on: true, description: "x" }],
    ["sites", { name: "office", ...site }, { ...site, country: "AT" }, { ...site, country: "CH" }],
    ["webhooks", { name: "crm", url }, { url: `${url}b` }, { url: `${url}c` }],
    ["people", { name: "ada", role: "user" }, { role: "auditor" }, { role: "operator" }],
  ])("of %s: the second is told, and loses nothing", async (kind, body, one, other) => {
    if (kind === "people") await ask("PUT", "/v1/people/root", { role: "administrator", password });
    const made = await ask("POST", `/v1/${kind}`, body);
    expect(made.status).toBe(201);
    const path = `/v1/${kind}/${body.name}`;
    await contested(path, one, other);
    const { tag } = await ask("GET", path);
    expect((await ask("DELETE", path, undefined, { "if-match": tag })).status).toBe(200);
    const gone = await ask("PUT", path, one, { "if-match": tag });
    expect(gone).toMatchObject({ status: 412, tag: "undefined" });
  });

  it("makes one only if there is none", async () => {
    const once = { "if-none-match": "*" };
    expect((await ask("PUT", "/v1/users/bob", { password }, once)).status).toBe(200);
    expect(await ask("PUT", "/v1/users/bob", { password }, once)).toMatchObject({ status: 412 });
    expect((await ask("PUT", "/v1/people/bob", { role: "user" }, once)).status).toBe(200);
    expect((await ask("PUT", "/v1/people/bob", { role: "user" }, once)).status).toBe(412);
  });

  it("a tag changes with what is not shown, and does not with a login; who was changed says the new one", async () => {
    const before = await ask("GET", "/v1/users/bob");
    const put = await ask("PUT", "/v1/users/bob", { password: "another secret of it" });
    const after = await ask("GET", "/v1/users/bob");
    expect(after.body).toEqual(before.body);
    expect(after.tag).not.toBe(before.tag);
    expect(put.tag).toBe(after.tag);
  });

  it("what does not look at a condition refuses it", async () => {
    const refused = await ask("POST", "/v1/users", { name: "eve" }, { "if-match": '"x"' });
    expect(refused).toMatchObject({ status: 400, body: { code: "invalid-request" } });
    expect((await ask("GET", "/v1/users/eve")).status).toBe(404);
  });
});

describe("a request with a key", () => {
  const secret = "a long enough secret";
  const keyed = () => ({ "idempotency-key": randomUUID() });
  const versions = async () =>
    Number((await app.database.query("SELECT version FROM rules_version"))[0]?.version);
  /** As if the node had died when it had done it, before its answer was kept; so long ago. */
  const forget = (ms: number) =>
    app.database.query(
      `UPDATE idempotency SET answer = NULL, until = '${new Date(Date.now() - ms).toISOString().slice(0, -1).replace("T", " ")}'`,
    );

  it("is done once, whichever node it is sent to, and answered as the first time", async () => {
    const key = keyed();
    const first = await ask("POST", "/v1/users", { name: "once", password: secret }, key);
    expect(first.status).toBe(201);
    const before = await versions();
    const again = await ask("POST", "/v1/users", { name: "once", password: secret }, key);
    const there = await askOther("/v1/users", { name: "once", password: secret }, key);
    for (const answer of [again, there])
      expect(answer).toMatchObject({
        status: 201,
        body: first.body,
        headers: { "idempotent-replayed": "true", etag: first.tag },
      });
    expect(await versions()).toBe(before);
    const { entries } = (await ask("GET", `/v1/audit?route=${encodeURIComponent("POST /v1/users")}`)).body;
    expect(entries.filter(({ after }: { after: { name?: string } }) => after.name === "once")).toHaveLength(
      1,
    );
    // A quoted key is the same, and without one it is what it was.
    const quoted = { "idempotency-key": `"${key["idempotency-key"]}"` };
    expect((await askOther("/v1/users", { name: "once", password: secret }, quoted)).status).toBe(201);
    expect((await askOther("/v1/users", { name: "once", password: secret }, {})).status).toBe(409);
  });

  it("has a key of its own", async () => {
    const key = keyed();
    expect((await ask("POST", "/v1/flags", { name: "one", on: true }, key)).status).toBe(201);
    const body = await ask("POST", "/v1/flags", { name: "two", on: true }, key);
    expect(body).toMatchObject({ status: 422, body: { code: "key-reused" } });
    expect((await askOther("/v1/sites", { name: "one", country: "DE", time_zone: "UTC" }, key)).status).toBe(
      422,
    );
    expect((await ask("GET", "/v1/flags/two")).status).toBe(404);
    const bad = await ask(
      "POST",
      "/v1/flags",
      { name: "two", on: true },
      { "idempotency-key": "x".repeat(129) },
    );
    expect(bad).toMatchObject({ status: 400, body: { errors: [{ path: "/idempotency-key" }] } });
  });

  it("whose node died before it answered: the other waits until that is sure, and finds what was done", async () => {
    for (const [path, body] of [
      ["/v1/flags", { name: "three", on: true }],
      ["/v1/people", { name: "three", role: "administrator", password: secret }],
    ] as const) {
      const key = keyed();
      const first = await ask("POST", path, body, key);
      expect(first.status).toBe(201);
      const before = await versions();
      await forget(-4000);
      const early = await askOther(path, body, key);
      expect(early).toMatchObject({
        status: 409,
        body: { code: "in-progress" },
        headers: { "retry-after": "1" },
      });
      await forget(1);
      const late = await askOther(path, body, key);
      expect([late.status, late.body]).toEqual([201, first.body]);
      expect(late.headers["idempotent-replayed"]).toBeUndefined();
      expect(await versions()).toBe(before);
    }
  });

  it("that was refused has done nothing: the key is free", async () => {
    const key = keyed();
    const refused = await ask("POST", "/v1/numbers", { number: "+49711", user: "nobody" }, key);
    expect(refused).toMatchObject({ status: 422, body: { code: "unknown-user" } });
    expect((await askOther("/v1/numbers", { number: "+49711", user: "once" }, key)).status).toBe(201);
  });

  it("is a dial that rings once", async () => {
    await other.live.catchUp();
    const key = keyed();
    const [one, two] = await Promise.all([
      ask("POST", "/v1/dials", { from: "bob", to: "once" }, key),
      askOther("/v1/dials", { from: "bob", to: "once" }, key),
    ]);
    const made = [one, two].filter(({ status }) => status === 201);
    expect(made.length).toBeGreaterThan(0);
    for (const { status, body } of [one, two])
      expect(status === 201 ? body.id : body.code).toBe(status === 201 ? made[0]?.body.id : "in-progress");
    expect(await app.database.query("SELECT id FROM dials")).toHaveLength(1);
  });

  it("keeps no answer that can be read in the database", async () => {
    const [row] = await app.database.query(
      "SELECT CONVERT(answer USING utf8mb4) AS text FROM idempotency WHERE answer IS NOT NULL",
    );
    expect(String(row?.text)).toMatch(/^[\w-]{40,}$/);
  });
});
