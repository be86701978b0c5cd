import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { event } from "./support/app-calls.ts";
import { RealApp } from "./support/real-app.ts";

/** Files, drafts and versions in a real database, by the command line and the API of a real app. */

let app: RealApp;
const ask: RealApp["ask"] = (method, path, body) => app.ask(method, path, body);

beforeAll(async () => {
  app = await RealApp.open();
});

afterAll(() => app[Symbol.asyncDispose]());

const run = promisify(execFile);

/** `dialtone rules …`, as JSON. */
async function cli(...words: string[]) {
  const { clusterFile, cluster, self } = app.context;
  const api = `https://${self.address}:${cluster.api.port}`;
  const all = ["src/main.ts", "--config", clusterFile, "--json", "rules", "--api", api, ...words];
  try {
    const { stdout } = await run(process.execPath, all, { maxBuffer: 1e8 });
    // biome-ignore lint/suspicious/noExplicitAny: a test looks at whatever came
    return { code: 0, said: "", found: JSON.parse(stdout || "null") as any };
  } catch (error) {
    const { code, stderr, stdout } = error as { code: number; stderr: string; stdout: string };
    return { code, said: stderr, found: stdout.startsWith("{") ? JSON.parse(stdout) : undefined };
  }
}

const file = () => join(app.root, "office.yaml");
const decides = async (number: string, more = "") =>
  (await ask("GET", `/v1/rules/simulate?number=${number}${more}`)).body.decision;

describe("a whole configuration", () => {
  it("refuses a direct edit that names what is not there, with the field", async () => {
    const rule = {
      match: { number: "5000" },
      action: { type: "route", targets: [{ type: "carrier", carrier: "eve" }] },
    };
    expect(await ask("PUT", "/v1/routes/sales", rule)).toMatchObject({
      status: 422,
      body: {
        code: "unknown-name",
        errors: [{ path: "/action/targets/0/carrier", message: "there is no carrier eve" }],
      },
    });
  });

  it("is exported without secrets, and nothing is different then", async () => {
    await ask("PUT", "/v1/users/ada", { password: "correct horse" });
    await ask("PUT", "/v1/numbers/5001", { user: "ada" });
    const login = { user: "us", password: "battery-staple" };
    await ask("PUT", "/v1/carriers/gold", { addresses: [{ host: "192.0.2.7" }], login });
    const action = { type: "route", targets: [{ type: "user", user: "ada" }] };
    await ask("PUT", "/v1/routes/sales", { match: { number: "5000" }, action });
    expect(await cli("export", "--out", file())).toMatchObject({ code: 0 });
    const text = await readFile(file(), "utf8");
    expect(text).not.toMatch(/correct horse|battery-staple|sealed|ha1/);
    expect(text).toContain("password: { kept: true }");
    expect(await cli("diff", file())).toMatchObject({ code: 0, found: { changes: [] } });
  });

  it("is imported in one step, or not at all: faults have their lines", async () => {
    const text = await readFile(file(), "utf8");
    const line = (part: string, of: string) => of.slice(0, of.indexOf(part)).split("\n").length;
    const wrong = text
      .replace("        - type: user\n", "        - type: usher\n")
      .replace('"5001":', '"5 001":');
    await writeFile(file(), wrong);
    const faulty = await cli("import", file());
    expect(faulty.code).toBe(1);
    expect(faulty.said).toContain(`office.yaml:${line('"5 001":', wrong)}:3: /numbers/5 001`);
    expect(faulty.said).toContain(`office.yaml:${line("usher", wrong)}:`);
    const unknown = text.replace("user: ada", "user: eve");
    await writeFile(file(), unknown);
    const missing = await cli("import", file());
    expect(missing.said).toContain(`:${line("user: eve", unknown)}:`);
    expect(missing.said).toContain("there is no user eve");
    const before = (await ask("GET", "/v1/rules")).body.version;
    const more = text
      .replace('"5000"', '"5002"')
      .replace('"5001":', '"5003":')
      .replace("users:\n", "users:\n  bob:\n    password: something long\n");
    await writeFile(file(), more);
    expect(await cli("import", file(), "--why", "a new desk")).toMatchObject({
      code: 0,
      found: { rules_version: before + 4, changes: 4 },
    });
    expect(await decides("5002")).toMatchObject({ action: "route", rule: "sales" });
    expect(await decides("5000")).toMatchObject({ action: "reject" });
    expect(await decides("5003")).toMatchObject({ rule: "number:5003" });
    const [version] = (await ask("GET", "/v1/versions")).body.versions;
    expect(version).toMatchObject({ version: before + 4, how: "import", why: "a new desk", changes: 4 });
    expect(version.who).not.toBe("");
    expect((await ask("GET", "/v1/drafts")).body.drafts).toEqual([]);
  });

  it("goes back to an old version, with what was removed and its password", async () => {
    const [imported] = (await ask("GET", "/v1/versions")).body.versions;
    const old = imported.first - 1;
    await ask("DELETE", "/v1/routes/sales");
    await ask("DELETE", "/v1/numbers/5003");
    await ask("DELETE", "/v1/users/ada");
    expect(await cli("roll-back", String(imported.first))).toMatchObject({ code: 1 });
    expect(await cli("roll-back", String(old), "--why", "as it was")).toMatchObject({ code: 0 });
    expect(await decides("5000")).toMatchObject({ rule: "sales" });
    expect(await decides("5001")).toMatchObject({ rule: "number:5001" });
    expect(await ask("GET", "/v1/users/bob")).toMatchObject({ status: 404 });
    expect(await ask("PUT", "/v1/users/ada", { display: "Ada" })).toMatchObject({ status: 200 });
    expect((await cli("diff", String(old))).found.changes).toMatchObject([
      { part: "users", key: "ada", before: { display: "" }, after: { display: "Ada" } },
    ]);
  });
});

describe("a draft", () => {
  it("decides nothing until it is published, and is simulated before", async () => {
    await cli("draft", "new", "night", "--why", "closed at night");
    const rule = join(app.root, "rule.yaml");
    await writeFile(
      rule,
      "priority: 5\nmatch:\n  number: '5000'\naction:\n  type: reject\n  code: 480\n  raison: no\n",
    );
    const faulty = await cli("draft", "set", "night", "rule", "closed", rule);
    expect(faulty.said).toContain("rule.yaml:7:3: /rules/closed/action/raison: is not known here");
    await writeFile(rule, "priority: 5\nmatch:\n  number: '5000'\naction:\n  type: reject\n  code: 480\n");
    expect(await cli("draft", "set", "night", "rule", "closed", rule)).toMatchObject({ code: 0 });
    expect(await decides("5000")).toMatchObject({ rule: "sales" });
    expect(await decides("5000", "&draft=night")).toMatchObject({ rule: "closed", code: 480 });
    expect(await ask("GET", "/v1/drafts/night/validate")).toMatchObject({
      body: { findings: [{ code: "shadowed", part: "rules", key: "sales" }] },
    });
    expect(await cli("draft", "publish", "night")).toMatchObject({ code: 0 });
    expect(await decides("5000")).toMatchObject({ rule: "closed" });
    const [version] = (await ask("GET", "/v1/versions")).body.versions;
    expect(version).toMatchObject({ how: "publish", why: "closed at night" });
  });

  it("is refused when somebody changed the same meanwhile, and merges with what else was changed", async () => {
    await ask("POST", "/v1/drafts", { name: "two" });
    const changes = [{ part: "rules", key: "closed", document: null }];
    expect(await ask("POST", "/v1/drafts/two/changes", { changes })).toMatchObject({ status: 200 });
    await ask("PUT", "/v1/flags/night", { on: true });
    await ask("PUT", "/v1/routes/closed", { match: { number: "5009" }, action: { type: "reject" } });
    expect((await cli("draft", "show", "two")).code).toBe(1);
    expect(await ask("POST", "/v1/drafts/two/publish", {})).toMatchObject({
      status: 409,
      body: { code: "conflict", errors: [{ path: "/rules/closed" }] },
    });
    const { revision } = (await ask("GET", "/v1/drafts/two")).body.draft;
    await ask("POST", "/v1/drafts/two/changes", { changes });
    expect(await ask("POST", "/v1/drafts/two/changes", { changes, revision })).toMatchObject({
      status: 409,
      body: { code: "conflict" },
    });
    // As it was looked at, and no other.
    expect(await ask("POST", "/v1/drafts/two/publish", { revision })).toMatchObject({
      status: 409,
      body: { code: "conflict" },
    });
    const now = { revision: revision + 1 };
    expect(await ask("POST", "/v1/drafts/two/publish", now)).toMatchObject({ status: 200 });
    expect(await ask("GET", "/v1/flags/night")).toMatchObject({ body: { on: true } });
    expect(await ask("GET", "/v1/routes/closed")).toMatchObject({ status: 404 });
  });

  it("is refused with the place when it would bring an error", async () => {
    await ask("POST", "/v1/drafts", { name: "bad" });
    const put = (change: object) => ask("POST", "/v1/drafts/bad/changes", { changes: [change] });
    expect(await put({ part: "users", key: "ada" })).toMatchObject({ status: 400 });
    expect(await put({ part: "users", key: "ada", document: null })).toMatchObject({ status: 200 });
    const { status, body } = await ask("POST", "/v1/drafts/bad/publish", {});
    expect({ status, code: body.code }).toEqual({ status: 422, code: "invalid-change" });
    expect(body.errors.map(({ path }: { path: string }) => path)).toContain(
      "/rules/sales/action/targets/0/user",
    );
    expect(await ask("DELETE", "/v1/drafts/bad")).toMatchObject({ status: 200 });
  });
});

it("replays past calls by a draft", async () => {
  const calls = ["one", "two"].flatMap((id) =>
    ["start", "answer", "end"].map((kind, at) => event(kind, id, at * 1000, { to: "sip:5001@x" })),
  );
  expect(await ask("POST", "/v1/calls/events", calls)).toMatchObject({ status: 202 });
  await app.until("two records", async () => (await ask("GET", "/v1/records")).body.records.length === 2);
  await ask("POST", "/v1/drafts", { name: "gone" });
  const changes = [{ part: "numbers", key: "5001", document: null }];
  expect(await ask("POST", "/v1/drafts/gone/changes", { changes })).toMatchObject({ status: 200 });
  const since = new Date(Date.now() - 86_400_000).toISOString();
  expect(await cli("replay", "--since", since, "--draft", "gone")).toMatchObject({
    code: 0,
    found: {
      calls: 2,
      changed: 2,
      groups: [{ before: "number:5001: user ada", after: "none: refused 404", calls: 2 }],
    },
  });
  expect((await cli("replay", "--since", since, "--draft", "no-such")).said).toContain(
    "there is no draft no-such",
  );
});

it("does not remove what something names", async () => {
  await ask("PUT", "/v1/calendars/office", { time_zone: "UTC" });
  await ask("PUT", "/v1/routes/open", { match: { number: "1", open: "office" }, action: { type: "reject" } });
  expect(await ask("DELETE", "/v1/calendars/office")).toMatchObject({
    status: 409,
    body: { code: "in-use", detail: "rule open names it (/match/open)" },
  });
});

it("imports tables of one kind, with lines and columns of faults", async () => {
  const people = join(app.root, "people.csv");
  await writeFile(people, "name,password,display\n2001,something long,First\n2002,short,Second\n");
  const faulty = await cli("import", "--csv", "users", people);
  expect(faulty.said).toContain("people.csv:3:2: /users/2002/password");
  await writeFile(people, "name,password,display\n2001,something long,First\n2002,another one,Second\n");
  expect(await cli("import", "--csv", "users", people)).toMatchObject({ code: 0, found: { changes: 2 } });
  expect(await ask("GET", "/v1/users/2002")).toMatchObject({ body: { display: "Second" } });
});
