import { setTimeout as delay } from "node:timers/promises";
import { beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { patient } from "../src/base/patience.ts";
import type { News } from "../src/call/news-schema.ts";
import { succeeded } from "../src/callers/attempt.ts";
import { startPhone } from "../src/callers/phone.ts";
import { loadCluster } from "../src/cluster/load.ts";
import { dialSchema } from "../src/dials/dial-schema.ts";
import { recordsOn, routeKnownOn, routePrefixOn } from "../src/drills/api.ts";
import { waitForGreen } from "../src/drills/cluster-view.ts";
import { type Ground, labGround } from "../src/drills/ground.ts";
import { ownNumber } from "../src/drills/own-number.ts";
import { startProber } from "../src/drills/prober.ts";
import { openSession } from "../src/drills/session.ts";
import type { Lab } from "../src/lab/lab.ts";
import { activeNodes } from "../src/lab/readiness.ts";
import { startAt } from "./support/at-place.ts";
import type { DeskOptions } from "./support/desk-phone.ts";
import { sharedLab } from "./support/shared-lab.ts";

/** What people's own programs have of two nodes when one of them loses its power: versions, webhooks, click-to-dial. */

let lab: Lab;
let ground: Ground;
const signal = new AbortController().signal;
const tell = (text: string) => void process.stderr.write(`${text}\n`);

beforeAll(async () => {
  lab = await sharedLab(tell);
  ground = labGround(lab);
});

const active = async (): Promise<string> => {
  await waitForGreen(lab, 90_000, (why) => tell(`waiting: ${why.join("; ")}`), signal);
  return activeNodes((await lab.status()).hosts)[0] ?? "";
};

async function until<Found>(what: string, look: () => Promise<Found | false>, ms = 20_000): Promise<Found> {
  const deadline = Date.now() + patient(ms);
  for (;;) {
    const found = await look();
    if (found !== false) return found;
    if (Date.now() > deadline) throw new Error(`not within ${patient(ms)} ms: ${what}`);
    await delay(20);
  }
}

const simulation = z.object({ decision: z.object({ action: z.string(), rule: z.string() }) });
/** By which rule each node decides calls to this number. */
const rulesFor = async (number: string): Promise<string[]> =>
  (await ground.everyApi("GET", `/v1/rules/simulate?number=${number}`)).map(
    ({ answer }) => simulation.parse(answer).decision.rule,
  );

it("a draft of 1,000 changes is published to both nodes, and taken back, while calls go on", async () => {
  await active();
  const [numbers, calls] = [ownNumber("9971"), ownNumber("9970")];
  await using _phone = await startPhone({
    place: ground.called,
    directory: ground.directory,
    name: "programs-phone",
    port: 5093,
  });
  await routePrefixOn(ground, "programs", calls, `${ground.called.address}:5093`);
  await routeKnownOn(ground, calls, 10_000);
  await ground.api("POST", "/v1/users", { name: "programs", password: "correct horse" });
  const draft = `programs-${Date.now()}`;
  await ground.api("POST", "/v1/drafts", { name: draft });
  const changes = [
    ...Array.from({ length: 999 }, (_, index) => ({
      part: "numbers",
      key: `${numbers}${String(index).padStart(4, "0")}`,
      document: { user: "programs" },
    })),
    {
      part: "rules",
      key: "programs-new",
      document: { match: { prefix: numbers }, priority: 1, action: { type: "reject", code: 480 } },
    },
  ];
  await ground.api("POST", `/v1/drafts/${draft}/changes`, { changes });
  await using prober = await startProber({
    place: ground.caller,
    directory: ground.directory,
    service: ground.service,
    from: "0445550103",
    to: calls,
    rate: 10,
    patienceMs: 4000,
  });
  const begun = Date.now();
  await ground.api("POST", `/v1/drafts/${draft}/publish`, {});
  const answered = Date.now();
  const all = async (rule: string) => (await rulesFor(`${numbers}9999`)).every((each) => each === rule);
  await until("both nodes know it", () => all("programs-new"));
  const known = Date.now();
  const { versions } = z
    .object({ versions: z.array(z.object({ version: z.int(), why: z.string().nullish() })) })
    .parse(await ground.api("GET", "/v1/versions"));
  const before = versions[1]?.version ?? 0;
  await ground.api("POST", `/v1/versions/${before}/roll-back`, {});
  await until("both nodes have gone back", async () => !(await all("programs-new")) && rulesSame(numbers));
  tell(
    `publish: answered after ${answered - begun} ms, on both nodes ${known - answered} ms later; taken back after ${Date.now() - known} ms`,
  );
  await prober.finish();
  const failed = prober.attempts().filter((call) => !succeeded(call));
  expect(prober.attempts().length).toBeGreaterThan(5);
  expect(failed).toEqual([]);
});

/** No node knows anything of the draft's any more. */
const rulesSame = async (numbers: string): Promise<boolean> =>
  (await Promise.all([rulesFor(`${numbers}9999`), rulesFor(`${numbers}0001`)]))
    .flat()
    .every((rule) => !rule.startsWith("programs-new") && !rule.startsWith("number:"));

it("webhooks are told of every call around a power cut, each event under one id", async () => {
  const killed = await active();
  const port = 8097;
  await using hook = startAt<{ id: string; body: News }>(ground.called, "./hook.ts", {
    address: ground.called.address,
    port,
  });
  const url = `http://${ground.called.address}:${port}/calls`;
  await ground.api("PUT", "/v1/webhooks/programs", {
    url,
    events: ["call.started", "call.answered", "call.ended"],
    deadline_ms: 2000,
  });
  await until("it takes a message", async () => {
    const { taken } = z
      .object({ taken: z.boolean() })
      .parse(await ground.api("POST", "/v1/webhooks/programs/test"));
    return taken;
  });
  await using session = await openSession(lab, {
    name: "webhooks",
    rate: 10,
    patienceMs: 4000,
    tell,
    signal,
  });
  const since = new Date().toISOString();
  const outcome = await session.run({ inject: () => lab.kill(killed), survivors: ["a", "b"] });
  expect(outcome.ledger).toMatchObject({ missing: [], doubled: [], wrong: [], open: 0 });
  const records = (await recordsOn(ground, { since })).filter(({ number }) => number.startsWith("9973"));
  expect(records.length).toBeGreaterThan(50);
  const idsOf = (callId: string, type: News["type"]) =>
    new Set(
      hook.said.flatMap(({ id, body }) => (body.type === type && body.call?.call_id === callId ? [id] : [])),
    ).size;
  // A request whose answer was lost with its node is repeated to the other one: two nodes saw it, and each tells of it.
  const untold = () =>
    records.filter(({ call_id, nodes }) =>
      (["call.started", "call.ended"] as const).some((type) => {
        const ids = idsOf(call_id, type);
        return ids < 1 || ids > Math.min(nodes.length, 2);
      }),
    );
  await until("each call's start and end are told", async () => untold().length === 0).catch(
    (error: unknown) => {
      tell(`not told as they should: ${JSON.stringify(untold().slice(0, 5))}`);
      throw error;
    },
  );
  const twice = hook.said.length - new Set(hook.said.map(({ id }) => id)).size;
  tell(`webhooks: ${records.length} calls, ${hook.said.length} messages, ${twice} of them told again`);
});

it("click-to-dial of somebody who is logged in at a desk goes on when the node that carries it out loses its power while A rings: A calls B once", async () => {
  const killed = await active();
  const { sip } = loadCluster(lab.paths.cluster);
  const [address = "", port] = ground.service.split(":");
  const [user, person] = [`desk-${Date.now()}`, `person-${Date.now()}`];
  const password = "correct horse battery";
  const pin = "471108";
  const b = ownNumber("9972");
  await using _phone = await startPhone({
    place: ground.called,
    directory: ground.directory,
    name: "programs-b",
    port: 5092,
  });
  await ground.api("POST", "/v1/users", { name: user, password });
  await ground.api("POST", "/v1/users", { name: person, password, pin });
  await routePrefixOn(ground, "programs-b", b, `${ground.called.address}:5092`);
  await routeKnownOn(ground, b, 10_000);
  await until("both nodes know the users", async () =>
    (await Promise.all([user, person].map(async (name) => [name, await rulesFor(name)] as const))).every(
      ([name, rules]) => rules.every((rule) => rule.includes(name)),
    ),
  );
  await using desk = startAt<{ did: string; code?: number; reason?: string }>(
    ground.caller,
    "./desk-phone.ts",
    {
      local: { address: ground.caller.address, port: 5088 },
      service: { address, port: Number(port) },
      realm: sip.realm,
      user,
      password,
      answerAfterMs: 3000,
      dials: `*11*${person}*${pin}#`,
    } satisfies DeskOptions,
  );
  expect(await desk.hears("it is registered", ({ did }) => did === "registered")).toMatchObject({
    code: 200,
  });
  expect(await desk.hears("the person has logged in there", ({ did }) => did === "dialled")).toMatchObject({
    code: 480,
    reason: `Logged In: ${person}`,
  });
  await until("both nodes know who is there", async () =>
    (await ground.everyApi("GET", "/v1/desks")).every(({ answer }) =>
      JSON.stringify(answer).includes(person),
    ),
  );
  const dial = dialSchema.parse(await ground.api("POST", "/v1/dials", { from: person, to: b }));
  await desk.hears("it rings", ({ did }) => did === "rings");
  try {
    await lab.kill(killed);
    await desk.hears("it calls B", ({ did }) => did === "calls", 30_000);
    expect(await desk.hears("B has answered", ({ did }) => did === "called", 30_000)).toMatchObject({
      code: 200,
    });
    const last = await until("it is known to be connected", async () => {
      const found = dialSchema.loose().parse(await ground.api("GET", `/v1/dials/${dial.id}`));
      return found.state === "connected" && found;
    });
    expect(last.node).not.toBe(killed);
    await desk.hears("it has hung up", ({ did }) => did === "over");
    expect(desk.said.filter(({ did }) => did === "rings" || did === "calls")).toHaveLength(2);
    const found = await until("the call to B has its record", async () => {
      const records = await recordsOn(ground, { number: b });
      return records.length > 0 && records.every(({ closed_how }) => closed_how !== null) && records;
    });
    expect(found.map(({ closed_how, user: by }) => ({ closed_how, by }))).toEqual([
      { closed_how: "bye", by: person },
    ]);
  } finally {
    await lab.heal();
  }
});
