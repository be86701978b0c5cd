import { strict as assert } from "node:assert";
import { kamailioFacts } from "../../../src/components/kamailio/rpc.ts";
import { buildRecords } from "../../../src/records/build-record.ts";
import { sdp } from "../../../src/sip/sdp.ts";
import { inDialogCallee, invite, sameBranch, service, withBody } from "../call.ts";
import { FakeRelay } from "../fake-relay.ts";
import { header, type SipMessage, tagOf, type Ua } from "../ua.ts";
import { rememberFor, type Scenario, until, type World } from "../world.ts";

/** Calls that a user takes who was not called: pickup and park (docs/people.md, sip/pickup.cfg). */

const base = { v: 1, rule: "test", rules_version: 1, ...rememberFor("never", 0) };

const ringing = (more: Record<string, unknown> = {}) => ({
  ...base,
  action: "route",
  strategy: "serial",
  targets: [{ type: "user", user: "101", timeout_ms: 4000, pickup: ["office"] }],
  record: false,
  ...more,
});

const taking = (take: Record<string, unknown>) => ({
  ...base,
  action: "reject",
  code: 480,
  reason: "Nothing To Take",
  take,
  rule: "code:pickup",
});

const recordOf = (world: World, callId: string) =>
  buildRecords(world.server.events(callId), {
    now: Date.now(),
    maxCallMs: 3_600_000,
    maxSetupMs: 300_000,
  })[0];

/** 101 rings, 102 is somebody else's telephone, which answers what comes; the caller's INVITE is under way. */
async function officeWhere(world: World, decide: (number: string) => unknown, answer = 200) {
  const called = await world.phone("198.18.77.51", 5070, 180);
  const other = await world.phone("198.18.77.52", 5070, 180, answer);
  assert.equal((await world.register(called, "101", "pw-101")).code, 200);
  assert.equal((await world.register(other, "102", "pw-102")).code, 200);
  world.decides(({ number }) => decide(String(number)));
  const caller = await world.ua("198.18.77.50");
  return { called, other, caller };
}

const dial = (world: World, ua: Ua, number: string) =>
  world.call(ua, number, {
    from: "<sip:102@198.18.77.100>",
    password: "pw-102",
    contact: `<sip:102@${ua.address}:${ua.port}>`,
  });

const finalOf = (callId: string) => (m: SipMessage) => m.code >= 200 && header(m, "Call-ID") === callId;

export const pickup: Record<string, Scenario> = {
  "pickup: a call that rings is answered by whoever dials the code, the others stop ringing, the record says who":
    async (world) => {
      const { called, other, caller } = await officeWhere(world, (number) =>
        number === "*8" ? taking({ user: "101", groups: ["office"] }) : ringing(),
      );
      const call = invite(caller, "101");
      caller.send(call.text, service);
      await caller.wait("180", (m) => m.code === 180);
      const picked = await dial(world, other, "*8");
      assert.equal(picked.answer.code, 480);
      assert.match(picked.answer.first, /Taking The Call/);
      const got = await other.wait("the INVITE", (m) => m.code === 0 && m.method === "INVITE");
      assert.equal(header(got, "Call-ID"), call.callId);
      assert.equal(header(got, "Answer-Mode"), "Auto");
      assert.match(header(got, "From"), /sip:caller@/);
      const answer = await caller.wait("200", finalOf(call.callId));
      assert.equal(answer.code, 200);
      assert.match(header(answer, "Contact"), /77\.52/);
      await called.wait("CANCEL", (m) => m.code === 0 && m.method === "CANCEL");
      await world.hangUp(caller, { ...call, answer, ms: 0 });
      await world.server.waitEvents(call.callId, ["start", "answer", "end"]);
      const record = recordOf(world, call.callId);
      assert.equal(record?.taken_by, "102");
      assert.equal(record?.outcome, "answered");
    },

  "pickup: who declines what he wanted to take, or has nothing to take, harms nobody (RFC 3261 21.6)": async (
    world,
  ) => {
    const { called, other, caller } = await officeWhere(
      world,
      (number) =>
        number.startsWith("*") ? taking({ groups: [number === "*8" ? "office" : "shop"] }) : ringing(),
      603,
    );
    assert.match((await dial(world, other, "*8")).answer.first, /480 Nothing To Take/);
    const call = invite(caller, "101");
    caller.send(call.text, service);
    const request = await called.wait("the INVITE", (m) => m.code === 0 && m.method === "INVITE");
    assert.match((await dial(world, other, "*9")).answer.first, /480 Nothing To Take/);
    assert.match((await dial(world, other, "*8")).answer.first, /480 Taking The Call/);
    await other.wait("the ACK of 603", (m) => m.code === 0 && m.method === "ACK");
    called.reply(request, 200, "OK", { tag: "late" });
    const answer = await caller.wait("200", finalOf(call.callId));
    assert.match(header(answer, "Contact"), /77\.51/);
    await world.hangUp(caller, { ...call, answer, ms: 0 });
    assert.match((await dial(world, other, "*8")).answer.first, /480 Nothing To Take/);
    await world.server.waitEvents(call.callId, ["start", "answer", "end"]);
    assert.equal(recordOf(world, call.callId)?.taken_by, "");
  },

  "pickup: only the telephone at which the code was dialled rings": async (world) => {
    const { other, caller } = await officeWhere(world, (number) =>
      number === "*8" ? taking({ user: "101" }) : ringing(),
    );
    const second = await world.phone("198.18.77.53", 5070, 180, 200);
    assert.equal((await world.register(second, "102", "pw-102")).code, 200);
    const call = invite(caller, "101");
    caller.send(call.text, service);
    await caller.wait("180", (m) => m.code === 180);
    await dial(world, other, "*8");
    const answer = await caller.wait("200", finalOf(call.callId));
    assert.match(header(answer, "Contact"), /77\.52/);
    assert.equal(
      second.seen.some((m) => m.code === 0 && m.method === "INVITE"),
      false,
    );
    await world.hangUp(caller, { ...call, answer, ms: 0 });
  },

  "park: transferred to a code, the caller waits in the slot until somebody takes it; the record says who":
    async (world) => {
      const { other, caller, referred } = await parked(world);
      const { answer } = await dial(world, other, "*6*7");
      assert.match(answer.first, /480 Taking The Call/);
      const got = await other.wait("the INVITE", (m) => m.code === 0 && m.method === "INVITE");
      assert.equal(header(got, "Call-ID"), referred.callId);
      const taken = await caller.wait("200", finalOf(referred.callId));
      assert.match(header(taken, "Contact"), /77\.52/);
      assert.match((await dial(world, other, "*6*7")).answer.first, /480 Nothing To Take/);
      await world.hangUp(caller, { ...referred, answer: taken, ms: 0 });
      await world.server.waitEvents(referred.callId, ["start", "answer", "end"]);
      assert.equal(recordOf(world, referred.callId)?.taken_by, "102");
    },

  "park: whoever waits and hangs up is gone at once, and the slot is free (RFC 3261 9.2)": async (world) => {
    const { other, caller, referred } = await parked(world);
    const second = invite(caller, "*5*7");
    caller.send(second.text, service);
    assert.equal((await caller.wait("486", finalOf(second.callId))).code, 486);
    sameBranch(caller, referred, "CANCEL", `<${referred.uri}>`);
    assert.equal(
      (await caller.wait("487", (m) => finalOf(referred.callId)(m) && header(m, "CSeq") === "1 INVITE")).code,
      487,
    );
    assert.match((await dial(world, other, "*6*7")).answer.first, /480 Nothing To Take/);
    await world.server.waitEvents(referred.callId, ["start", "fail"]);
    assert.equal(recordOf(world, referred.callId)?.outcome, "cancelled");
  },

  "park: whoever waits hears what the app lets the relay play, in a session that ends when somebody takes the call":
    async (world) => {
      const relay = await FakeRelay.start();
      try {
        world.own.music = sdp("198.18.77.100", 30_000, 1, "sendrecv");
        const offer = sdp("198.18.77.50", 4000, 1, "sendrecv");
        const { other, caller, referred } = await parked(world, 60_000, offer);
        const early = caller.seen.find((m) => m.code === 183);
        assert.equal(early?.text.split("\r\n\r\n")[1], world.own.music);
        assert.match(header(early ?? "", "Contact"), /198\.18\.77\.100:5060/);
        const session = `${referred.callId};0`;
        assert.deepEqual(world.own.waiting, [{ session, from_tag: referred.fromTag, sdp: offer }]);
        assert.equal(relay.seen.includes(`delete ${session}`), false);
        await dial(world, other, "*6*7");
        const answer = await caller.wait("200", finalOf(referred.callId));
        assert.match(header(answer, "Contact"), /77\.52/);
        await until("the music ends", () => relay.seen.includes(`delete ${session}`));
        await world.hangUp(caller, { ...referred, answer, ms: 0 });
      } finally {
        relay.stop();
      }
    },

  "park: without an answer about music the caller hears that it rings, and hangs up; no app is taken for dead":
    async (world) => {
      const relay = await FakeRelay.start();
      try {
        const { caller, referred } = await parked(world, 60_000, sdp("198.18.77.50", 4000, 1, "sendrecv"));
        assert.equal(
          caller.seen.some((m) => m.code === 183),
          false,
        );
        sameBranch(caller, referred, "CANCEL", `<${referred.uri}>`);
        await caller.wait("487", (m) => m.code === 487 && header(m, "Call-ID") === referred.callId);
        await until("the music ends", () => relay.seen.includes(`delete ${referred.callId};0`));
        const facts = await kamailioFacts(world.server.context, AbortSignal.timeout(2000));
        assert.deepEqual(facts.closedTo, []);
      } finally {
        relay.stop();
      }
    },

  "park: after its time the telephone of whoever parked it rings": async (world) => {
    const { called, caller, referred } = await parked(world, 1000);
    const back = await called.wait(
      "the INVITE",
      (m) => m.code === 0 && m.method === "INVITE" && header(m, "Call-ID") === referred.callId,
      6000,
    );
    called.reply(back, 200, "OK", { tag: "back" });
    const answer = await caller.wait("200", finalOf(referred.callId));
    await world.hangUp(caller, { ...referred, answer, ms: 0 });
  },
};

/** 101 has talked with the caller, and has sent it on to the slot, where it waits. */
async function parked(world: World, wait = 60_000, offer = "") {
  const office = await officeWhere(world, (number) =>
    number === "*6*7"
      ? taking({ slot: "7" })
      : number === "*5*7"
        ? ringing({ park: { slot: "7", wait_ms: wait } })
        : ringing(),
  );
  const { called, caller } = office;
  caller.onRequest = (request) => {
    if (request.method !== "ACK") caller.reply(request, request.method === "REFER" ? 202 : 200, "OK");
  };
  const first = invite(caller, "101");
  caller.send(first.text, service);
  const request = await called.wait("the INVITE", (m) => m.code === 0 && m.method === "INVITE");
  called.reply(request, 200, "OK", { tag: "own" });
  const answer = await caller.wait("200", finalOf(first.callId));
  world.ack(caller, { ...first, answer, ms: 0 });
  const refer = inDialogCallee(called, request, tagOf(header(answer, "To")), "REFER", 5);
  called.send(
    refer.replace(
      /^(content-length: .*)$/im,
      "Refer-To: <sip:*5*7@198.18.77.100>\r\nContact: <sip:101@198.18.77.51:5070>\r\n$1",
    ),
    service,
  );
  await called.wait("202", (m) => m.code === 202);
  await world.hangUp(caller, { ...first, answer, ms: 0 });
  const referred = invite(caller, "*5*7");
  caller.send(offer === "" ? referred.text : withBody(referred.text, offer), service);
  await caller.wait(
    "180 or 183",
    (m) => (m.code === 180 || m.code === 183) && header(m, "Call-ID") === referred.callId,
  );
  assert.equal(world.own.questions.at(-1)?.referred_by, "101");
  return { ...office, referred };
}
