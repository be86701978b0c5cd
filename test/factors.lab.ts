import { TOTP } from "otpauth";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ApiBrowser, type Door, doorOf } from "./support/api-browser.ts";
import { RealApp } from "./support/real-app.ts";

/** Second factors of people, by HTTPS as a browser would, with a real MariaDB. */

let app: RealApp;
let door: Door;
let ada: ApiBrowser;
const password = "a long enough secret";
const browser = () => new ApiBrowser(door);

beforeAll(async () => {
  app = await RealApp.open();
  door = doorOf(app.context);
  ada = browser();
  const { link } = (await app.ask("GET", "/v1/session/first")).body;
  const token = new URL(link).searchParams.get("token");
  await ada.ask("POST", "/v1/session/first", { token, name: "ada", password });
  for (const role of ["operator", "auditor"])
    await ada.ask("POST", "/v1/people", { name: role, role, password });
});
afterAll(async () => {
  await door?.client[Symbol.asyncDispose]();
  await app?.[Symbol.asyncDispose]();
});

/** The code of an authenticator that knows the secret, so many steps from now. */
const codeOf = (secret: string, steps = 0): string =>
  new TOTP({ secret }).generate({ timestamp: Date.now() + steps * 30_000 });

/** Sets up an authenticator by a code of one step ago, so that this one's and the next are left. */
async function enrol(who: ApiBrowser): Promise<{ secret: string; codes: string[] }> {
  const { status, body } = await who.ask("POST", "/v1/session/factors/totp");
  expect(status).toBe(200);
  const done = await who.ask("PUT", "/v1/session/factors/totp", { code: codeOf(body.secret, -1) });
  expect(done.status).toBe(200);
  return { secret: body.secret, codes: done.body.recovery_codes };
}

describe("one-time codes", () => {
  let secret = "";
  let recovery: string[] = [];
  let operator: ApiBrowser;

  it("a secret counts when a code of it was confirmed; other logins end", async () => {
    operator = browser();
    const elsewhere = browser();
    await operator.login("operator", password);
    await elsewhere.login("operator", password);
    await operator.ask("POST", "/v1/session/factors/totp");
    const wrong = await operator.ask("PUT", "/v1/session/factors/totp", { code: "000000" });
    expect(wrong).toMatchObject({ status: 400, body: { errors: [{ path: "/code" }] } });
    expect((await browser().login("operator", password)).status).toBe(200);
    ({ secret, codes: recovery } = await enrol(operator));
    expect(recovery).toHaveLength(10);
    expect((await operator.ask("GET", "/v1/session/factors")).body).toMatchObject({
      totp: { since: expect.any(String) },
      recovery_codes: 10,
      required: false,
    });
    expect((await elsewhere.ask("GET", "/v1/session")).status).toBe(401);
    expect((await ada.ask("GET", "/v1/people/operator")).body).toMatchObject({ second_factor: true });
  });

  it("a login takes the password, then a code; each code once, also when another app is asked", async () => {
    expect(await browser().login("operator", password)).toMatchObject({
      status: 401,
      body: { code: "code-needed" },
    });
    expect(await browser().login("operator", "a wrong password", codeOf(secret))).toMatchObject({
      status: 401,
      body: { code: "login-refused" },
    });
    const code = codeOf(secret);
    const both = await Promise.all([
      browser().login("operator", password, code),
      browser().login("operator", password, code),
    ]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 401]);
    await app.stop("SIGKILL");
    app.start();
    await app.until("ready", () => app.isReady());
    expect(await browser().login("operator", password, code)).toMatchObject({
      status: 401,
      body: { code: "code-refused", errors: [{ path: "/code" }] },
    });
    const next = codeOf(secret, 1);
    expect((await browser().login("operator", password, `${next.slice(0, 3)} ${next.slice(3)}`)).status).toBe(
      200,
    );
  });

  it("a recovery code stands in once", async () => {
    const [one = ""] = recovery;
    expect((await browser().login("operator", password, one.toLowerCase())).status).toBe(200);
    expect((await browser().login("operator", password, one)).status).toBe(401);
    const own = (await operator.ask("GET", "/v1/session/factors")).body;
    expect(own).toMatchObject({ recovery_codes: 9 });
    const renewed = await operator.ask("POST", "/v1/session/factors/recovery");
    expect(renewed.body.recovery_codes).toHaveLength(10);
    expect((await browser().login("operator", password, recovery[1])).status).toBe(401);
  });

  it("neither secret nor codes are in the database, the log or the record of changes", async () => {
    const rows = await app.database.query("SELECT sealed, HEX(salt) AS salt FROM second_factors");
    expect(String(rows[0]?.sealed)).not.toContain(secret);
    const audit = JSON.stringify((await ada.ask("GET", "/v1/audit?who=operator")).body);
    expect(audit).toContain("one-time codes");
    for (const hidden of [secret, ...recovery, ...recovery.map((code) => code.replaceAll("-", ""))])
      for (const where of [audit, app.log, JSON.stringify(rows)]) expect(where).not.toContain(hidden);
  });

  it("wrong codes are counted as wrong passwords are, also with right passwords in between", async () => {
    const auditor = browser();
    await auditor.login("auditor", password);
    const { secret: hers } = await enrol(auditor);
    const answers: string[] = [];
    for (let tries = 0; tries < 6; tries++) {
      answers.push((await browser().login("auditor", password)).body.code);
      answers.push((await browser().login("auditor", password, "000000")).body.code);
    }
    expect(answers.slice(0, 10)).toEqual(Array(5).fill(["code-needed", "code-refused"]).flat());
    expect(answers.slice(10)).toEqual(["too-many-tries", "too-many-tries"]);
    expect((await browser().login("auditor", password, codeOf(hers))).status).toBe(429);
  });

  it("an administrator takes away what was lost; whoever is removed leaves nothing to the next of its name", async () => {
    expect((await operator.ask("DELETE", "/v1/people/operator/factors")).status).toBe(403);
    expect((await app.ask("DELETE", "/v1/people/operator/factors")).status).toBe(200);
    expect((await operator.ask("GET", "/v1/session")).status).toBe(401);
    operator = browser();
    expect((await operator.login("operator", password)).status).toBe(200);
    await enrol(operator);
    expect((await ada.ask("DELETE", "/v1/people/operator")).status).toBe(200);
    await ada.ask("POST", "/v1/people", { name: "operator", role: "operator", password });
    expect((await browser().login("operator", password)).status).toBe(200);
  });

  it("what is delicate wants a proof of the last ten minutes", async () => {
    const { secret: hers } = await enrol(ada);
    await app.changeElsewhere("sessions", "created_at = created_at - INTERVAL 1 HOUR");
    const change = () => ada.ask("PUT", "/v1/people/operator", { role: "auditor" });
    await app.until("the login is old", async () => (await change()).status === 403);
    expect((await change()).body).toMatchObject({ code: "proof-needed" });
    const given = { password, code: codeOf(hers) };
    expect((await ada.ask("POST", "/v1/session/proof", { password })).status).toBe(401);
    expect((await ada.ask("POST", "/v1/session/proof", given)).status).toBe(200);
    expect((await change()).status).toBe(200);
    expect((await ada.ask("DELETE", "/v1/session/factors/totp")).status).toBe(204);
    expect((await browser().login("ada", password)).status).toBe(200);
  });
});
