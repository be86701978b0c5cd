import { strict as assert } from "node:assert";
import { header, headers } from "../ua.ts";
import { rememberFor, type Scenario, until, type World } from "../world.ts";

/** Targets in steps: what comes next depends on what came before (src/call/contract.ts); sip/steps.cfg. */

interface Step {
  type: "user" | "uri" | "number";
  number?: string;
  user?: string;
  uri?: string;
  step: number;
  after?: string[];
  timeout_ms?: number;
  delay_ms?: number;
  newest?: true;
  on_behalf_of?: string;
  headers?: Record<string, string>;
}

const inSteps = (targets: Step[], more: Record<string, unknown> = {}) => ({
  v: 1,
  action: "route",
  strategy: "serial",
  targets,
  record: false,
  rule: "steps",
  rules_version: 1,
  ...rememberFor("anyone"),
  ...more,
});

const at = (host: number) => `sip:1@198.18.77.${host}:5070`;

/** After which outcome which telephone rings. */
const byOutcome: Step[] = [
  { type: "user", user: "101", step: 0, timeout_ms: 700 },
  { type: "uri", uri: at(52), step: 1, after: ["busy"] },
  { type: "uri", uri: at(53), step: 1, after: ["no-answer"] },
  { type: "uri", uri: at(54), step: 1, after: ["unreachable", "failed"] },
];

/** Telephone 101 answers with `codes`; the address of the one that took the call. */
async function taker(world: World, codes: number[] | "none" | "silent", targets = byOutcome) {
  if (codes !== "none") {
    const phone = await world.phone("198.18.77.51", 5070, ...(codes === "silent" ? [] : codes));
    if (codes === "silent")
      phone.onRequest = (request) => {
        if (request.method !== "INVITE" && request.method !== "ACK")
          phone.reply(request, 200, "OK", { tag: "t" });
      };
    assert.equal((await world.register(phone, "101", "pw-101")).code, 200);
  }
  for (const host of [52, 53, 54]) await world.phone(`198.18.77.${host}`, 5070, 180, 200);
  world.decides(() => inSteps(targets));
  const caller = await world.ua("198.18.77.50");
  const called = await world.call(caller, "5", { ms: 8000 });
  if (called.answer.code === 200) await world.hangUp(caller, called);
  return called.answer.code === 200 ? header(called.answer, "Contact") : String(called.answer.code);
}

const takenBy = (codes: number[] | "none" | "silent", host: number | string, targets?: Step[]): Scenario => {
  return async (world) => assert.match(await taker(world, codes, targets), new RegExp(String(host)));
};

export const steps: Record<string, Scenario> = {
  "steps: busy (486) leads to the step for busy": takenBy([180, 486], "77.52"),
  "steps: a telephone that rings and is not answered leads to the step for that": takenBy([180], "77.53"),
  "steps: no telephone is unreachable": takenBy("none", "77.54"),
  "steps: a telephone that says nothing is unreachable": takenBy("silent", "77.54"),
  "steps: switched off (480) is unreachable": takenBy([480], "77.54"),
  "steps: 500 is a failure": takenBy([500], "77.54"),
  "steps: 603 ends all where no step is meant for it (RFC 3261 21.6)": takenBy([180, 603], "603", [
    ...byOutcome,
    { type: "uri", uri: at(52), step: 2 },
  ]),
  "steps: 603 goes on with a step for those who decline": takenBy([180, 603], "77.52", [
    ...byOutcome,
    { type: "uri", uri: at(52), step: 2, after: ["declined"] },
  ]),
  "steps: 600 is busy everywhere": takenBy([600], "77.52"),

  "steps: where the first in place of the called one fails, the next for the same reason rings": takenBy(
    [180],
    "77.54",
    [
      { type: "user", user: "101", step: 0, timeout_ms: 700 },
      { type: "uri", uri: "sip:nobody@198.18.77.13:9", step: 1, after: ["no-answer"], timeout_ms: 500 },
      { type: "uri", uri: at(52), step: 2, after: ["unreachable"] },
      { type: "uri", uri: at(54), step: 3, after: ["no-answer"] },
    ],
  ),

  "steps: targets of one step ring together, the next when all have failed; the best answer counts": async (
    world,
  ) => {
    const first = [
      await world.phone("198.18.77.51", 5070, 180, 486),
      await world.phone("198.18.77.52", 5070, 180, 480),
    ];
    const second = [
      await world.phone("198.18.77.53", 5070, 180),
      await world.phone("198.18.77.54", 5070, 180, 200),
    ];
    world.decides(() =>
      inSteps([
        { type: "uri", uri: at(51), step: 0 },
        { type: "uri", uri: at(52), step: 0 },
        { type: "uri", uri: at(53), step: 1, after: ["busy"] },
        { type: "uri", uri: at(54), step: 1, after: ["busy"] },
      ]),
    );
    const caller = await world.ua("198.18.77.50");
    const called = await world.call(caller, "5");
    assert.match(header(called.answer, "Contact"), /77\.54/);
    for (const phone of [...first, ...second]) await phone.wait("the INVITE", (m) => m.method === "INVITE");
    await second[0]?.wait("a CANCEL", (m) => m.method === "CANCEL");
    await world.hangUp(caller, called);
  },

  "steps: the answer says whose telephone it is, whatever its Contact is called": async (world) => {
    const [first] = await delayed(world, [180, 200], 60_000);
    assert.equal(
      (await world.register(first, "101", "pw-101", undefined, { contact: "<sip:198.18.77.51:5070>" })).code,
      200,
    );
    const caller = await world.ua("198.18.77.50");
    const called = await world.call(caller, "5");
    await world.hangUp(caller, called);
    const all = await world.server.waitEvents(called.callId, ["answer"]);
    assert.equal(all.find(({ kind }) => kind === "answer")?.answered_by, "101");
  },

  "a user whose newest telephone alone rings": async (world) => {
    const old = await world.phone("198.18.77.51", 5070, 180, 200);
    assert.equal((await world.register(old, "101", "pw-101")).code, 200);
    await until("the next second", () => Date.now() % 1000 < 50);
    const newest = await world.phone("198.18.77.52", 5070, 180, 200);
    assert.equal((await world.register(newest, "101", "pw-101")).code, 200);
    world.decides(() => inSteps([{ type: "user", user: "101", step: 0, newest: true }]));
    const caller = await world.ua("198.18.77.50");
    const called = await world.call(caller, "5");
    assert.match(header(called.answer, "Contact"), /77\.52/);
    assert.equal(
      old.seen.some((m) => m.code === 0 && m.method === "INVITE"),
      false,
    );
    await world.hangUp(caller, called);
  },

  "steps: a target rings later than the others of its step, who ring on": async (world) => {
    const [first, later] = await delayed(world, [180]);
    const caller = await world.ua("198.18.77.50");
    const called = await world.call(caller, "5", { ms: 6000 });
    assert.match(header(called.answer, "Contact"), /77\.52/);
    await first.wait("a CANCEL", (m) => m.code === 0 && m.method === "CANCEL");
    const got = await later.wait("the INVITE", (m) => m.code === 0 && m.method === "INVITE");
    assert.equal(header(got, "X-Later"), "yes");
    await world.hangUp(caller, called);
  },

  "steps: where all others have failed, it rings at once; where one has answered, never": async (world) => {
    const [first, later] = await delayed(world, [180, 486], 60_000);
    const caller = await world.ua("198.18.77.50");
    const called = await world.call(caller, "5");
    assert.match(header(called.answer, "Contact"), /77\.52/);
    await world.hangUp(caller, called);
    world.answers(first, 200);
    const seen = later.seen.length;
    world.decides(() => inSteps(laterTargets(200)));
    const again = await world.call(caller, "5");
    assert.match(header(again.answer, "Contact"), /77\.51/);
    await new Promise((resolve) => setTimeout(resolve, 500));
    assert.equal(later.seen.length, seen);
    await world.hangUp(caller, again);
    assert.doesNotMatch(world.server.log(), /not found|does not ring/);
  },

  "forwarding: a number here is decided with the rights of who forwards; diversions newest first (RFC 5806 6.3)":
    async (world) => {
      const phone = await world.phone("198.18.77.51", 5070, 180, 200);
      const forward = (by: string, to: string): Step => ({
        type: "number",
        number: to,
        step: 0,
        on_behalf_of: by,
        headers: { Diversion: `<sip:${by}@198.18.77.100>;reason=unconditional;counter=1` },
      });
      world.decides(({ number }) =>
        number === "5"
          ? inSteps([forward("105", "6")])
          : number === "6"
            ? inSteps([forward("106", "7")])
            : inSteps([{ type: "uri", uri: at(51), step: 0 }]),
      );
      const caller = await world.ua("198.18.77.50");
      const before = world.own.questions.length;
      const called = await world.call(caller, "5", { from: "<sip:102@198.18.77.100>", password: "pw-102" });
      assert.equal(called.answer.code, 200);
      assert.deepEqual(
        world.own.questions
          .slice(before)
          .map(({ number, user, from }) => [number, user, (from as { user: string }).user]),
        [
          ["5", "102", "102"],
          ["6", "105", "102"],
          ["7", "106", "102"],
        ],
      );
      const got = await phone.wait("the INVITE", (m) => m.method === "INVITE");
      assert.deepEqual(
        headers(got, "Diversion").map((value) => /sip:(\d+)/.exec(value)?.[1]),
        ["106", "105"],
      );
      await world.hangUp(caller, called);
    },

  "forwarding: two who forward to each other end with 482 (RFC 5393)": async (world) => {
    world.decides(({ number }) =>
      inSteps([
        {
          type: "number",
          number: number === "5" ? "6" : "5",
          step: 0,
          on_behalf_of: number === "5" ? "105" : "106",
        },
      ]),
    );
    const caller = await world.ua("198.18.77.50");
    assert.equal((await world.call(caller, "5")).answer.code, 482);
  },

  "hide_caller: the called side is not told who calls (RFC 3323), the app is": async (world) => {
    const phone = await world.phone("198.18.77.51", 5070, 180, 200);
    world.decides(() => inSteps([{ type: "uri", uri: at(51), step: 0 }], { hide_caller: true }));
    const caller = await world.ua("198.18.77.50");
    const called = await world.call(caller, "5", { from: "<sip:102@198.18.77.100>", password: "pw-102" });
    assert.equal(called.answer.code, 200);
    const got = await phone.wait("the INVITE", (m) => m.method === "INVITE");
    assert.match(header(got, "From"), /anonymous@anonymous\.invalid/);
    assert.equal(header(got, "P-Asserted-Identity"), "");
    await world.hangUp(caller, called);
  },

  "anonymous: the app is told that a caller wants to be hidden (RFC 3323), and only then": async (world) => {
    await world.phone("198.18.77.51", 5070, 180, 200);
    world.decides(() => inSteps([{ type: "uri", uri: at(51), step: 0 }]));
    const caller = await world.ua("198.18.77.50");
    for (const [extra, told] of [
      [["Privacy: id"], true],
      [["Diversion: <sip:1@192.0.2.1>"], undefined],
      [[], undefined],
    ] as const) {
      const called = await world.call(caller, "5", { extra: [...extra] });
      assert.equal(called.answer.code, 200);
      assert.equal(world.own.questions.at(-1)?.anonymous, told);
      await world.hangUp(caller, called);
    }
  },
};

export const histories: Record<string, { run: Scenario; sip: Record<string, unknown> }> = {
  "forwarding: History-Info beside Diversion, one entry more for each that sends the call on (RFC 7044, 4458)":
    {
      sip: { history_info: true },
      run: async (world) => {
        const phone = await world.phone("198.18.77.51", 5070, 180, 200);
        const forward = (by: string, to: string, reason: string): Step => ({
          type: "number",
          number: to,
          step: 0,
          on_behalf_of: by,
          headers: { Diversion: `<sip:${by}@198.18.77.100>;reason=${reason};counter=1` },
        });
        world.decides(({ number }) =>
          number === "5"
            ? inSteps([forward("105", "6", "user-busy")])
            : number === "6"
              ? inSteps([forward("106", "7", "unconditional")])
              : inSteps([{ type: "uri", uri: at(51), step: 0 }]),
        );
        const caller = await world.ua("198.18.77.50");
        // A stranger's is not believed.
        const called = await world.call(caller, "5", {
          extra: ["History-Info: <sip:9@192.0.2.1>;index=1.7"],
        });
        assert.equal(called.answer.code, 200);
        const got = await phone.wait("the INVITE", (m) => m.code === 0 && m.method === "INVITE");
        assert.deepEqual(headers(got, "History-Info"), [
          "<sip:5@198.18.77.100>;index=1",
          "<sip:6@198.18.77.100;cause=486>;index=1.1;mp=1",
          "<sip:7@198.18.77.100;cause=302>;index=1.1.1;mp=1.1",
        ]);
        await world.hangUp(caller, called);
      },
    },
};

const laterTargets = (delay_ms: number): Step[] => [
  { type: "user", user: "101", step: 0, timeout_ms: 5000 },
  { type: "user", user: "102", step: 0, timeout_ms: 5000, delay_ms, headers: { "X-Later": "yes" } },
];

/** 101 answers with `codes`, 102 rings later and takes the call. */
async function delayed(world: World, codes: number[], ms = 300) {
  const first = await world.phone("198.18.77.51", 5070, ...codes);
  const later = await world.phone("198.18.77.52", 5070, 180, 200);
  assert.equal((await world.register(first, "101", "pw-101")).code, 200);
  assert.equal((await world.register(later, "102", "pw-102")).code, 200);
  world.decides(() => inSteps(laterTargets(ms)));
  return [first, later] as const;
}
