import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { question, rpc } from "./support/app-calls.ts";
import { RealApp } from "./support/real-app.ts";

/** Whom rules leave a decision or a call to, with the real app, its scripts' process, a real MariaDB and a web server. */
let app: RealApp;
const ask: RealApp["ask"] = (method, path, body) => app.ask(method, path, body);
const decided: RealApp["decided"] = (number) => app.decided(number);

/** The customer's application: answers what the test wants, after a while. */
const customer = {
  answer: { action: "next" } as unknown,
  status: 200,
  afterMs: 0,
  asked: [] as { text: string; headers: Record<string, string> }[],
};
let web: Server;
const url = (path: string) => `http://127.0.0.1:${(web.address() as AddressInfo).port}${path}`;

beforeAll(async () => {
  web = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const text = Buffer.concat(parts).toString();
    customer.asked.push({ text, headers: request.headers as Record<string, string> });
    await delay(customer.afterMs);
    response.writeHead(customer.status).end(JSON.stringify(customer.answer));
  });
  web.listen(0, "127.0.0.1");
  await once(web, "listening");
  app = await RealApp.open();
});

afterAll(async () => {
  await app[Symbol.asyncDispose]();
  web.closeAllConnections();
  web.close();
});

describe("scripts", () => {
  // As much as may be set: what counts as the processor's is the clock on the wall, and this machine may be busy.
  const script = (source: string, more: object = {}) => ({ source, deadline_ms: 3000, cpu_ms: 100, ...more });

  it("are refused with line and column, and nothing is saved", async () => {
    const source =
      "export function decide(call: Call): Answer {\n  return { action: 'reject', code: call.nummer };\n}";
    expect(await ask("POST", "/v1/scripts", { name: "s", source })).toMatchObject({
      status: 422,
      body: { code: "invalid-script", detail: expect.stringMatching(/line 2, column \d+: .*nummer/) },
    });
    expect(await ask("GET", "/v1/scripts/s")).toMatchObject({ status: 404 });
  });

  it("decide, look numbers up, and let the next rule decide", async () => {
    await ask("POST", "/v1/users", { name: "ada", password: "correct horse" });
    await ask("PUT", "/v1/numbers/5000", { user: "ada" });
    const source = `export async function decide(call: Call, helpers: Helpers): Promise<Answer> {
      if (call.number === "7001") return { action: "next" };
      console.log("asked for", call.number);
      return { action: "route", targets: [{ type: "user", user: (await helpers.userOf("5000")) ?? "nobody" }] };
    }`;
    expect(await ask("PUT", "/v1/scripts/s", script(source))).toMatchObject({ status: 200 });
    await ask("PUT", "/v1/routes/s", { match: { prefix: "700" }, action: { type: "script", script: "s" } });
    await ask("PUT", "/v1/routes/behind", { match: { prefix: "70" }, action: { type: "reject", code: 480 } });
    expect(await decided("7000")).toMatchObject({ action: "route", rule: "s", targets: [{ user: "ada" }] });
    expect(await decided("7001")).toMatchObject({ action: "reject", rule: "behind" });
    const { body } = await ask("GET", "/v1/rules/simulate?number=7001");
    expect(body.considered[0]).toMatchObject({ candidate: "s", verdict: "passed over" });
    expect((await ask("GET", "/v1/scripts/s/log")).body).toMatchObject({
      answered: expect.any(Number),
      lines: expect.arrayContaining([expect.objectContaining({ text: "asked for 7000" })]),
    });
    expect(await ask("DELETE", "/v1/scripts/s")).toMatchObject({ status: 409, body: { code: "in-use" } });
  });

  it("that are changed decide anew at once; one that loops leaves the call to the next rule", async () => {
    await ask(
      "PUT",
      "/v1/scripts/s",
      script("export const decide = (): Answer => ({ action: 'reject', code: 486 });"),
    );
    expect(await decided("7000")).toMatchObject({ code: 486, rule: "s" });
    await ask("PUT", "/v1/scripts/s", script("export const decide = (): Answer => { for (;;); };"));
    expect(await decided("7000")).toMatchObject({ code: 480, rule: "behind" });
    expect((await ask("GET", "/v1/scripts/s/log")).body).toMatchObject({
      failure: expect.stringMatching(/100 ms of the processor/),
    });
    await app.until("it rests", async () => {
      await decided("7000");
      return (await ask("GET", "/v1/scripts/s/log")).body.resting;
    });
  });
});

describe("web applications", () => {
  const rule = (more: object = {}) => ({
    match: { prefix: "800" },
    action: { type: "ask", url: url("/decide?a=1"), deadline_ms: 2000, ...more },
  });

  it("get the signed question, and decide", async () => {
    await ask("PUT", "/v1/routes/crm", rule());
    customer.answer = { action: "route", targets: [{ type: "user", user: "ada" }] };
    expect(await decided("8000")).toMatchObject({ rule: "crm", targets: [{ user: "ada" }] });
    const [asked] = customer.asked;
    const { body } = await ask("GET", `/v1/question-key?url=${encodeURIComponent(url("/other"))}`);
    expect(new Webhook(body.key).verify(asked?.text ?? "", asked?.headers ?? {})).toMatchObject({
      number: "8000",
    });
  });

  it("that take their time are asked for again, in Kamailio's way", async () => {
    customer.afterMs = 600;
    const { result } = await rpc("decide_line", question("8000"));
    expect(result).toMatch(/^wait\|\d+$/);
    const late = await rpc("decided", { id: result.split("|")[1] });
    expect(late.result).toMatch(/^serial\|.*\|crm\|/);
    customer.afterMs = 0;
  });

  it("that answer nonsense are as good as silent: the fallback, then the last answer for this caller, then the next rule", async () => {
    await ask("PUT", "/v1/routes/otherwise", {
      match: { prefix: "80" },
      action: { type: "reject", code: 480 },
    });
    customer.answer = { action: "route", targets: "everywhere" };
    expect(await decided("8000")).toMatchObject({ rule: "crm", targets: [{ user: "ada" }] });
    expect(await decided("8001")).toMatchObject({ code: 480, rule: "otherwise" });
    customer.answer = { action: "reject", code: 486 };
    await ask("PUT", "/v1/routes/crm", rule({ url: "http://127.0.0.1:1/", fallback_url: url("/b") }));
    await app.until("the fallback is asked", async () => (await decided("8001")).code === 486);
    expect(app.log).toMatch(/a web application did not decide/);
  });
});

describe("carriers", () => {
  const entry = { addresses: [{ host: "sip.one.example" }], number: "00{digits}" };

  it("keep their passwords to themselves, and tell them to Kamailio alone", async () => {
    const login = { user: "acme", password: "s3cret-of-one" };
    expect(await ask("POST", "/v1/carriers", { name: "one", ...entry, login })).toMatchObject({
      status: 201,
    });
    const { body } = await ask("GET", "/v1/carriers/one");
    expect(body.login).toEqual({ user: "acme" });
    expect(await rpc("carrier_login", { carrier: "one" })).toMatchObject({ result: "acme s3cret-of-one " });
    expect(await rpc("carrier_login", { carrier: "two" })).toMatchObject({ error: { code: 404 } });
    // On the disk of a node, too.
    const kept = await app.until("the snapshot is on the disk", async () => {
      const text = await readFile(join(app.context.dirs.app, "rules.ndjson"), "utf8");
      return text.includes("sip.one.example") && text;
    });
    expect(kept).not.toContain("s3cret-of-one");
    expect(app.log).not.toContain("s3cret-of-one");
  });

  it("keep the password when they are replaced without one, but not for another user", async () => {
    expect(
      await ask("PUT", "/v1/carriers/one", { ...entry, login: { user: "acme", realm: "r" } }),
    ).toMatchObject({
      status: 200,
    });
    expect(await rpc("carrier_login", { carrier: "one" })).toMatchObject({ result: "acme s3cret-of-one r" });
    expect(await ask("PUT", "/v1/carriers/one", { ...entry, login: { user: "other" } })).toMatchObject({
      status: 400,
    });
  });

  it("are registered at with that password, by agents that ask", async () => {
    const put = (body: object) => ask("PUT", "/v1/carriers/one", { ...entry, ...body });
    expect(await put({ register: {} })).toMatchObject({ status: 400 });
    expect(
      await put({ login: { user: "acme", realm: "r" }, register: { contact: "+4930123" } }),
    ).toMatchObject({
      status: 200,
    });
    expect(await rpc("registrations", {})).toMatchObject({
      result: [{ name: "one", contact: "+4930123", password: "s3cret-of-one", registrar: "sip.one.example" }],
    });
    expect(await put({ login: { user: "acme", realm: "r" } })).toMatchObject({ status: 200 });
    expect(await rpc("registrations", {})).toMatchObject({ result: [] });
  });

  it("are named by rules, and can not be removed then", async () => {
    const action = { type: "route", targets: [{ type: "carrier", carrier: "one" }] };
    await ask("PUT", "/v1/routes/world", { match: { prefix: "+" }, action });
    expect(await decided("+4930123")).toMatchObject({
      targets: [{ uri: "sip:004930123@sip.one.example", carrier: "one" }],
    });
    const { result } = await rpc("decide_line", question("+4930123"));
    expect(result).toMatch(/\|dc\|.*\|one,[0-9a-f]{8},2000,\.401\.403\.407\.408\.5xx\.$/);
    expect(await ask("DELETE", "/v1/carriers/one")).toMatchObject({ status: 409, body: { code: "in-use" } });
  });
});
