import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ApiBrowser, type Door, doorOf } from "./support/api-browser.ts";
import { event } from "./support/app-calls.ts";
import { RealApp } from "./support/real-app.ts";

/** People, their logins and what they may, by HTTPS as a browser would, with a real MariaDB. */

let app: RealApp;
let ada: ApiBrowser;
/** Each is a browser of its own. */
class Browser extends ApiBrowser {
  constructor() {
    super(door);
  }
}
let door: Door;
beforeAll(async () => {
  app = await RealApp.open();
  door = doorOf(app.context);
  ada = new Browser();
});
afterAll(async () => {
  await door?.client[Symbol.asyncDispose]();
  await app?.[Symbol.asyncDispose]();
});

const password = "a long enough secret";

describe("people and their logins", () => {
  it("the first administrator is made once, by the link that the host gives", async () => {
    expect((await new Browser().ask("GET", "/v1/session/ways")).body).toEqual({
      first: true,
      passkey_host: null,
      provider_origin: "https://127.77.0.100",
      providers: [],
    });
    expect((await new Browser().ask("GET", "/v1/session/first")).status).toBe(401);
    const { link } = (await app.ask("GET", "/v1/session/first")).body;
    expect(link).toMatch(/^https:\/\/127\.77\.0\.100\/console\/first\?token=/);
    const token = new URL(link).searchParams.get("token");
    const wrong = await ada.ask("POST", "/v1/session/first", { token: "x", name: "ada", password });
    expect(wrong).toMatchObject({ status: 401, body: { code: "login-refused" } });
    const short = await ada.ask("POST", "/v1/session/first", { token, name: "ada", password: "short" });
    expect(short).toMatchObject({ status: 400, body: { errors: [{ path: "/password" }] } });
    const common = await ada.ask("POST", "/v1/session/first", {
      token,
      name: "ada",
      password: "password1234",
    });
    expect(common).toMatchObject({
      status: 400,
      body: { errors: [{ path: "/password", message: "must not be a common password, or nearly one" }] },
    });
    const first = await ada.ask("POST", "/v1/session/first", { token, name: "Ada", password });
    expect(first).toMatchObject({
      status: 200,
      body: { person: { name: "ada", role: "administrator" }, writable: true },
    });
    expect(ada.attributes).toMatch(/^__Host-dialtone=.*Path=\/.*HttpOnly.*Secure.*SameSite=Strict/);
    const again = await new Browser().ask("POST", "/v1/session/first", { token, name: "eve", password });
    expect(again).toMatchObject({ status: 409, body: { code: "not-now" } });
    expect((await app.ask("GET", "/v1/session/first")).body).toEqual({ link: null });
    expect(app.log).not.toContain(token);
    const rows = await app.database.query("SELECT HEX(id) AS id FROM sessions");
    const stored = createHash("sha256")
      .update(ada.cookie.split("=")[1] ?? "")
      .digest("hex");
    expect(rows).toEqual([{ id: stored.toUpperCase() }]);
  });

  it("each role may what it may; who changed something is who logged in", async () => {
    for (const role of ["operator", "auditor", "user"] as const)
      expect((await ada.ask("POST", "/v1/people", { name: role, role, password })).status).toBe(201);
    const tried: Record<string, number[]> = {};
    for (const role of ["operator", "auditor", "user"]) {
      const browser = new Browser();
      expect((await browser.login(role, password)).status).toBe(200);
      tried[role] = [];
      for (const [method, path, body] of [
        ["GET", "/v1/session"],
        ["GET", "/v1/users"],
        ["POST", "/v1/users", { name: role, password }],
        ["POST", "/v1/people", { name: "x", role: "administrator", password }],
        ["PUT", "/v1/people/ada/password", { password }],
      ] as const) {
        const lie = { "x-dialtone-who": "somebody%20else" };
        tried[role].push((await browser.ask(method, path, body, lie)).status);
      }
    }
    expect(tried).toEqual({
      operator: [200, 200, 201, 403, 403],
      auditor: [200, 200, 403, 403, 403],
      user: [200, 403, 403, 403, 403],
    });
    const { versions } = (await ada.ask("GET", "/v1/versions")).body;
    expect(versions[0]).toMatchObject({ who: "operator" });
  });

  it("passwords that would be guessed are refused wherever they are set, and change nothing", async () => {
    const bad = { status: 400, body: { code: "invalid-request", errors: [{ path: "/password" }] } };
    const named = { role: "auditor", display: "Grace Hopper", password: "the bees of hopper farm" };
    expect(await ada.ask("POST", "/v1/people", { name: "grace", ...named })).toMatchObject(bad);
    expect(await ada.ask("PUT", "/v1/people/grace", named)).toMatchObject(bad);
    expect((await ada.ask("GET", "/v1/people/grace")).status).toBe(404);
    const own = { password: "our apptest cluster is fine", current: password };
    expect(await ada.ask("PUT", "/v1/people/ada/password", own)).toMatchObject(bad);
    expect((await new Browser().login("ada", password)).status).toBe(200);
    const telephone = await ada.ask("POST", "/v1/users", { name: "4711", password: "4711-4711" });
    expect(telephone).toMatchObject({
      status: 400,
      body: { errors: [{ path: "/password", message: "must be more than the user's name" }] },
    });
  });

  it("each change is on record: who, from where, what was before and after, no secrets; nothing else is", async () => {
    const made = (await ada.ask("GET", `/v1/audit?route=${encodeURIComponent("POST /v1/users")}`)).body;
    expect(made.entries).toMatchObject([
      {
        who: "operator",
        how: "session",
        node: "a",
        path: "/v1/users",
        before: null,
        after: { name: "operator" },
      },
    ]);
    expect(made.entries[0].version).toBeGreaterThan(0);
    await app.ask("PUT", "/v1/users/operator", { display: "Other" }, { "x-dialtone-who": "root" });
    const [newest] = (await ada.ask("GET", "/v1/audit?who=root")).body.entries;
    expect(newest).toMatchObject({
      how: "socket",
      source: "this host",
      before: { name: "operator", display: "" },
      after: { name: "operator", display: "Other" },
    });
    const page = (await ada.ask("GET", "/v1/audit?limit=1")).body;
    const next = (await ada.ask("GET", `/v1/audit?limit=1&after=${page.next}`)).body;
    expect(next.entries[0].id < page.entries[0].id).toBe(true);
    const csv = (await app.raw("/v1/audit/export?format=csv")).split("\r\n");
    const lines = (await app.raw("/v1/audit/export")).trim().split("\n");
    expect(csv.length).toBe(lines.length + 2);
    const [all] = await app.database.query("SELECT GROUP_CONCAT(value_after) AS text FROM audit");
    for (const secret of [password, "argon2id"]) expect(String(all?.text)).not.toContain(secret);
  });

  it("nothing is changed without the session's own token, or from another site's page", async () => {
    const body = { name: "other", password };
    for (const lie of [
      { "x-dialtone-csrf": "wrong" },
      { origin: "https://evil.example" },
      { "sec-fetch-site": "cross-site" },
    ] as Record<string, string>[])
      expect(await ada.ask("POST", "/v1/users", body, lie)).toMatchObject({
        status: 403,
        body: { code: "not-from-here" },
      });
  });

  it("a person sees and changes what is its own, and nothing of anybody else's", async () => {
    for (const name of ["1001", "1002"])
      expect(
        (await ada.ask("POST", "/v1/users", { name, password, features: { pickup: ["office"] } })).status,
      ).toBe(201);
    expect((await ada.ask("POST", "/v1/numbers", { number: "+4971155", user: "1001" })).status).toBe(201);
    for (const [name, user] of [
      ["one", "1001"],
      ["two", "1002"],
      ["three", null],
    ])
      expect((await ada.ask("POST", "/v1/people", { name, role: "user", user, password })).status).toBe(201);
    const [one, two, three] = [new Browser(), new Browser(), new Browser()];
    await one.login("one", password);
    await two.login("two", password);
    await three.login("three", password);
    expect((await three.ask("GET", "/v1/me")).status).toBe(404);

    const features = { forward: [{ when: "busy", to: ["1002"] }], dnd: true };
    expect((await one.ask("PUT", "/v1/me/features", features)).status).toBe(200);
    expect((await one.ask("GET", "/v1/me")).body).toMatchObject({
      name: "1001",
      numbers: ["+4971155"],
      features: { dnd: true, forward: [{ when: "busy", to: ["1002"] }] },
      set_for_you: { pickup: ["office"] },
    });
    expect((await two.ask("GET", "/v1/me")).body.features).toMatchObject({ dnd: false, forward: [] });
    const { versions } = (await ada.ask("GET", "/v1/versions")).body;
    expect(versions[0]).toMatchObject({ who: "one" });
    const more = await one.ask("PUT", "/v1/me/features", { max_calls: {} });
    expect(more).toMatchObject({ status: 400, body: { code: "invalid-request" } });
    const absent = { forward: [{ when: "busy", to: ["1002"], open: "nowhere" }] };
    expect((await one.ask("PUT", "/v1/me/features", absent)).status).toBeGreaterThanOrEqual(400);

    const events = ["to-name", "to-number", "of-its-own", "of-others"].flatMap((call, at) => {
      const to = ["1001", "+4971155", "1002", "1002"][at];
      const more = { to: `sip:${to}@x`, ...(call === "of-its-own" && { user: "1001" }) };
      return [
        event("start", call, at * 1000, more),
        event("fail", call, at * 1000 + 10, { ...more, code: 486 }),
      ];
    });
    expect((await app.ask("POST", "/v1/calls/events", events)).status).toBeLessThan(300);
    await app.until(
      "calls are records",
      async () => (await ada.ask("GET", "/v1/records")).body.records.length >= 4,
    );
    const calls = (await one.ask("GET", "/v1/me/calls?limit=2")).body;
    expect(calls.calls).toMatchObject([
      { direction: "out", with: "1002" },
      { direction: "in", with: "4912345", outcome: "busy" },
    ]);
    const rest = (await one.ask("GET", `/v1/me/calls?after=${calls.next}`)).body;
    expect(rest).toMatchObject({ calls: [{ direction: "in" }], next: null });
    const others = (await two.ask("GET", "/v1/me/calls")).body.calls;
    expect(others).toHaveLength(2);
    expect((await two.ask("GET", `/v1/me/calls?after=${rest.calls[0].id}`)).status).toBe(404);
    expect((await one.ask("GET", `/v1/me/calls/${rest.calls[0].id}/audio`)).status).toBe(403);

    const contacts = (await one.ask("GET", "/v1/me/contacts")).body.contacts;
    expect(contacts).toContainEqual({ name: "1001", display: "", numbers: ["+4971155"] });
    const dial = await two.ask("POST", "/v1/me/dials", { to: "+4971155" });
    expect(dial).toMatchObject({ status: 201, body: { from: "1002", user: "1002" } });
    for (const [browser, status] of [
      [one, 404],
      [two, 200],
    ] as const) {
      expect((await browser.ask("GET", `/v1/me/dials/${dial.body.id}`)).status).toBe(status);
      expect((await browser.ask("DELETE", `/v1/me/dials/${dial.body.id}`)).status).toBe(status);
    }
    for (const name of ["one", "two", "three"])
      expect((await ada.ask("DELETE", `/v1/people/${name}`)).status).toBe(200);
  });

  it("whoever is disabled, removed or has a new password is logged out at once; the last administrator stays", async () => {
    const one = new Browser();
    const other = new Browser();
    await one.login("operator", password);
    await other.login("operator", password);
    const newer = "another long secret";
    const own = "/v1/people/operator/password";
    expect((await one.ask("PUT", own, { password: newer, current: "wrong" })).status).toBe(401);
    expect((await one.ask("PUT", own, { password: newer, current: password })).status).toBe(200);
    expect((await one.ask("GET", "/v1/session")).status).toBe(200);
    expect((await other.ask("GET", "/v1/session")).status).toBe(401);
    const disabled = { role: "operator", enabled: false };
    expect((await ada.ask("PUT", "/v1/people/operator", disabled)).status).toBe(200);
    expect((await one.ask("GET", "/v1/session")).status).toBe(401);
    expect((await one.login("operator", newer)).status).toBe(401);
    expect((await ada.ask("DELETE", "/v1/people/operator")).status).toBe(200);
    for (const refused of [
      await ada.ask("DELETE", "/v1/people/ada"),
      await ada.ask("PUT", "/v1/people/ada", { role: "auditor" }),
    ])
      expect(refused).toMatchObject({ status: 409, body: { code: "not-now" } });
    const names = (await ada.ask("GET", "/v1/people")).body.people.map(({ name }: { name: string }) => name);
    expect(names).toEqual(["ada", "auditor", "user"]);
  });

  it("guessing soon has to wait, and tells nobody who is there", async () => {
    const answers = [];
    for (let tries = 0; tries < 7; tries++) {
      const { status, body, headers } = await new Browser().login("auditor", "a guessed password");
      answers.push({ status, code: body.code, waits: headers["retry-after"] !== undefined });
    }
    const refused = { status: 401, code: "login-refused", waits: false };
    const paused = { status: 429, code: "too-many-tries", waits: true };
    expect(answers).toEqual([...Array(5).fill(refused), paused, paused]);
    expect(await new Browser().login("auditor", password)).toMatchObject({ status: 429 });
    const nobody = await new Browser().login("nobody", "a guessed password");
    expect(nobody).toMatchObject({ status: 401, body: { code: "login-refused" } });
    expect(app.log).toContain('"msg":"a login was refused"');
    for (const secret of ["a guessed password", password]) expect(app.log).not.toContain(secret);
  });

  it("a login outlives the app, and the database: then everything can be seen and nothing changed", async () => {
    await app.stop("SIGKILL");
    app.start();
    await app.until("ready", () => app.isReady());
    expect((await ada.ask("GET", "/v1/session")).body).toMatchObject({ writable: true });
    await app.database.kill();
    await app.until(
      "read-only",
      async () => (await ada.ask("GET", "/v1/session")).body.writable === false || undefined,
    );
    expect((await ada.ask("GET", "/v1/health")).status).toBe(200);
    const change = await ada.ask("POST", "/v1/users", { name: "other", password });
    expect(change).toMatchObject({ status: 503, body: { code: "database-unavailable" } });
    await app.database.start();
    await app.until(
      "writable",
      async () => (await ada.ask("GET", "/v1/session")).body.writable === true || undefined,
    );
  });

  it("who logs out is out; what is answered tells browsers to be careful", async () => {
    const { headers } = await ada.ask("GET", "/v1/session");
    expect(headers).toMatchObject({
      "content-security-policy": expect.stringMatching(/default-src 'self'.*frame-ancestors 'none'/),
      "x-content-type-options": "nosniff",
      "cache-control": "no-store",
    });
    const before = ada.cookie;
    expect((await ada.ask("DELETE", "/v1/session")).status).toBe(204);
    ada.cookie = before;
    expect((await ada.ask("GET", "/v1/session")).status).toBe(401);
  });
});
