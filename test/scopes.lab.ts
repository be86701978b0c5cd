import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { appAccess } from "../src/http/access.ts";
import { HttpClient } from "../src/http/client.ts";
import { event } from "./support/app-calls.ts";
import { RealApp } from "./support/real-app.ts";

/**
 * Whoever may see a part of the service only sees and changes that: each route that is said to be narrowed (src/http/access.ts) is asked
 * for what is of another site, by HTTPS with a real MariaDB.
 */

let app: RealApp;
let client: HttpClient;
let token = "";
/** Of calls with a recording: to 1001 in Bonn, to 2001 in Ulm. */
const ids = { own: "", other: "" };

type Method = "GET" | "POST" | "PUT" | "DELETE";

const ask = async (method: Method, path: string, body?: unknown) => {
  const { status, text } = await client.ask({
    ...{ method, path, body },
    headers: { authorization: `Bearer ${token}` },
  });
  // biome-ignore lint/suspicious/noExplicitAny: a test looks at whatever came
  return { status, text, body: text.startsWith("{") ? (JSON.parse(text) as any) : undefined };
};

const password = "a long enough secret";

beforeAll(async () => {
  app = await RealApp.open();
  const { self, cluster, secrets } = app.context;
  const origin = `https://${self.address}:${cluster.api.port}`;
  client = new HttpClient({ name: "the app", origin, tls: { ca: secrets.tls.ca } });
  const made: [string, object][] = [
    ["sites", { name: "bonn", country: "DE", time_zone: "Europe/Berlin" }],
    ["sites", { name: "ulm", country: "DE", time_zone: "Europe/Berlin" }],
    ["users", { name: "1001", site: "bonn", password }],
    ["users", { name: "1002", site: "bonn", password }],
    ["users", { name: "2001", site: "ulm", password }],
    ["users", { name: "2002", site: "ulm", password }],
    ["groups", { name: "bonn-desk", members: [{ user: "1001" }] }],
    ["groups", { name: "ulm-desk", members: [{ user: "2001" }] }],
    ["numbers", { number: "+491001", user: "1001" }],
    ["numbers", { number: "+492001", user: "2001" }],
  ];
  for (const [path, body] of made)
    expect(await app.ask("POST", `/v1/${path}`, body)).toMatchObject({ status: 201 });
  const calls = [
    ["own", "+491001"],
    ["own-open", "1001"],
    ["other", "+492001"],
    ["other-open", "ulm-desk"],
  ] as const;
  const now = Date.now();
  const events = calls.flatMap(([call, to]) => {
    const at = (ms: number) => ({ to: `sip:${to}@x`, time: new Date(now + ms).toISOString() });
    const [open, end] = [
      [event("start", call, 0, at(0)), event("answer", call, 0, at(10))],
      [event("end", call, 0, at(20))],
    ];
    return call.endsWith("open") ? open : [...open, ...end];
  });
  expect((await app.ask("POST", "/v1/calls/events", events)).status).toBe(202);
  const records = await app.until("calls are records", async () => {
    const { body } = await app.ask("GET", "/v1/records");
    return body.records.length === 4 && body.records;
  });
  for (const which of ["own", "other"] as const) {
    const { id } = records.find((record: { call_id: string }) => record.call_id === which);
    ids[which] = id;
    await app.database.query(`INSERT INTO recordings (id, call_ref, call_id, status, wanted_by, files, gaps, next_try_at)
      VALUES (UNHEX('${id}'), UNHEX('${id}'), '${which}', 'ready', 'rule', '[]', '[]', NOW(3))`);
  }
  const scope = { sites: ["bonn"], groups: ["bonn-desk"], numbers: ["+491*"] };
  const expires_at = new Date(Date.now() + 3_600_000).toISOString();
  const made2 = await app.ask("POST", "/v1/tokens", { name: "bonn", role: "operator", scope, expires_at });
  token = made2.body.token;
});
afterAll(async () => {
  await client?.[Symbol.asyncDispose]();
  await app?.[Symbol.asyncDispose]();
});

/** A list: what must be in it, and what must not. */
const listed = (path: string, own: string, other: string) => async () => {
  const answer = await ask("GET", path);
  expect(answer.status).toBe(200);
  expect(answer.text).toContain(own);
  expect(answer.text).not.toContain(other);
  // Everybody else sees both: the test can fail.
  const all = await app.raw(path);
  expect(all).toContain(own);
  expect(all).toContain(other);
};

/** One thing: another site's is not there, and as little as one that there is not. */
const single =
  (method: Method, path: (which: "own" | "other") => string, own: number, body?: unknown) => async () => {
    const other = await ask(method, path("other"), body);
    expect(other).toMatchObject({ status: 404, body: { code: "not-found" } });
    expect((await ask(method, path("own"), body)).status).toBe(own);
  };

const of = (path: string, own: string, other: string) => (which: "own" | "other") =>
  `/v1/${path}/${encodeURIComponent(which === "own" ? own : other)}`;
const byId =
  (path: string, more = "") =>
  (which: "own" | "other") =>
    `/v1/${path}/${ids[which]}${more}`;

/** What each narrowed route is asked. In this order: what is removed is so at the end. */
const cases: Record<string, () => Promise<void>> = {
  "GET /v1/users": listed("/v1/users", '"1001"', '"2001"'),
  "GET /v1/users/:name": single("GET", of("users", "1001", "2001"), 200),
  "POST /v1/users": async () => {
    expect((await ask("POST", "/v1/users", { name: "paul", site: "bonn", password })).status).toBe(201);
    for (const other of [{ site: "ulm" }, {}, { site: "bonn", may_show: ["+492001"] }])
      expect((await ask("POST", "/v1/users", { name: "eve", password, ...other })).status).toBe(403);
    expect((await app.ask("GET", "/v1/users/eve")).status).toBe(404);
    expect((await ask("POST", "/v1/users", { name: "2001", site: "bonn", password })).status).toBe(404);
  },
  "PUT /v1/users/:name": async () => {
    await single("PUT", of("users", "1001", "2001"), 200, { site: "bonn", display: "changed" })();
    expect((await ask("PUT", "/v1/users/1002", { site: "ulm" })).status).toBe(403);
    expect((await app.ask("GET", "/v1/users/1002")).body).toMatchObject({ site: "bonn" });
    expect((await app.ask("GET", "/v1/users/2001")).body).toMatchObject({ site: "ulm", display: "" });
  },
  "DELETE /v1/users/:name": async () => {
    // Who is named by others is not told that, where it is another site's.
    await single("DELETE", of("users", "paul", "2001"), 200)();
    expect((await app.ask("GET", "/v1/users/2001")).status).toBe(200);
  },
  "GET /v1/groups": listed("/v1/groups", "bonn-desk", "ulm-desk"),
  "GET /v1/groups/:name": single("GET", of("groups", "bonn-desk", "ulm-desk"), 200),
  "PUT /v1/groups/:name": async () => {
    const members = [{ user: "1001" }, { user: "1002" }];
    await single("PUT", of("groups", "bonn-desk", "ulm-desk"), 200, { members })();
    const more = { members: [...members, { user: "2002" }] };
    expect((await ask("PUT", "/v1/groups/bonn-desk", more)).status).toBe(403);
    // Nor is it a way to see a user of another site.
    expect((await ask("GET", "/v1/users/2002")).status).toBe(404);
  },
  "GET /v1/numbers": listed("/v1/numbers", "+491001", "+492001"),
  "GET /v1/numbers/:number": single("GET", of("numbers", "+491001", "+492001"), 200),
  "POST /v1/numbers": async () => {
    expect((await ask("POST", "/v1/numbers", { number: "+491002", user: "1002" })).status).toBe(201);
    expect((await ask("POST", "/v1/numbers", { number: "+492002", user: "1002" })).status).toBe(403);
    expect((await ask("POST", "/v1/numbers", { number: "+491003", user: "2002" })).status).toBe(403);
  },
  "PUT /v1/numbers/:number": async () => {
    await single("PUT", of("numbers", "+491001", "+492001"), 200, { user: "1002" })();
    expect((await ask("PUT", "/v1/numbers/%2B491001", { user: "2001" })).status).toBe(403);
  },
  "GET /v1/sites": listed("/v1/sites", "bonn", "ulm"),
  "GET /v1/sites/:name": single("GET", of("sites", "bonn", "ulm"), 200),
  "GET /v1/calls": listed("/v1/calls", "own-open", "other-open"),
  "GET /v1/call-events": async () => {
    // From the beginning of the feed on.
    const headers = { authorization: `Bearer ${token}`, "last-event-id": "1-0" };
    const answer = await client.open({ method: "GET", path: "/v1/call-events", headers });
    expect(answer.status).toBe(200);
    let said = "";
    for await (const chunk of answer.body) {
      said += String(chunk);
      if (said.includes('"call_id":"later"')) break;
      if (said.includes(": here") || said.includes("retry:"))
        await app.ask("POST", "/v1/calls/events", [
          event("start", "later-other", 0, { to: "sip:2001@x", time: new Date().toISOString() }),
          event("start", "later", 5, { to: "sip:1001@x", time: new Date(Date.now() + 5).toISOString() }),
        ]);
    }
    expect(said).toContain('"call_id":"later"');
    expect(said).not.toContain("other");
  },
  "GET /v1/records": async () => {
    await listed("/v1/records", '"own"', '"other"')();
    await listed("/v1/records?format=csv", "own", "other")();
  },
  "GET /v1/records/:id": single("GET", byId("records"), 200),
  // No SIP server runs here: what is asked of it is not of another site.
  "GET /v1/registrations": async () => {
    expect((await ask("GET", "/v1/registrations?search=200")).body).toEqual({ users: [], next: null });
    expect((await ask("GET", "/v1/registrations?search=100")).status).toBeGreaterThanOrEqual(500);
  },
  "GET /v1/recordings": async () => {
    await listed("/v1/recordings", ids.own, ids.other)();
    const { recordings, next } = (await ask("GET", "/v1/recordings?limit=1")).body;
    expect(recordings).toMatchObject([{ id: ids.own }]);
    expect((await ask("GET", `/v1/recordings?after=${next}`)).body).toEqual({ recordings: [], next: null });
  },
  "GET /v1/recordings/:id": single("GET", byId("recordings"), 200),
  // It has no file: that is told of its own only.
  "GET /v1/recordings/:id/audio": async () => {
    const [own, other] = [
      await ask("GET", byId("recordings", "/audio")("own")),
      await ask("GET", byId("recordings", "/audio")("other")),
    ];
    expect(other.body).toMatchObject({ code: "not-found", detail: `there is no recording ${ids.other}` });
    expect(own.body.detail).not.toMatch(/there is no recording/);
  },
  "POST /v1/recordings/:id/start": single("POST", byId("recordings", "/start"), 409),
  "POST /v1/recordings/:id/stop": single("POST", byId("recordings", "/stop"), 409),
  "DELETE /v1/recordings/:id": async () => {
    await single("DELETE", byId("recordings"), 200)();
    expect((await app.ask("GET", `/v1/recordings/${ids.other}`)).body.status).toBe("ready");
  },
  "DELETE /v1/numbers/:number": single("DELETE", of("numbers", "+491001", "+492001"), 200),
};

describe("a scope", () => {
  const narrowed = Object.entries(appAccess).flatMap(([key, rule]) =>
    typeof rule === "object" && "role" in rule && rule.scope === "narrowed" ? [key] : [],
  );

  it("each route that is narrowed is tried here", () => {
    expect(Object.keys(cases).sort()).toEqual(narrowed.sort());
  });

  it.each(Object.entries(cases))("%s", async (_route, tried) => {
    await tried();
  });

  it("a person has it too, and its tokens; what can not be narrowed is refused", async () => {
    const person = { name: "bo", role: "auditor", password, scope: { sites: ["bonn"] } };
    expect((await app.ask("POST", "/v1/people", person)).status).toBe(201);
    const { self, cluster } = app.context;
    const origin = `https://${self.address}:${cluster.api.port}`;
    const browser = { origin, "sec-fetch-site": "same-origin" };
    const login = await client.open({
      ...{ method: "POST", path: "/v1/session", body: { name: "bo", password } },
      headers: browser,
    });
    const { csrf } = JSON.parse(await login.body.text()) as { csrf: string };
    const cookie = String([login.headers["set-cookie"] ?? ""].flat()[0]).split(";")[0] ?? "";
    const as = (method: Method, path: string, body?: unknown) =>
      client.ask({ method, path, body, headers: { ...browser, cookie, "x-dialtone-csrf": csrf } });
    expect((await as("GET", "/v1/users/1001")).status).toBe(200);
    expect((await as("GET", "/v1/users/2001")).status).toBe(404);
    expect((await as("GET", "/v1/carriers")).status).toBe(403);
    const body = { name: "of-bo", role: "auditor", expires_at: new Date(Date.now() + 60_000).toISOString() };
    const made = await as("POST", "/v1/tokens", body);
    expect(made.status).toBe(201);
    token = (JSON.parse(made.text) as { token: string }).token;
    expect((await ask("GET", "/v1/users/1001")).status).toBe(200);
    expect((await ask("GET", "/v1/users/2001")).status).toBe(404);
    expect((await as("GET", "/v1/tokens/bonn")).status).toBe(404);
    // Somebody must be left who can let others in.
    const ada = { name: "ada", role: "administrator", password };
    expect((await app.ask("POST", "/v1/people", ada)).status).toBe(201);
    expect((await app.ask("DELETE", "/v1/people/bo")).status).toBe(200);
    expect((await ask("GET", "/v1/users/1001")).status).toBe(401);
  });
});
