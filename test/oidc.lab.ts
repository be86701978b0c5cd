import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { execa } from "execa";
import type { FastifyInstance } from "fastify";
import { TOTP } from "otpauth";
import { pino } from "pino";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type App, createApp } from "../src/app/context.ts";
import { buildHttp } from "../src/app/http.ts";
import { patient } from "../src/base/patience.ts";
import { here } from "../src/callers/sipp.ts";
import { TrustedSockets } from "../src/http/auth.ts";
import { HttpClient } from "../src/http/client.ts";
import { ApiBrowser, type Door, doorOf } from "./support/api-browser.ts";
import { type Helper, startAt } from "./support/at-place.ts";
import { anAuthority } from "./support/authority.ts";
import { complaintsOf, openBrowser, openPerson } from "./support/console-browser.ts";
import { look } from "./support/look.ts";
import type { ProviderMode, ProviderNews, ProviderWanted } from "./support/oidc-provider.ts";
import { RealApp } from "./support/real-app.ts";

/**
 * Logins by an identity provider: a certified one in a process of its own, the real app, and the app of the other node with the same
 * database. DIALTONE_SHOTS=FOLDER keeps pictures of the console.
 */

const host = "console.test";
const password = "a sentence that nobody guesses";
const clientSecret = "known-to-the-provider-alone-4711";

let app: RealApp;
let other: App;
let otherHttp: FastifyInstance;
let door: Door;
let helper: Helper<ProviderNews>;
let provider: HttpClient;
let issuer: string;
let ca: string;
let ada: ApiBrowser;
let redirect: string;

const people: ProviderWanted["people"] = {
  ada: {
    claims: { email: "Ada@example.com", email_verified: true, name: "Ada Lovelace" },
    amr: ["pwd", "mfa"],
  },
  bob: { claims: { email: "bob@example.com", email_verified: true, groups: ["staff"] } },
  eve: { claims: { email: "ada@example.com", email_verified: false } },
  cyd: {
    claims: { email: "cyd@example.com", email_verified: true, name: "Cyd", groups: ["phones", "staff"] },
  },
  dan: { claims: { email: "bob", email_verified: true } },
};

beforeAll(async () => {
  app = await RealApp.open(`\nweb: { names: [${host}] }\naccess: { second_factor: [operator] }\n`);
  const { context } = app;
  const socketPath = join(context.dirs.run, "mariadb", "mysqld.sock");
  const endpoints = [{ name: "the database", socketPath }];
  other = await createApp(app.contextOf("b"), pino({ level: "silent" }), { endpoints });
  otherHttp = await buildHttp(other.http, new TrustedSockets());
  door = doorOf(context);
  const authority = await anAuthority("A company");
  ca = authority.certificate;
  const { certificate, key } = await authority.issue({ names: ["127.77.0.50"] });
  const origins = [`https://${host}`, `https://${host}:${context.cluster.api.port}`];
  redirect = `${origins[0]}/console/login/return`;
  const wanted: ProviderWanted = {
    ...{ address: "127.77.0.50", certificate, key, people },
    redirectUris: origins.map((origin) => `${origin}/console/login/return`),
    clients: [
      { id: "dialtone", secret: clientSecret, authTime: true },
      { id: "silent", secret: clientSecret, authTime: false },
      { id: "another", secret: "of another program", authTime: true },
    ],
  };
  helper = startAt<ProviderNews>(here(context.self.address), "oidc-provider.ts", wanted);
  await helper.hears("where it is", () => true, patient(15_000));
  issuer = helper.said[0]?.issuer ?? "";
  provider = new HttpClient({ name: "the provider", origin: issuer, tls: { ca } });
  ada = new ApiBrowser(door);
  const { link } = (await app.ask("GET", "/v1/session/first")).body;
  await ada.ask("POST", "/v1/session/first", {
    ...{ token: new URL(link).searchParams.get("token"), name: "ada", password },
  });
});
afterAll(async () => {
  await provider?.[Symbol.asyncDispose]();
  await helper?.[Symbol.asyncDispose]();
  await otherHttp?.close();
  await other?.[Symbol.asyncDispose]();
  await door?.client[Symbol.asyncDispose]();
  await app?.[Symbol.asyncDispose]();
});

const company = () => ({ label: "Company", issuer, client_id: "dialtone", client_secret: clientSecret, ca });
const setProvider = async (more: object = {}) => {
  const { status, body } = await ada.ask("PUT", "/v1/identity-providers/company", { ...company(), ...more });
  expect([status, body]).toEqual([200, { name: "company" }]);
};
const setMode = (mode: ProviderMode) =>
  provider.ask({ method: "POST", path: "/test/mode", text: mode, headers: { "content-type": "text/plain" } });

/** A browser at the provider's: follows it until it sends back. @returns the query that it sends back with */
async function atProvider(url: string, who: string): Promise<string> {
  const jar = new Map<string, string>();
  let next = new URL(url);
  let form: string | undefined;
  for (let step = 0; step < 12; step++) {
    if (next.href.startsWith(redirect)) return next.search;
    const answer = await provider.open({
      path: next.pathname + next.search,
      headers: {
        cookie: [...jar].map(([name, value]) => `${name}=${value}`).join("; "),
        ...(form !== undefined && { "content-type": "application/x-www-form-urlencoded" }),
      },
      ...(form !== undefined && { method: "POST" as const, text: form }),
    });
    const text = await answer.body.text();
    for (const set of [answer.headers["set-cookie"] ?? []].flat()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
      jar.set(name, value);
    }
    form = undefined;
    const { location } = answer.headers;
    if (location !== undefined) next = new URL(String(location), next);
    else if (answer.status === 200 && text.includes("Who are you?")) form = `who=${who}`;
    else throw new Error(`the provider: ${answer.status} ${text.slice(0, 500)}`);
  }
  throw new Error("the provider goes round in circles");
}

const begin = (by: ApiBrowser, path = "/v1/session/provider/begin") =>
  by.ask("POST", path, { provider: "company" });

/** From the button to what came of it. */
async function logIn(who: string, by = new ApiBrowser(door)) {
  const { body } = await begin(by);
  const query = await atProvider(body.url, who);
  return { by, query, ...(await by.ask("POST", "/v1/session/provider", { query })) };
}

describe("what administrators configure", () => {
  test("a provider is kept with its secret sealed, and asked what it is", async () => {
    const made = await ada.ask("POST", "/v1/identity-providers", { name: "company", ...company() });
    expect(made.status).toBe(201);
    const shown = await ada.ask("GET", "/v1/identity-providers/company");
    expect(shown.body).toMatchObject({ has_secret: true, name_claim: "email", new_people: null });
    const list = await ada.ask("GET", "/v1/identity-providers");
    expect(list.body.redirect_uris[0]).toBe(redirect);
    const [rows] = [await app.database.query("SELECT body, sealed FROM identity_providers")];
    expect(JSON.stringify([shown.body, list.body, rows])).not.toContain(clientSecret);
    const checked = await ada.ask("POST", "/v1/identity-providers/company/check");
    expect(checked).toMatchObject({ status: 200, body: { issuer, pkce: true } });
  });

  test("what can not be is refused, by its field", async () => {
    const refused = async (more: object, path: string) =>
      expect(await ada.ask("PUT", "/v1/identity-providers/company", { ...company(), ...more })).toMatchObject(
        {
          status: 400,
          body: { errors: [{ path }] },
        },
      );
    await refused({ issuer: "http://127.0.0.1" }, "/issuer");
    await refused({ issuer: "https://login.microsoftonline.com/common/v2.0" }, "/issuer");
    await refused({ ca: "nonsense" }, "/ca");
    await refused({ new_people: "administrator" }, "/new_people");
    await refused({ roles: [{ value: "staff", role: "user" }] }, "/roles_claim");
    // The secret of one provider is told to no other.
    const { client_secret: _, ...rest } = company();
    await refused({ ...rest, client_secret: undefined, issuer: "https://127.0.0.1:9" }, "/client_secret");
    await setProvider({ client_secret: undefined });
    expect((await ada.ask("GET", "/v1/identity-providers/company")).body.has_secret).toBe(true);
  });

  test("the command line does the same; the secret comes by standard input", async () => {
    const dialtone = async (words: string[], input = "") => {
      const main = join(import.meta.dirname, "../src/main.ts");
      const argv = [main, "--config", app.context.clusterFile, ...words, "--api", door.origin];
      return await execa(process.execPath, argv, { input, all: true, reject: false });
    };
    const given = ["--issuer", "https://127.77.0.51", "--client-id", "one", "--role", "staff=auditor"];
    const made = await dialtone(
      ["providers", "set", "second", ...given, "--roles-claim", "groups"],
      "of the second\n",
    );
    expect(made.all).toContain("people log in by second");
    const { body } = await ada.ask("GET", "/v1/identity-providers/second");
    expect(body).toMatchObject({ has_secret: true, roles: [{ value: "staff", role: "auditor" }] });
    expect((await dialtone(["providers", "list"])).all).toMatch(/company .*\n.*second /);
    expect((await dialtone(["people", "add", "zed", "--no-password"])).all).toContain("zed may log in");
    expect((await dialtone(["people", "link", "zed", "company", "zed@example.com"])).exitCode).toBe(0);
    expect((await dialtone(["people", "links", "zed"])).all).toMatch(/zed@example.com .*not yet/);
    expect((await dialtone(["providers", "remove", "second"])).all).toContain("second removed");
  });

  test("one that is not there, or hangs, is told; passwords go on", async () => {
    await setProvider({ name: "company", issuer: "https://127.77.0.50:9" });
    const gone = await begin(new ApiBrowser(door));
    expect(gone).toMatchObject({ status: 503, body: { code: "provider-unavailable" } });
    expect(gone.body.detail).toContain("Company (https://127.77.0.50:9)");
    await setProvider({ ca: null });
    expect(await begin(new ApiBrowser(door))).toMatchObject({
      status: 503,
      body: { detail: expect.stringMatching(/certificate/) },
    });
    expect((await new ApiBrowser(door).login("ada", password)).status).toBe(200);
    await setProvider();
  });
});

describe("who it is", () => {
  test("somebody whom nobody knows is refused; linked, it is who the administrator said", async () => {
    const stranger = await logIn("bob");
    expect(stranger).toMatchObject({ status: 403, body: { code: "provider-stranger" } });
    expect(stranger.body.detail).toContain("bob@example.com");
    await ada.ask("POST", "/v1/people", { name: "bob", role: "auditor" });
    const link = { provider: "company", claimed: "Bob@example.com" };
    expect((await ada.ask("POST", "/v1/people/bob/identities", link)).status).toBe(201);
    expect(await ada.ask("POST", "/v1/people/ada/identities", link)).toMatchObject({ status: 409 });
    const known = await logIn("bob");
    expect(known).toMatchObject({ status: 200, body: { session: { person: { name: "bob" } } } });
    expect(known.by.attributes).toMatch(/^__Host-dialtone=.*HttpOnly.*Secure.*SameSite=Strict/);
    const { identities } = (await ada.ask("GET", "/v1/people/bob/identities")).body;
    expect(identities).toMatchObject([{ issuer, subject: "bob", claimed: "bob@example.com" }]);
    const { logins } = (await known.by.ask("GET", "/v1/session/logins")).body;
    expect(logins).toMatchObject([{ how: "provider" }]);
  });

  test("an address that nobody verified says nothing", async () => {
    await ada.ask("POST", "/v1/people/ada/identities", { provider: "company", claimed: "ada@example.com" });
    expect(await logIn("eve")).toMatchObject({
      status: 401,
      body: { code: "provider-refused", detail: expect.stringContaining("email_verified") },
    });
    expect(await logIn("ada")).toMatchObject({ status: 200, body: { session: { person: { name: "ada" } } } });
    // Who came first has the name.
    expect((await logIn("eve")).status).toBe(401);
  });

  test("people are made where that is wanted, and take the role that the provider gives, at each login", async () => {
    await setProvider({ new_people: "user" });
    expect(await logIn("cyd")).toMatchObject({
      status: 200,
      body: { session: { person: { name: "cyd@example.com", display: "Cyd", role: "user" } } },
    });
    // Nobody becomes somebody who is there already.
    expect(await logIn("dan")).toMatchObject({ status: 403, body: { code: "provider-stranger" } });
    const roles = [
      { value: "staff", role: "user" },
      { value: "phones", role: "auditor" },
    ];
    await setProvider({ roles_claim: "groups", roles });
    expect((await logIn("cyd")).body.session.person.role).toBe("auditor");
    expect((await logIn("bob")).body.session.person.role).toBe("user");
    expect(await logIn("ada")).toMatchObject({ status: 401, body: { code: "provider-refused" } });
    const { entries } = (
      await ada.ask("GET", `/v1/audit?route=${encodeURIComponent("POST /v1/session/provider")}`)
    ).body;
    const told = entries.map(({ who, before, after }: Record<string, unknown>) => ({ who, before, after }));
    expect(told).toEqual(
      expect.arrayContaining([
        { who: "cyd@example.com", before: null, after: expect.objectContaining({ role: "user" }) },
        expect.objectContaining({
          who: "cyd@example.com",
          after: { name: "cyd@example.com", role: "auditor" },
        }),
        expect.objectContaining({ who: "bob", before: { name: "bob", role: "auditor" } }),
      ]),
    );
    await setProvider();
  });

  test("who is disabled or unlinked is not let in", async () => {
    await ada.ask("PUT", "/v1/people/cyd@example.com", { role: "user", enabled: false });
    expect(await logIn("cyd")).toMatchObject({ status: 401, body: { code: "provider-refused" } });
    const { identities } = (await ada.ask("GET", "/v1/people/cyd@example.com/identities")).body;
    const path = `/v1/people/cyd@example.com/identities/${identities[0].id}`;
    expect((await ada.ask("DELETE", path)).status).toBe(200);
    expect((await logIn("cyd")).body.code).toBe("provider-stranger");
  });
});

describe("what is not believed", () => {
  const refused = { status: 401, body: { code: "provider-refused" } };

  test("an answer is good once, in the browser that asked, with its own state", async () => {
    const first = await logIn("bob");
    expect(first.status).toBe(200);
    // The same once more, as somebody who saw the address.
    const { by, query } = first;
    expect(await by.ask("POST", "/v1/session/provider", { query })).toMatchObject(refused);
    const begun = new ApiBrowser(door);
    const back = await atProvider((await begin(begun)).body.url, "bob");
    expect(await new ApiBrowser(door).ask("POST", "/v1/session/provider", { query: back })).toMatchObject(
      refused,
    );
    const forged = back.replace(/state=[^&]+/, "state=of-somebody-else");
    expect(await begun.ask("POST", "/v1/session/provider", { query: forged })).toMatchObject(refused);
    const foreign = back.replace(/iss=[^&]+/, `iss=${encodeURIComponent("https://evil.example")}`);
    expect(await begun.ask("POST", "/v1/session/provider", { query: foreign })).toMatchObject(refused);
    // The refused one used it up.
    expect(await begun.ask("POST", "/v1/session/provider", { query: back })).toMatchObject(refused);
    const crossSite = { "sec-fetch-site": "cross-site", origin: "https://evil.example" };
    expect(await begun.ask("POST", "/v1/session/provider", { query: back }, crossSite)).toMatchObject({
      status: 403,
      body: { code: "not-from-here" },
    });
  });

  test("the answer of two at once is taken once, and at the other node as well as here", async () => {
    const by = new ApiBrowser(door);
    const query = await atProvider((await begin(by)).body.url, "bob");
    const there = (payload: object, url = "/v1/session/provider") =>
      otherHttp.inject({
        ...{ method: "POST", url, payload },
        headers: { host, origin: `https://${host}`, "sec-fetch-site": "same-origin", ...by.cookies() },
      });
    const both = await Promise.all([there({ query }), by.ask("POST", "/v1/session/provider", { query })]);
    const statuses = [both[0].statusCode, both[1].status].sort();
    expect(statuses).toEqual([200, 401]);
    const again = new ApiBrowser(door);
    const second = await atProvider((await begin(again)).body.url, "bob");
    const answer = await otherHttp.inject({
      ...{ method: "POST", url: "/v1/session/provider", payload: { query: second } },
      headers: { host, origin: `https://${host}`, "sec-fetch-site": "same-origin", ...again.cookies() },
    });
    expect([answer.statusCode, answer.json().session.person.name]).toEqual([200, "bob"]);
    for (const set of [answer.headers["set-cookie"] ?? []].flat()) again.keep(set);
    expect((await again.ask("GET", "/v1/session")).status).toBe(200);
  });

  test("another nonce, another program's code, another audience, another signature; a provider that says no", async () => {
    const tampered = async (change: (url: string) => string) => {
      const by = new ApiBrowser(door);
      const query = await atProvider(change((await begin(by)).body.url), "bob");
      return await by.ask("POST", "/v1/session/provider", { query });
    };
    expect(await tampered((url) => url.replace(/nonce=[^&]+/, "nonce=mine"))).toMatchObject(refused);
    expect(await tampered((url) => url.replace("client_id=dialtone", "client_id=another"))).toMatchObject(
      refused,
    );
    expect(
      await tampered((url) => url.replace(/code_challenge=[^&]{8}/, "code_challenge=aaaaaaaa")),
    ).toMatchObject(refused);
    for (const mode of ["audience", "signature"] as const) {
      await setMode(mode);
      expect(await logIn("bob")).toMatchObject(refused);
    }
    await setMode("right");
    expect(await logIn("nobody")).toMatchObject({
      ...refused,
      body: { detail: expect.stringContaining("access_denied") },
    });
    expect((await logIn("bob")).status).toBe(200);
  });

  test("one that hangs when it is asked for the token is given up in time", async () => {
    await setMode("hang");
    const began = performance.now();
    expect(await logIn("bob")).toMatchObject({ status: 503, body: { code: "provider-unavailable" } });
    expect(performance.now() - began).toBeLessThan(patient(8000));
    await setMode("right");
  });

  test("who makes answers up has to wait", async () => {
    let last = { status: 0, body: {} as { code?: string } };
    for (let tries = 0; tries < 25 && last.status !== 429; tries++)
      last = await new ApiBrowser(door).ask("POST", "/v1/session/provider", { query: "?code=1&state=2" });
    expect(last.body.code).toBe("too-many-tries");
    await app.database.query("DELETE FROM login_tries");
  });
});

/** Of bob's authenticator. */
let secret = "";
const codeOf = (steps = 0) => new TOTP({ secret }).generate({ timestamp: Date.now() + steps * 30_000 });

/** Makes all proofs of who somebody is older than delicate changes want. @param deleted the status of one */
async function makeOld(deleted: () => Promise<number>): Promise<void> {
  await app.changeElsewhere(
    "sessions",
    "created_at = created_at - INTERVAL 1 HOUR, proven_at = created_at - INTERVAL 1 HOUR",
  );
  await app.until("it is known", async () => (await deleted()) === 403);
}

describe("second factors and proofs", () => {
  test("a role that needs one is led to set it up, unless the provider's login counts as one", async () => {
    await ada.ask("PUT", "/v1/people/bob", { role: "operator" });
    const weak = await logIn("bob");
    expect(weak.body.session.enrol).toBe(true);
    await setProvider({ second_factor: "always" });
    expect((await logIn("bob")).body.session.enrol).toBe(false);
    await setProvider();
    const made = await weak.by.ask("POST", "/v1/session/factors/totp");
    secret = made.body.secret;
    expect((await weak.by.ask("PUT", "/v1/session/factors/totp", { code: codeOf(-1) })).status).toBe(200);
  });

  test("who has one here gives a code beside, once", async () => {
    const { by, status, body } = await logIn("bob");
    expect([status, body.code]).toEqual([401, "code-needed"]);
    expect((await by.ask("GET", "/v1/session")).status).toBe(401);
    const wrong = await by.ask("POST", "/v1/session/provider/code", { code: "000000" });
    expect(wrong.body.code).toBe("code-refused");
    const good = await by.ask("POST", "/v1/session/provider/code", { code: codeOf() });
    expect(good).toMatchObject({ status: 200, body: { session: { person: { name: "bob" }, enrol: false } } });
    expect((await by.ask("POST", "/v1/session/provider/code", { code: codeOf(1) })).body.code).toBe(
      "provider-refused",
    );
  });

  test("amr says that it was more than a password (ada's mfa)", async () => {
    const { body, by } = await logIn("ada");
    expect(body.session.enrol).toBe(false);
    expect((await by.ask("POST", "/v1/people", { name: "gil", role: "user" })).status).toBe(201);
  });

  test("a delicate change wants a proof: the provider asks anew, and says when", async () => {
    const { by } = await logIn("ada");
    await makeOld(async () => (await by.ask("DELETE", "/v1/people/nobody")).status);
    const started = await begin(by, "/v1/session/proof/provider");
    expect(started.body.url).toMatch(/prompt=login/);
    // Somebody else's login there proves nothing of ada.
    const theirs = await atProvider(started.body.url, "cyd");
    expect((await by.ask("POST", "/v1/session/provider", { query: theirs })).body.code).toBe(
      "provider-refused",
    );
    const { url } = (await begin(by, "/v1/session/proof/provider")).body;
    const query = await atProvider(url, "ada");
    expect(await by.ask("POST", "/v1/session/provider", { query })).toMatchObject({
      status: 200,
      body: { session: null },
    });
    expect((await by.ask("DELETE", "/v1/people/gil")).status).toBe(200);
    await ada.login("ada", password);
  });

  test("a provider that does not say when somebody logged in proves nothing", async () => {
    await setProvider({ client_id: "silent" });
    const { by, status } = await logIn("ada");
    expect(status).toBe(200);
    expect((await by.ask("DELETE", "/v1/people/nobody")).body.code).toBe("proof-needed");
    await setProvider();
  });
});

describe("in a browser", () => {
  let browser: Browser;
  let page: Page;
  beforeAll(async () => {
    await promisify(execFile)("sh", [join(import.meta.dirname, "../scripts/console")]);
    browser = await openBrowser([`--host-resolver-rules=MAP ${host} ${app.context.self.address}`]);
    page = await (await openPerson(browser)).newPage();
    page.setDefaultTimeout(patient(10_000));
  });
  afterAll(async () => {
    await browser?.close();
  });

  const address = () => `https://${host}:${app.context.cluster.api.port}`;
  const button = () => page.getByRole("button", { name: "Log in with Company" });
  /** At the provider nobody is logged in any more, as after a while. */
  const leave = async () => {
    await page.context().clearCookies({ domain: "127.77.0.50" });
    await button().click();
  };
  const answerAs = async (who: string, at = page) => {
    await at.getByLabel("Who are you?").fill(who);
    await at.getByRole("button", { name: "Go on" }).click();
  };
  const logOut = async () => {
    await page.getByRole("button", { name: /^You: / }).click();
    await page.getByRole("menuitem", { name: "Log out" }).click();
    await button().waitFor();
  };

  test("from the button to the provider and back to the page that was wanted, by a code beside", async () => {
    const complaints = complaintsOf(page);
    await page.goto(`${address()}/console/security`);
    await button().waitFor();
    await look(page, "login-provider");
    await button().click();
    await answerAs("bob");
    await page.getByLabel("One-time code").fill("000000");
    await page.keyboard.press("Enter");
    await page.getByText("That code is not right").waitFor();
    expect(page.url()).not.toContain("code=");
    await look(page, "login-provider-code");
    await page.getByLabel("One-time code").fill(codeOf(1));
    await page.keyboard.press("Enter");
    await page.getByText("by identity provider").first().waitFor();
    expect(page.url()).toBe(`${address()}/console/security`);
    await logOut();
    // What the browser tells of answers that are no success; a code was missing, and one was wrong.
    expect(complaints.filter((one) => !one.includes("status of 4"))).toEqual([]);
  });

  test("who is not known here reads why, in its language; a provider that is gone is told, and passwords go on", async () => {
    await leave();
    await answerAs("dan");
    await page.getByText("nobody here is linked with bob").waitFor();
    await look(page, "login-stranger");
    await page.getByRole("button", { name: "Back to the login" }).click();
    const german = await browser.newContext({ ignoreHTTPSErrors: true, locale: "de-DE" });
    const there = await german.newPage();
    await there.goto(`${address()}/console/`);
    await there.getByRole("button", { name: "Mit Company anmelden" }).click();
    await answerAs("dan", there);
    await there.getByText("Ihr Anbieter kennt Sie").waitFor();
    await german.close();
    await setProvider({ issuer: "https://127.77.0.50:9" });
    await page.reload();
    await button().click();
    await page.getByText("Company (https://127.77.0.50:9)").waitFor();
    await setProvider();
  });

  test("the settings show it, and an administrator whose login is old proves by it who it is", async () => {
    const complaints = complaintsOf(page);
    await page.goto(`${address()}/console/identity-providers`);
    await leave();
    await answerAs("ada");
    await page.getByText(redirect).waitFor();
    await look(page, "providers");
    await page.getByRole("link", { name: "Company", exact: true }).click();
    await page.getByRole("button", { name: "Try it" }).click();
    await page.getByText(`${issuer} answers`).waitFor();
    await page.getByRole("button", { name: "Another" }).click();
    await look(page, "provider");
    await page.getByRole("button", { name: "Discard changes" }).click();
    await page.goto(`${address()}/console/people/bob`);
    await page.getByRole("button", { name: "Unlink bob@example.com" }).waitFor();
    await look(page, "person-identities");
    await makeOld(() =>
      page.evaluate<number>(
        `fetch("/v1/session").then((a) => a.json()).then(({ csrf }) =>
          fetch("/v1/people/nobody", { method: "DELETE", headers: { "x-dialtone-csrf": csrf } })).then((a) => a.status)`,
      ),
    );
    await page.getByRole("button", { name: "Unlink bob@example.com" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Unlink" }).click();
    const proof = page.getByRole("dialog", { name: "Is it you?" });
    const opened = page.waitForEvent("popup");
    await proof.getByRole("button", { name: "Prove it with Company" }).click();
    await answerAs("ada", await opened);
    await page.getByText("Unlinked", { exact: true }).waitFor();
    expect(complaints.filter((one) => !one.includes("status of 4"))).toEqual([]);
  });
});

test("the client's secret is in no log and no answer", async () => {
  const { entries } = (await ada.ask("GET", "/v1/audit?limit=1000")).body;
  expect(JSON.stringify(entries)).toContain("PUT /v1/identity-providers/:name");
  expect(JSON.stringify(entries)).not.toContain(clientSecret);
  expect(app.log).toContain("a login was refused");
  expect(app.log).not.toContain(clientSecret);
  expect(app.log).not.toMatch(/code=[\w-]{10}/);
});
