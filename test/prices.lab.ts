import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { learnFrom } from "../src/carriers/call-exchange.ts";
import { LiveCalls } from "../src/carriers/live-calls.ts";
import { peerClient } from "../src/http/peer-reader.ts";
import { socketClient } from "../src/http/socket.ts";
import { question } from "./support/app-calls.ts";
import { appSocket } from "./support/app-host.ts";
import { RealApp } from "./support/real-app.ts";

/** Carriers' sheets through the real app and a real MariaDB: taken, refused, in force later, known after a start. */
let app: RealApp;
const ask: RealApp["ask"] = (method, path, body) => app.ask(method, path, body);

async function sheet(carrier: string, text: string, query = "") {
  const reply = await socketClient(appSocket(app.context)).ask({
    method: "POST",
    path: `/v1/prices/${carrier}/import?${query}`,
    text,
    headers: { "content-type": "text/csv" },
  });
  // biome-ignore lint/suspicious/noExplicitAny: a test looks at whatever came
  return { status: reply.status, body: JSON.parse(reply.text || "null") as any };
}

const asked = async (number: string, more = "") =>
  (await ask("GET", `/v1/prices/lookup?number=${encodeURIComponent(number)}${more}`)).body.prices.map(
    // biome-ignore lint/suspicious/noExplicitAny: a test looks at whatever came
    ({ carrier, cost, state }: any) => `${carrier} ${cost} ${state}`,
  );

beforeAll(async () => {
  app = await RealApp.open();
});

afterAll(() => app[Symbol.asyncDispose]());

it("refuses a sheet with all its faults, and takes nothing of it", async () => {
  expect(await sheet("gold", "Prefix,Rate\n49,0.01\n4x,\n", "currency=EUR")).toMatchObject({
    status: 422,
    body: {
      code: "invalid-sheet",
      errors: [
        { path: "line 3, column 1 (Prefix)", message: "'4x' is no prefix of digits" },
        { path: "line 3, column 2 (Rate)", message: "is empty" },
      ],
    },
  });
  expect(await ask("GET", "/v1/prices/gold")).toMatchObject({ status: 404 });
  expect(await sheet("gold", "Prefix,Rate\n49,0.01\n", "currency=EUR&columns=wohin%3Dx")).toMatchObject({
    status: 400,
  });
  expect(await ask("POST", "/v1/prices/gold/import", {})).toMatchObject({ status: 415 });
});

it("takes sheets of two carriers, and says what each asks, cheapest first", async () => {
  const gold = "Prefix,Destination,Rate,Increment\n49,Germany,0.02,1/1\n4915,Mobile,0.05,60/60\n";
  expect(await sheet("gold", gold, "currency=EUR&dry_run=true")).toMatchObject({
    status: 200,
    body: { prices: 2, currency: "EUR", rules_version: null },
  });
  expect(await sheet("gold", gold, "currency=EUR")).toMatchObject({ status: 200, body: { prices: 2 } });
  expect(await sheet("iron", "Vorwahl;Preis (USD)\n+49;0,01\n", "")).toMatchObject({ status: 200 });
  await app.until("both are asked", async () => (await asked("+4915112345")).length === 2);
  expect(await asked("+4915112345")).toEqual(["gold 0.15 known", "iron 0.03 known"]);
  await ask("PUT", "/v1/currencies/EUR", { rate: "1" });
  await ask("PUT", "/v1/currencies/USD", { rate: "0.92" });
  expect(await asked("+4915112345")).toEqual(["iron 0.03 known", "gold 0.15 known"]);
});

it("lets a sheet come into force later, and goes back to one that was there", async () => {
  const before = (await ask("GET", "/v1/prices/gold")).body;
  expect(
    await sheet("gold", "Prefix,Rate\n49,0.03\n", "currency=EUR&from=2099-01-01T00:00:00Z"),
  ).toMatchObject({ status: 200 });
  await app.until("the later price is known", async () =>
    (await asked("+4915112345", "&at=2099-01-02T00:00:00Z")).includes("gold 0.09 known"),
  );
  expect(await asked("+4915112345")).toContain("gold 0.15 known");
  expect(await ask("PUT", "/v1/prices/gold", { revisions: before.revisions })).toMatchObject({ status: 200 });
  await app.until("it is gone", async () =>
    (await asked("+4915112345", "&at=2099-01-02T00:00:00Z")).includes("gold 0.15 known"),
  );
  expect(
    await ask("PUT", "/v1/prices/gold", { revisions: [{ ...before.revisions[0], digest: "0".repeat(32) }] }),
  ).toMatchObject({ status: 404 });
});

it("knows a large sheet from several chunks", async () => {
  const lines = Array.from(
    { length: 60_000 },
    (_, index) =>
      `${100_000 + index},n${(index * 7919) % 100_003}x${index},0.${String((index * 7907) % 999_983).padStart(6, "0")}`,
  );
  expect(await sheet("big", `prefix,name,rate\n${lines.join("\n")}\n`, "currency=EUR")).toMatchObject({
    status: 200,
    body: { prices: 60_000 },
  });
  const [row] = await app.database.query("SELECT chunks FROM price_tables WHERE prices = 60000");
  expect(Number(row?.chunks)).toBeGreaterThan(1);
  await app.until("it is asked", async () => (await asked("1234567890")).length === 1);
});

it("is told by the command line by line and column", async () => {
  const file = join(app.root, "sheet.csv");
  await writeFile(file, "Präfix;Preis\n49;0,01\n", "latin1");
  const dialtone = (...words: string[]) =>
    promisify(execFile)(process.execPath, ["src/main.ts", "--config", app.context.clusterFile, ...words], {
      env: { ...process.env, DIALTONE_TOKEN: app.context.secrets.api_token },
    });
  const api = ["--api", `https://${app.context.self.address}:${app.context.cluster.api.port}`];
  const words = ["prices", ...api, "import", "tin", file, "--currency", "EUR"];
  await expect(dialtone(...words)).rejects.toThrow(/no line of the first 30 names the columns/);
  expect((await dialtone(...words, "--column", "prefix=Präfix", "price=Preis")).stdout).toContain(
    "1 prices of tin in EUR",
  );
  expect((await dialtone("prices", ...api, "list")).stdout).toMatch(/tin .* 1 .* EUR/);
  await app.until("it is shown", async () =>
    (await dialtone("prices", ...api, "show", "+4930")).stdout.includes("tin"),
  );
  await dialtone("prices", ...api, "remove", "tin");
});

const decided = async (call_id: string, number = "+4915112345") =>
  (await ask("POST", "/v1/calls/decide", { ...question(number), call_id })).body;
// biome-ignore lint/suspicious/noExplicitAny: a test looks at whatever came
const carriersIn = (decision: any) => (decision.targets ?? []).map(({ carrier }: any) => carrier).join(" ");
const event = (kind: string, call_id: string, more: object = {}) =>
  ask("POST", "/v1/calls/events", {
    id: randomUUID(),
    kind,
    call_id,
    from_tag: "f",
    time: new Date().toISOString(),
    node: "a",
    method: kind === "end" ? "BYE" : "INVITE",
    code: kind === "answer" ? 200 : 0,
    ...more,
  });

it("sends calls to the cheapest carrier that has room, and says why", async () => {
  for (const [name, limits] of [
    ["gold", {}],
    ["iron", { calls: 1 }],
  ] as const)
    expect(
      await ask("PUT", `/v1/carriers/${name}`, { addresses: [{ host: `${name}.example` }], limits }),
    ).toMatchObject({ status: 200 });
  const action = { type: "route", targets: [{ type: "carriers" }] };
  expect(await ask("PUT", "/v1/routes/world", { match: { prefix: "+" }, action })).toMatchObject({
    status: 200,
  });
  expect((await ask("GET", "/v1/rules/simulate?number=%2B4915112345")).body.carriers).toEqual([
    { carrier: "iron", asked: true, cost: "0.0276", why: "180 s cost 0.0276" },
    { carrier: "gold", asked: true, cost: "0.15", why: "180 s cost 0.15" },
  ]);
  expect(carriersIn(await decided("one"))).toBe("iron gold");
  expect(carriersIn(await decided("two"))).toBe("gold");
  await ask("PUT", "/v1/routes/world", {
    match: { prefix: "+" },
    action: { type: "route", targets: [{ type: "carriers", max_price: "0.02" }] },
  });
  expect(await decided("three")).toMatchObject({ action: "reject", code: 503 });
  await ask("PUT", "/v1/routes/world", { match: { prefix: "+" }, action });
});

it("tells another app what is in progress, and frees the room when a call ends", async () => {
  const other = new LiveCalls({ maxSetupMs: 300_000, maxCallMs: 1e7 });
  const learning = new AbortController();
  const client = peerClient(app.context, "a", {
    port: app.context.cluster.api.port,
    connections: 1,
    connectMs: 1000,
  });
  const done = learnFrom(client, other, learning.signal, () => Promise.resolve());
  await app.until("it is told", async () => other.callsOf("iron") === 1 && other.callsOf("gold") === 1);
  const target = "sip:+4915112345@iron.example";
  await event("start", "one");
  await event("answer", "one", { target, carrier: "iron" });
  await event("end", "one");
  await app.until("the other app knows the end", async () => other.callsOf("iron") === 0);
  expect(carriersIn(await decided("four"))).toBe("iron gold");
  await app.until("the other app knows the next call", async () => other.callsOf("iron") === 1);
  await event("fail", "four", { code: 486 });
  await app.until(
    "the room is free again",
    async () => carriersIn(await decided(randomUUID())) === "iron gold",
  );
  learning.abort();
  await done;
  await client[Symbol.asyncDispose]();
});

it("refuses a registration for a Contact that another carrier registers", async () => {
  const carrier = (contact?: string) => ({
    addresses: [{ host: "192.0.2.9" }],
    login: { user: "acme", password: "secret" },
    register: contact === undefined ? {} : { contact },
    enabled: false,
  });
  expect(await ask("PUT", "/v1/carriers/first", carrier("+4930123"))).toMatchObject({ status: 200 });
  expect(await ask("PUT", "/v1/carriers/second", carrier("+4930123"))).toMatchObject({
    status: 400,
    body: { detail: expect.stringContaining("carrier first registers as +4930123 already") },
  });
  expect(await ask("PUT", "/v1/carriers/second", carrier())).toMatchObject({ status: 200 });
  expect(await ask("PUT", "/v1/carriers/first", carrier("second"))).toMatchObject({ status: 400 });
});

it("writes into the record what a call cost", async () => {
  await app.until(
    "the record",
    async () => (await ask("GET", "/v1/records?call_id=one")).body.records[0]?.charge,
  );
  expect((await ask("GET", "/v1/records?call_id=one")).body.records[0]).toMatchObject({
    carrier: "iron",
    charge: { currency: "USD", per_minute: "0.01", billed_seconds: 1, cost: "0.000167" },
  });
});

it("stops calls when a guard has counted enough, of the ledger too, and says so", async () => {
  const guard = (limits: object) =>
    ask("PUT", "/v1/guards/all", { per: "all", prefixes: ["+49"], ...limits });
  expect(await guard({ calls_per_day: 100 })).toMatchObject({ status: 200 });
  await app.until("it counts", async () => (await decided("five")).watched?.length === 1);
  expect(await guard({ calls: 1 })).toMatchObject({ status: 200 });
  await app.until("it is in force", async () => (await decided("six")).code === 403);
  for (const call of ["five", "six"]) await event("fail", call, { code: 486 });
  await app.until("there is room again", async () => (await decided("seven")).action === "route");
  await event("fail", "seven", { code: 486 });
  // The ledger alone knows one that was answered.
  const to = "sip:+4915112345@test";
  const past = { to, target: "sip:+4915112345@iron.example", carrier: "iron" };
  for (const kind of ["start", "answer", "end"]) await event(kind, "past", past);
  await app.until(
    "its record",
    async () => (await ask("GET", "/v1/records?call_id=past")).body.records[0]?.carrier === "iron",
  );
  expect(await guard({ calls_per_day: 1 })).toMatchObject({ status: 200 });
  await app.until("it is known", async () => (await decided("eight")).code === 403);
  expect(await guard({ calls_per_day: 1, action: "alarm" })).toMatchObject({ status: 200 });
  await app.until("it only tells", async () => {
    const { action, alarms } = await decided("nine");
    return action === "route" && alarms?.[0]?.why === "1 calls today, of 1";
  });
  for (const call of ["eight", "nine"]) await event("fail", call, { code: 486 });
  expect(await ask("DELETE", "/v1/guards/all")).toMatchObject({ status: 200 });
});

it("knows the prices after a start without a database", async () => {
  await app.until("the last change is in force", async () => (await asked("+4915112345")).length === 2);
  // It writes its snapshot when it is asked to end.
  await app.stop();
  await app.database.kill();
  app.start();
  await app.until("it is asked", async () => (await asked("+4915112345")).length === 2);
  expect(await asked("+4915112345")).toEqual(["iron 0.03 known", "gold 0.15 known"]);
});
