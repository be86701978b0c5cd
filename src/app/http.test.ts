import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FastifyInstance, InjectOptions } from "fastify";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hostOf, secret, smallCluster } from "../../test/support/host.ts";
import { cookieName } from "../access/guard.ts";
import type { KnownToken } from "../access/known-tokens.ts";
import { csrfOf } from "../access/origin.ts";
import { sessionId } from "../access/sessions.ts";
import { tokenId } from "../access/tokens.ts";
import { clusterSchema } from "../cluster/schema.ts";
import { appAccess, areaOf, type Role, roles } from "../http/access.ts";
import { TrustedSockets, whoMay } from "../http/auth.ts";
import type { Scope } from "../http/principal.ts";
import { type App, createApp } from "./context.ts";
import { buildHttp } from "./http.ts";

/** The whole app as it is composed, without any listener or database. */
let root: string;
let parts: App;
let server: FastifyInstance;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "dialtone-http-"));
  const cluster = clusterSchema.parse({
    ...smallCluster,
    access: { second_factor: ["administrator"] },
  });
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

  describe("people, by their role", () => {
    // Logins as the database would have them.
    const memory = () => parts.access.guard.memory;
    const host = "console.example";
    const browserOf = (role: Role, scope?: Scope, proof = { strong: true, provenAt: Date.now() }) => {
      const token = Buffer.alloc(32, `${role}${scope ? 1 : 0}${proof.strong}`).toString("base64url");
      const name = scope ? `${role}-of-a-part` : role;
      memory().learn(
        [{ name, display: "", role, ...(scope && { scope }) }],
        [
          {
            id: sessionId(token),
            person: name,
            seenAt: Date.now(),
            expiresAt: Date.now() + 60_000,
            ...proof,
          },
        ],
      );
      return {
        host,
        origin: `https://${host}`,
        "sec-fetch-site": "same-origin",
        cookie: `${cookieName}=${token}`,
        "x-dialtone-csrf": csrfOf(token),
      };
    };
    const known = (id: Buffer) => ({
      id,
      person: "administrator",
      seenAt: Date.now(),
      expiresAt: Date.now() + 60_000,
    });
    const askAs = async (one: (typeof entries)[number], headers: Record<string, string>) => {
      const answer = await server.inject({
        method: one.method,
        url: one.url.replace(/:\w+/g, "0".repeat(32)),
        headers,
      });
      return { status: answer.statusCode, ...answer.json<{ code?: string; detail?: string }>() };
    };
    const closed = entries.filter(({ access }) => access !== "open");
    const ruleOf = ({ access }: (typeof entries)[number]) =>
      access === "open" ? { who: [] } : whoMay(access);

    test.each(closed)("$key: not with a lower role, nor by who sees a part only", async (one) => {
      const { role, scope } = ruleOf(one);
      const lower = role === undefined ? roles : roles.slice(0, roles.indexOf(role));
      for (const least of lower)
        expect(await askAs(one, browserOf(least))).toMatchObject({ status: 403, code: "forbidden" });
      if (scope !== undefined) return;
      const part = browserOf("administrator", { sites: [], groups: [], numbers: [] });
      expect(await askAs(one, part)).toMatchObject({ status: 403, code: "forbidden" });
    });

    test.each(closed.filter(({ access }) => typeof access === "object" && "role" in access))(
      "$key: a browser's request from elsewhere, or without the session's token, is refused",
      async (one) => {
        const good = browserOf("administrator");
        const { "x-dialtone-csrf": _, ...bare } = good;
        const wrong: Record<string, string>[] = [
          { ...good, origin: "https://evil.example" },
          { ...good, "sec-fetch-site": "cross-site" },
          ...(one.method === "GET" ? [] : [bare, { ...good, "x-dialtone-csrf": "x" }]),
        ];
        for (const headers of wrong)
          expect(await askAs(one, headers)).toMatchObject({ status: 403, code: "not-from-here" });
      },
    );

    test.each(closed.filter((one) => ruleOf(one).role !== undefined))(
      "$key: not by whose role needs a second factor and has none, but to set one up",
      async (one) => {
        const headers = browserOf("administrator", undefined, { strong: false, provenAt: Date.now() });
        const answer = await askAs(one, headers);
        if (ruleOf(one).enrol) expect(answer.code).not.toBe("second-factor-required");
        else expect(answer).toMatchObject({ status: 403, code: "second-factor-required" });
      },
    );

    test("what decides who may log in wants a proof of the last ten minutes; without one nothing is done", async () => {
      const fresh = closed.filter((one) => ruleOf(one).fresh);
      expect(fresh.map(({ key }) => key)).toEqual(
        expect.arrayContaining(["PUT /v1/people/:name", "PUT /v1/certificates/given"]),
      );
      const late = { kind: "session", session: Buffer.alloc(32), lacking: false } as const;
      const person = { name: "administrator", display: "", role: "administrator" as const };
      const tooOld = { strong: true, provenAt: Date.now() - 11 * 60_000 };
      const { guard } = parts.access;
      memory().learn([person], [{ ...known(late.session), ...tooOld }]);
      await expect(guard.assertFresh({ ...late, person })).rejects.toThrow(/ten minutes/);
      memory().learn([], [{ ...known(late.session), strong: true, provenAt: Date.now() - 9 * 60_000 }]);
      await guard.assertFresh({ ...late, person });
    });

    test("whose login is over, or who is nobody, is asked to log in; without a database nothing is changed", async () => {
      const good = browserOf("operator");
      const one = entries.find(({ key }) => key === "POST /v1/users");
      if (!one) throw new Error("POST /v1/users is gone");
      expect(await askAs(one, good)).toMatchObject({ status: 503, code: "database-unavailable" });
      const health = { ...one, method: "GET", url: "/v1/health" } as const;
      expect(await askAs(health, good)).toMatchObject({ status: 200 });
      const stranger = { ...good, cookie: `${cookieName}=${"x".repeat(43)}` };
      expect(await askAs(health, stranger)).toMatchObject({ status: 401, code: "unauthorized" });
    });

    test("everybody may ask only for what is said to be open", () => {
      const open = entries.filter(({ access }) => access === "open").map(({ key }) => key);
      expect(open.filter((key) => key.includes(" /v1/"))).toEqual([
        "POST /v1/session",
        "GET /v1/session/ways",
        "POST /v1/session/first",
        "POST /v1/session/passkey/options",
        "POST /v1/session/passkey",
        "POST /v1/session/provider/begin",
        "POST /v1/session/provider",
        "POST /v1/session/provider/code",
      ]);
      // What changes something is for operators at least, unless it is one's own or changes nothing.
      const weak = closed.filter(({ method, access }) => {
        const { role, scope, changes } = access === "open" ? { role: undefined } : whoMay(access);
        const low = role === "user" || role === "auditor";
        return method !== "GET" && low && scope === undefined && changes !== false;
      });
      expect(weak.map(({ key }) => key)).toEqual([]);
    });
  });

  describe("tokens of programs", () => {
    const memory = () => parts.access.guard.memory;
    const knownOf = (name: string, more: Partial<KnownToken> = {}) => {
      const token = `dt_${Buffer.alloc(32, name).toString("base64url")}`;
      const id = tokenId(token);
      if (!id) throw new Error("no token");
      const known: KnownToken = {
        ...{ id, name, owner: null, role: "administrator", scope: null, areas: null },
        ...{ expiresAt: Date.now() + 60_000, seenAt: Date.now() },
        ...more,
      };
      memory().tokens.learn({ good: [known], ended: [] });
      return { authorization: `Bearer ${token}` };
    };
    const askWith = async ({ method, url }: (typeof entries)[number], headers: Record<string, string>) => {
      const answer = await server.inject({ method, url: url.replace(/:\w+/g, "0".repeat(32)), headers });
      return { status: answer.statusCode, ...answer.json<{ code?: string; detail?: string }>() };
    };
    const closed = entries.filter(({ access }) => access !== "open");
    const ruleOf = ({ access }: (typeof entries)[number]) =>
      access === "open" ? { who: [] } : whoMay(access);

    test.each(closed)("$key: not when it is over, or its owner is gone", async (one) => {
      const disabled = knownOf("of-somebody-gone", { owner: "somebody who is gone" });
      for (const headers of [knownOf("over", { expiresAt: Date.now() - 1 }), disabled])
        expect(await askWith(one, headers)).toMatchObject({ status: 401, code: "unauthorized" });
    });

    test.each(closed)("$key: not with a lower role, another part of the API, or a scope", async (one) => {
      const { role, scope, tokens } = ruleOf(one);
      const refused = { status: 403, code: "forbidden" };
      const lower = role === undefined || tokens === false ? roles : roles.slice(0, roles.indexOf(role));
      for (const least of lower)
        expect(await askWith(one, knownOf(`token-${least}`, { role: least }))).toMatchObject(refused);
      const areas = ["records", "health"].filter((area) => area !== areaOf(one.url));
      expect(await askWith(one, knownOf("of-a-part", { areas }))).toMatchObject(refused);
      // Its owner has a lower role than it had when the token was made.
      memory().learn([{ name: "fallen", display: "", role: "user" }], []);
      if (role !== "user")
        expect(await askWith(one, knownOf("fallen", { owner: "fallen" }))).toMatchObject(refused);
      if (scope !== undefined) return;
      const nothing = { sites: [], groups: [], numbers: [] };
      expect(await askWith(one, knownOf("of-nothing", { scope: nothing }))).toMatchObject(refused);
    });

    test("one that is good opens what it is for; who sends one is not who is logged in in that browser", async () => {
      const health = entries.find(({ key }) => key === "GET /v1/health");
      if (!health) throw new Error("GET /v1/health is gone");
      const good = knownOf("good", { role: "auditor", areas: ["health"] });
      expect(await askWith(health, good)).toMatchObject({ status: 200 });
      const session = Buffer.alloc(32, "a browser").toString("base64url");
      memory().learn(
        [{ name: "ada", display: "", role: "administrator" }],
        [
          {
            id: sessionId(session),
            person: "ada",
            seenAt: Date.now(),
            expiresAt: Date.now() + 60_000,
            strong: true,
            provenAt: Date.now(),
          },
        ],
      );
      const cookie = `${cookieName}=${session}`;
      expect(await askWith(health, { cookie })).toMatchObject({ status: 200 });
      const over = knownOf("over", { expiresAt: Date.now() - 1 });
      expect(await askWith(health, { ...over, cookie })).toMatchObject({ status: 401 });
    });

    test("one that was ended, or made anew under its name, is unknown", async () => {
      const health = { key: "", method: "GET", url: "/v1/health", access: "open" } as const;
      const ended = knownOf("ended");
      memory().tokens.learn({ good: [], ended: ["ended"] });
      const before = knownOf("one");
      knownOf("another", { name: "one" });
      for (const headers of [ended, before])
        expect(await askWith(health, headers)).toMatchObject({ status: 401, code: "unauthorized" });
    });

    test("what lets somebody in is not made by a token", () => {
      const open = entries.filter((one) => one.access !== "open" && ruleOf(one).tokens !== false);
      const areas = ["session", "people", "tokens"];
      const found = open.filter(
        (one) => areas.includes(areaOf(one.url)) && one.method !== "GET" && ruleOf(one).role !== undefined,
      );
      expect(found.map(({ key }) => key)).toEqual([]);
    });
  });

  test("with its token the API answers, its documentation without", async () => {
    expect((await ask("GET", "/v1/health", "api")).statusCode).toBe(200);
    expect((await ask("GET", "/problems")).statusCode).toBe(200);
    expect((await ask("GET", "/docs/")).statusCode).toBe(200);
    expect((await ask("GET", "/no-such-path", "peer")).statusCode).toBe(404);
  });
});
