import { existsSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { execa } from "execa";
import { afterAll, beforeAll, expect, it } from "vitest";
import { patient } from "../src/base/patience.ts";
import { startPhone } from "../src/callers/phone.ts";
import { type CallProgress, placeCall } from "../src/callers/place-call.ts";
import { findRecord } from "../src/drills/api.ts";
import { waitForGreen } from "../src/drills/cluster-view.ts";
import { type Ground, labGround } from "../src/drills/ground.ts";
import { measure } from "../src/drills/measure.ts";
import { startProber } from "../src/drills/prober.ts";
import { socketClient } from "../src/http/socket.ts";
import { appSocketOf } from "../src/lab/agents.ts";
import { diagnoseLab } from "../src/lab/diagnosis.ts";
import { openLab } from "../src/lab/lab.ts";
import { planAddresses } from "../src/lab/names.ts";
import { activeNodes } from "../src/lab/readiness.ts";
import { labTimeline } from "../src/lab/timeline.ts";
import { mergeTimeline } from "../src/timeline/merge.ts";
import type { Deed } from "./support/freeswitch-host.ts";
import { type Itsp, itspPort, startItsp } from "./support/itsp.ts";

/** Calls through carriers with the real parts on both sides, and a takeover in the middle of it all. */

const name = "carriertest";
const lab = openLab(name);
const plan = planAddresses("198.18.81.0/24");
const signal = new AbortController().signal;
const main = resolve(import.meta.dirname, "../src/main.ts");
/** tin is the cheapest, then gold, then iron; itsp wants a password, and a registration. */
const addresses = {
  tin: plan.aliases[0] ?? "",
  gold: plan.aliases[1] ?? "",
  iron: plan.aliases[2] ?? "",
  itsp: plan.aliases[3] ?? "",
};
const number = "+4940123456";
/** Is a FreeSWITCH host, and in a namespace of its own. */
const fs1 = "198.18.81.21";
/** What people were told. */
const sink = join(lab.paths.root, "sink.jsonl");
const opened = new AsyncDisposableStack();
let itsp: Itsp;
let ground: Ground;

async function until<T>(what: string, look: () => Promise<T | undefined | false>): Promise<T> {
  const deadline = Date.now() + patient(15_000);
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > deadline) throw new Error(`not in time: ${what}`);
    await delay(50);
  }
}

/** What a rule says of each carrier, on every node that runs. */
async function standings(): Promise<Map<string, string>[]> {
  const path = `/v1/rules/simulate?number=${encodeURIComponent(number)}`;
  const answers = await ground.everyApi("GET", path);
  return answers.map(({ answer }) => {
    const { carriers = [] } = answer as { carriers?: { carrier: string; asked: boolean; why: string }[] };
    return new Map(carriers.map(({ carrier, asked, why }) => [carrier, asked ? "asked" : why]));
  });
}

const everywhere = (what: string, carrier: string, says: RegExp) =>
  until(what, async () => {
    const found = await standings();
    return found.length > 0 && found.every((one) => says.test(one.get(carrier) ?? ""));
  });

interface Call {
  reached: Set<CallProgress>;
  callId: string;
  over: Promise<unknown>;
}

/** @param seconds until the caller hangs up */
async function call(to: string, seconds: number, service = ground.service): Promise<Call> {
  const reached = new Set<CallProgress>();
  let callId = "";
  const directory = `${lab.paths.root}/calls`;
  const request = { place: ground.caller, directory, service, from: "0445550100", to, seconds };
  const over = placeCall({ ...request, patienceMs: patient(5000) }, (step, timeline) => {
    reached.add(step);
    callId = timeline.callId;
  });
  const ended = over.then(() => true);
  for (;;) {
    const gone = await Promise.race([ended, delay(20)]);
    if (gone || reached.has("answered")) return { reached, callId, over };
  }
}

/** A short call, and its record. */
async function record(to = number, seconds = 0) {
  const { over, callId, reached } = await call(to, seconds);
  await over;
  const found = await findRecord(name, callId, 15_000);
  return { answered: reached.has("answered"), carrier: found?.carrier, attempts: found?.attempts.length };
}

async function sheet(carrier: string, price: string): Promise<void> {
  const [host] = Object.values(lab.state().hosts).filter(({ role }) => role === "node");
  const client = socketClient(appSocketOf(host?.data ?? ""));
  const { status, text } = await client.ask({
    method: "POST",
    path: `/v1/prices/${carrier}/import?currency=EUR`,
    text: `Prefix,Rate\n49,${price}\n`,
    headers: { "content-type": "text/csv" },
  });
  expect(status, text).toBe(200);
}

const carrier = (name: keyof typeof addresses, more: object = {}) =>
  ground.api("PUT", `/v1/carriers/${name}`, {
    addresses: [{ host: addresses[name], port: itspPort }],
    wait_ms: 500,
    ...more,
  });

const broken = async () =>
  (await lab.status()).hosts.flatMap(({ agent }) =>
    (agent?.holds ? (agent.brokenCarriers ?? []) : []).map((one) => one.carrier),
  );

beforeAll(async () => {
  const webhooks = { pager: { url: `http://${plan.outside}:8090/hook` } };
  await lab.up({
    isolated: true,
    detach: false,
    fresh: true,
    subnet: plan.subnet,
    settings: {
      alerts: { critical_after_s: 1, warning_after_s: 1, webhooks },
      "hosts.fs1": { role: "freeswitch", address: fs1 },
    },
  });
  opened.defer(async () => void (await lab.down({ wipe: true, graceMs: 0 })));
  ground = labGround(lab);
  const script = resolve(import.meta.dirname, "support", "alert-sink.ts");
  await lab.startExtra("sink", "outside", [process.execPath, script, "2525", "8090", sink], `${sink}.log`);
  const phone = `${ground.called.address}:5090`;
  itsp = await startItsp({ lab: name, addresses: Object.values(addresses), digest: addresses.itsp, phone });
  await waitForGreen(lab, 120_000, () => undefined, signal);
  const directory = `${lab.paths.root}/calls`;
  opened.use(await startPhone({ place: ground.called, directory, name: "phone", port: 5090 }));
  await carrier("tin");
  await carrier("gold", { limits: { calls: 1 } });
  await carrier("iron");
  await carrier("itsp", {
    login: { user: "acme", password: "secret" },
    register: { contact: "+4930123" },
  });
  await sheet("tin", "0.01");
  await sheet("gold", "0.02");
  await sheet("iron", "0.03");
  await sheet("itsp", "0.04");
  await ground.api("PUT", "/v1/routes/world", {
    match: { prefix: "+49" },
    action: { type: "route", targets: [{ type: "carriers" }] },
  });
  await ground.api("PUT", "/v1/routes/inbound", {
    match: { number: "+4930123", carrier: "itsp" },
    priority: 1,
    action: { type: "route", targets: [{ type: "uri", uri: `sip:in@${phone}` }] },
  });
  await everywhere("prices and rules are known", "itsp", /^asked$/);
});

afterAll(() => opened.disposeAsync());

const registrations = async () => (await itsp.deeds()).filter(({ what }) => what === "registered");
const registered = () =>
  until("it is registered", async () =>
    (await lab.status()).hosts.some(
      ({ agent }) => agent?.holds && agent.registrations?.some((one) => one.registered),
    ),
  );

it("calls the cheapest, the next one after 503 or silence, and gives a password where one is asked", async () => {
  expect(await record()).toEqual({ answered: true, carrier: "tin", attempts: 0 });
  await itsp.set(addresses.tin, 503);
  expect(await record()).toEqual({ answered: true, carrier: "gold", attempts: 1 });
  await itsp.set(addresses.tin, "silent");
  expect(await record()).toEqual({ answered: true, carrier: "gold", attempts: 1 });
  await itsp.set(addresses.gold, 500);
  await itsp.set(addresses.iron, "silent");
  expect(await record()).toEqual({ answered: true, carrier: "itsp", attempts: 3 });
  await itsp.set(addresses.gold, "well");
  await itsp.set(addresses.iron, "well");
  // The third time in a row: it is left alone.
  await until("tin is broken", async () => (await broken()).includes("tin"));
  expect(await record()).toEqual({ answered: true, carrier: "gold", attempts: 0 });
});

it("is registered at its carrier, and called from there", async () => {
  await registered();
  const { over, reached } = await call("acme", 0, `${addresses.itsp}:${itspPort}`);
  await over;
  expect(reached).toContain("answered");
});

it("stops calls when what they cost is too much, and says so wherever people look", async () => {
  const since = Date.now();
  const watched = "+4941123456";
  const guard = (more: object) =>
    ground.api("PUT", "/v1/guards/money", { per: "all", prefixes: ["+4941"], ...more });
  await guard({ cost_per_day: "0.0001" });
  const decided = async () =>
    (await ground.everyApi("GET", `/v1/rules/simulate?number=${encodeURIComponent(watched)}`)).map(
      ({ answer }) => (answer as { decision: { action: string; watched?: unknown[] } }).decision,
    );
  const all = (what: string, holds: (decision: Awaited<ReturnType<typeof decided>>[number]) => boolean) =>
    until(what, async () => (await decided()).every(holds));
  await all("the guard counts", (decision) => decision.watched?.length === 1);
  // For a second: one that is over within the same millisecond costs nothing.
  expect(await record(watched, 1)).toMatchObject({ answered: true });
  await all("all nodes know what it cost", ({ action }) => action === "reject");
  const { over, callId, reached } = await call(watched, 0);
  await over;
  expect(reached).not.toContain("answered");
  expect(await findRecord(name, callId, 15_000)).toMatchObject({ status: 403, attempts: [] });
  const problems = await until("it is a problem", async () => {
    const found = diagnoseLab(await lab.status()).problems.filter(({ code }) => code === "guard");
    return found.length > 0 && found;
  });
  expect(problems[0]?.what).toMatch(/^guard money: all together have calls for 0\.000\d+ today, of 0\.0001$/);
  await until("the timeline has it", async () =>
    mergeTimeline(await labTimeline(name, since)).some(({ subject }) => subject === "guard money"),
  );
  await until(
    "somebody is told",
    async () => existsSync(sink) && readFileSync(sink, "utf8").includes("guard:money:"),
  );
  await guard({ enabled: false });
  await all("calls go on", ({ action }) => action === "route");
});

it("a FreeSWITCH host: asks, is watched, is drained while its calls go on, and serves again", async () => {
  const since = Date.now();
  const folder = join(lab.paths.root, "fs1");
  const did = join(folder, "deeds.jsonl");
  const dialtone = async (...words: string[]): Promise<string> =>
    (await execa(process.execPath, [main, "--config", lab.paths.cluster, ...words])).stdout;
  await dialtone("freeswitch", "init", "fs1", "--output", folder);
  const script = resolve(import.meta.dirname, "support", "freeswitch-host.ts");
  await lab.startExtra("fs1", "fs1", [process.execPath, script, folder, fs1, "5060", did], `${did}.log`);
  const deeds = async (): Promise<Deed[]> =>
    (await readFile(did, "utf8").catch(() => ""))
      .split("\n")
      .flatMap((line) => (line ? [JSON.parse(line)] : []));
  const holder = async () =>
    (await lab.status()).hosts.flatMap(({ agent }) => (agent?.holds ? [agent] : []))[0];
  const answers = (wanted: boolean) =>
    until(`fs1 is seen ${wanted ? "to answer" : "as silent"}`, async () =>
      (await holder())?.freeswitch?.some((one) => one.host === "fs1" && one.answers === wanted),
    );
  await answers(true);

  // A telephone is there for when fs1 is not. What comes from the cluster, FreeSWITCH is to bring to that telephone.
  const phone = { host: ground.called.address, port: 5090 };
  await ground.api("PUT", "/v1/farms/switches", {
    targets: [{ host: fs1 }, { ...phone, weight: 0 }],
    wait_ms: 500,
    probe_s: 5,
  });
  const rule = (name: string, match: object, target: object) =>
    ground.api("PUT", `/v1/routes/${name}`, {
      match: { prefix: "88", ...match },
      action: { type: "route", targets: [target] },
    });
  await rule("to-fs", {}, { type: "farm", farm: "switches" });
  await rule(
    "at-fs",
    { source: plan.service },
    { type: "uri", uri: `sip:{number}@${phone.host}:${phone.port}` },
  );
  await until("the farm is known", async () =>
    (await ground.everyApi("GET", "/v1/rules/simulate?number=8801")).every(
      ({ answer }) => (answer as { decision: { action: string } }).decision.action === "route",
    ),
  );
  /** Who of the farm took a short call; one that failed there may be remembered for a moment. */
  const takenBy = async () => {
    const { over, callId, reached } = await call("8801", 0);
    await over;
    expect(reached).toContain("answered");
    return (await deeds()).some((deed) => deed.callId === callId) ? "fs1" : "phone";
  };

  const held = await call("8802", 6);
  expect(held.reached).toContain("answered");
  expect(await deeds()).toMatchObject([
    { did: "asked", status: 200, what: expect.stringMatching(/^https:.*\/freeswitch\/xml$/) },
    { did: "bridged", status: 200, what: `sip:8802@${phone.host}:${phone.port}` },
  ]);
  expect(await dialtone("drain", "fs1", "--lab", name)).toMatch(/no new calls by farm switches/);
  await until("it gets no new calls", async () => (await takenBy()) === "phone");
  expect(await takenBy()).toBe("phone");
  await held.over;
  // One call by way of both: one record.
  await until("FreeSWITCH has told its record", async () =>
    (await deeds()).some(({ did }) => did === "told"),
  );
  expect((await deeds()).filter(({ did }) => did === "told")).toMatchObject([
    { callId: held.callId, status: 200 },
  ]);
  const record = await findRecord(name, held.callId, 15_000);
  expect(record).toMatchObject({ closed_how: "bye", outcome: "answered", attempts: [] });
  expect(record?.duration_ms).toBeGreaterThan(4500);
  expect(await dialtone("undrain", "fs1", "--lab", name)).toMatch(/switches again/);
  await until("it is back", async () => (await takenBy()) === "fs1");

  await lab.kill("fs1");
  await answers(false);
  expect(await takenBy()).toBe("phone");
  const silent = (await holder())?.light?.reasons.filter(({ code }) => code === "freeswitch-silent");
  expect(silent).toMatchObject([{ text: "FreeSWITCH host fs1 does not answer OPTIONS" }]);
  expect(diagnoseLab(await lab.status()).problems.filter(({ code }) => code === "freeswitch")).toHaveLength(
    1,
  );
  const [there = ""] = activeNodes((await lab.status()).hosts);
  expect(await dialtone("status", "--data", lab.paths.host(there))).toMatch(/fs1: FreeSWITCH, is silent/);
  await until(
    "somebody is told",
    async () => existsSync(sink) && readFileSync(sink, "utf8").includes("freeswitch:fs1"),
  );
  await until("the timeline has it", async () =>
    mergeTimeline(await labTimeline(name, since)).some(
      ({ kind, subject }) => kind === "freeswitch" && subject === "fs1",
    ),
  );
  await lab.heal("fs1");
  await answers(true);
  expect(diagnoseLab(await lab.status()).problems.filter(({ code }) => code === "freeswitch")).toEqual([]);
});

it("goes on through a power cut: limits, broken carriers and registrations are known, no call is lost or made twice", async () => {
  const held = await call(number, 20);
  let over = false;
  void held.over.then(() => {
    over = true;
  });
  expect(held.reached).toContain("answered");
  await everywhere("all nodes know that gold is full", "gold", /^has 1 calls, of 1/);
  const before = new Set((await registrations()).map(({ callId }) => callId));
  const marked = (await itsp.deeds()).length;
  await using prober = await startProber({
    place: ground.caller,
    directory: `${lab.paths.root}/calls`,
    service: ground.service,
    from: "0445550101",
    to: number,
    rate: 10,
    patienceMs: patient(5000),
  });
  await until("calls flow", async () => prober.successesSince(0).length >= 10);
  const [holder = ""] = activeNodes((await lab.status()).hosts);
  const moment = await lab.kill(holder);
  // One carrier comes and goes meanwhile.
  for (let turn = 0; turn < 4; turn++) {
    await itsp.set(addresses.iron, turn % 2 === 0 ? 503 : "well");
    await delay(400);
  }
  await until("calls flow again", async () => prober.successesSince(moment.wall_ms + 2000).length >= 20);
  expect(await broken()).toContain("tin");
  await until("the next holder registers", async () =>
    (await registrations()).some(({ callId }) => !before.has(callId)),
  );
  await prober.finish();
  const figures = measure(prober.attempts(), { fault: moment.wall_ms }, 10);
  expect(figures).toMatchObject({ redialsFailed: 0 });
  process.stderr.write(`takeover among carriers: ${JSON.stringify(figures)}\n`);
  const answers = (await itsp.deeds()).slice(marked).filter(({ what }) => what === "answered");
  // No carrier but those who may: gold has its one call, tin is left alone.
  expect(answers.filter(({ address }) => address === addresses.gold)).toEqual([]);
  const carriersOf = Map.groupBy(answers, ({ callId }) => callId);
  const twice = [...carriersOf].filter(([, all]) => new Set(all.map(({ address }) => address)).size > 1);
  expect(twice).toEqual([]);
  const [there] = await standings();
  // A machine may be so slow that the call is over.
  if (!over) expect(there?.get("gold")).toMatch(/^has 1 calls, of 1/);
  const inbound = await call("acme", 0, `${addresses.itsp}:${itspPort}`);
  await inbound.over;
  expect(inbound.reached).toContain("answered");
  await held.over;
  await everywhere("gold has room again", "gold", /^asked$/);
});
