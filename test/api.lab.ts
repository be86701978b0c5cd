import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HttpClient } from "../src/http/client.ts";
import { appSocket } from "./support/app-host.ts";
import { RealApp } from "./support/real-app.ts";

/** What the API promises to programs, whatever they do with it, with a real MariaDB. */

let app: RealApp;
let client: HttpClient;
beforeAll(async () => {
  app = await RealApp.open();
  client = new HttpClient({ name: "the app", socketPath: appSocket(app.context) });
});
afterAll(async () => {
  await client?.[Symbol.asyncDispose]();
  await app?.[Symbol.asyncDispose]();
});

type Method = "GET" | "POST" | "PUT" | "DELETE";

async function ask(method: Method, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const answer = await client.open({ method, path, headers, ...(body !== undefined && { body }) });
  const text = await answer.body.text();
  // biome-ignore lint/suspicious/noExplicitAny: a test looks at whatever came
  return { status: answer.status, tag: String(answer.headers.etag), body: JSON.parse(text || "null") as any };
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
