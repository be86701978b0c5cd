import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RealApp } from "./support/real-app.ts";

/** What users set for their calls, groups and star codes (docs/people.md), with the real app and a real MariaDB. */
let app: RealApp;
const ask: RealApp["ask"] = (method, path, body) => app.ask(method, path, body);
const decided: RealApp["decided"] = (number, user) => app.decided(number, user);

beforeAll(async () => {
  app = await RealApp.open();
  for (const name of ["ada", "bob"])
    expect((await ask("POST", "/v1/users", { name, password: "correct horse" })).status).toBe(201);
});

afterAll(() => app[Symbol.asyncDispose]());

describe("features of a user", () => {
  it("are set by the API, decide at once, and stay when something else of the user changes", async () => {
    const features = { forward: [{ when: "busy", to: ["bob"] }] };
    expect(await ask("PUT", "/v1/users/ada", { features })).toMatchObject({ status: 200 });
    expect((await decided("ada")).targets).toMatchObject([
      { type: "user", user: "ada", step: 0 },
      { type: "number", number: "bob", step: 1, after: ["busy", "declined"], on_behalf_of: "ada" },
    ]);
    await ask("PUT", "/v1/users/ada", { display: "Ada" });
    expect((await ask("GET", "/v1/users/ada")).body).toMatchObject({ display: "Ada", features });
    expect(await ask("PUT", "/v1/users/ada", { features: { telepathy: true } })).toMatchObject({
      status: 400,
      body: { code: "invalid-request" },
    });
    expect(await ask("PUT", "/v1/users/ada", { features: {} })).toMatchObject({ status: 200 });
    expect((await decided("ada")).targets).toEqual([{ type: "user", user: "ada" }]);
  });
});

describe("groups", () => {
  it("have members that exist, a name of their own, and are called by it", async () => {
    const group = { members: [{ user: "ada" }, { user: "bob" }] };
    expect((await ask("PUT", "/v1/groups/sales", group)).status).toBe(200);
    expect((await decided("sales")).targets).toMatchObject([{ user: "ada" }, { user: "bob" }]);
    expect(await ask("PUT", "/v1/groups/ada", group)).toMatchObject({ status: 409 });
    expect(await ask("PUT", "/v1/groups/x", { members: [{ user: "nobody" }] })).toMatchObject({
      status: 422,
    });
    expect(await ask("DELETE", "/v1/users/bob")).toMatchObject({ status: 409, body: { code: "in-use" } });
    expect((await ask("POST", "/v1/users", { name: "sales", password: "correct horse" })).status).toBe(409);
    expect((await ask("DELETE", "/v1/groups/sales")).status).toBe(200);
  });

  it("round robin: each call begins with the next", async () => {
    const members = [{ user: "ada" }, { user: "bob" }];
    await ask("PUT", "/v1/groups/round", { strategy: "round-robin", members });
    const firsts: string[] = [];
    for (let call = 0; call < 4; call++) firsts.push((await decided("round")).targets[0].user);
    expect(new Set(firsts.slice(0, 2)).size).toBe(2);
    expect(firsts.slice(2)).toEqual(firsts.slice(0, 2));
    await ask("DELETE", "/v1/groups/round");
  });
});

describe("star codes", () => {
  it("change what the user has set, tell it, and hold for the next call", async () => {
    expect(await decided("*21*bob#", "ada")).toMatchObject({ code: 480, reason: "Forwarding: bob" });
    expect((await decided("ada")).targets).toMatchObject([{ number: "bob", on_behalf_of: "ada" }]);
    expect(await decided("*#21#", "ada")).toMatchObject({ code: 480, reason: "Forwarding: bob" });
    expect(await decided("#21#", "ada")).toMatchObject({ code: 480, reason: "Forwarding: Off" });
    expect((await decided("ada")).targets).toEqual([{ type: "user", user: "ada" }]);
    expect(await decided("*26#")).toMatchObject({ code: 407 });
  });

  it("can be others", async () => {
    expect((await ask("PUT", "/v1/codes/dnd-set", { dial: "*78" })).status).toBe(200);
    expect(await ask("PUT", "/v1/codes/dnd-clear", { dial: "*79{number}" })).toMatchObject({ status: 400 });
    expect(await decided("*78", "ada")).toMatchObject({ reason: "Do Not Disturb: On" });
    expect(await decided("ada")).toMatchObject({ code: 480, reason: "Do Not Disturb" });
    expect(await decided("#26#", "ada")).toMatchObject({ reason: "Do Not Disturb: Off" });
  });

  const rung = async (user: string) =>
    (await decided(user)).targets.map(
      (target: { user: string; phone?: string }) => target.phone ?? target.user,
    );

  it("log a user in at another telephone by its PIN, and off; the last one wins where it wants that", async () => {
    for (const name of ["desk7", "desk8"])
      expect((await ask("POST", "/v1/users", { name, password: "correct horse" })).status).toBe(201);
    expect((await ask("PUT", "/v1/users/bob", { pin: "471108" })).status).toBe(200);
    expect((await ask("PUT", "/v1/users/bob", { pin: "12" })).status).toBe(400);
    const shown = await ask("GET", "/v1/users/bob");
    expect(shown.body.pin).toBe("set");
    expect(JSON.stringify(shown.body)).not.toContain("471108");
    // As a program writes back what it has read.
    expect((await ask("PUT", "/v1/users/bob", shown.body)).status).toBe(200);
    expect(await decided("*11*bob*471108#", "desk7")).toMatchObject({ code: 480, reason: "Logged In: bob" });
    expect(await decided("*#11#", "desk7")).toMatchObject({ reason: "Logged In: bob" });
    expect(await decided("*11*bob*471108#", "desk8")).toMatchObject({ code: 480 });
    expect(await rung("bob")).toEqual(["bob", "desk8", "desk7"]);
    expect(await decided("ada", "desk7")).toMatchObject({ as: "bob", caller_id: { number: "bob" } });
    expect((await ask("PUT", "/v1/users/bob", { features: { phones: "newest" } })).status).toBe(200);
    expect(await rung("bob")).toEqual(["desk8"]);
    expect(await decided("ada", "desk7")).not.toHaveProperty("as");
    expect(await decided("*11*bob*471108#", "desk7")).toMatchObject({ code: 480 });
    expect((await ask("GET", "/v1/desks")).body.desks).toMatchObject([{ name: "desk7", user: "bob" }]);
    expect(await decided("#11#", "desk7")).toMatchObject({ code: 480, reason: "Logged Off" });
    expect(await rung("bob")).toEqual(["bob"]);
    expect((await ask("PUT", "/v1/desks/desk8", { user: "bob" })).status).toBe(200);
    expect(await ask("DELETE", "/v1/users/bob")).toMatchObject({ status: 409 });
    expect(await decided("*11*bob*471108#", "bob")).toMatchObject({ reason: "Logged In: bob" });
    expect((await ask("GET", "/v1/desks")).body.desks).toEqual([]);
    expect(await ask("PUT", "/v1/desks/bob", { user: "bob" })).toMatchObject({ status: 400 });
    expect(await ask("PUT", "/v1/desks/desk8", { user: "nobody" })).toMatchObject({ status: 422 });
    const { versions } = (await ask("GET", "/v1/versions?limit=5")).body;
    expect(versions[0]).toMatchObject({ who: "bob", why: "dialled at a telephone" });
  });

  it("look at five wrong PINs, by user and by telephone, and at none after that", async () => {
    const wrong = { code: 403, reason: "Wrong Number Or PIN" };
    const tooMany = { code: 403, reason: "Too Many Wrong PINs: Try Later" };
    for (const number of ["bob", "nobody", "ada", "bob", "bob"])
      expect(await decided(`*11*${number}*000000#`, "desk7")).toMatchObject(wrong);
    expect(await decided("*11*bob*471108#", "desk7")).toMatchObject(tooMany);
    // At another telephone there are more for this user, who has three.
    for (const _ of [4, 5]) expect(await decided("*11*bob*000000#", "desk8")).toMatchObject(wrong);
    expect(await decided("*11*bob*471108#", "desk8")).toMatchObject(tooMany);
    expect((await ask("GET", "/v1/desks")).body.desks).toEqual([]);
    expect(app.log).toContain('"why":"locked"');
    expect(app.log).not.toContain("471108");
  });

  it("are not carried out by a simulation", async () => {
    await ask("GET", `/v1/rules/simulate?number=${encodeURIComponent("*21*bob#")}&user=ada`);
    expect((await decided("ada")).targets).toEqual([{ type: "user", user: "ada" }]);
  });

  it("say clearly that nothing was changed while there is no database; calls go on", async () => {
    await app.database.kill();
    expect(await decided("*21*bob#", "ada")).toMatchObject({ code: 503, reason: "Not Changed: No Database" });
    expect((await decided("ada")).targets).toEqual([{ type: "user", user: "ada" }]);
    expect(await decided("*#21#", "ada")).toMatchObject({ code: 480, reason: "Forwarding: Off" });
  });
});
