import { strict as assert } from "node:assert";
import { kamailioRpc } from "../../../src/components/kamailio/rpc.ts";
import { invite, sameBranch, service } from "../call.ts";
import { header } from "../ua.ts";
import { type Scenario, toUri, until } from "../world.ts";
import { cancels, isInvite, ringAndCancel, ringing, rings } from "./branches.ts";

/** For how long each target rings: sip/times.cfg. */

/** Each target rings for so many ms; undefined: nothing is said. */
const ringFor = (strategy: "serial" | "parallel", ...times: (number | undefined)[]) => ({
  ...toUri(),
  strategy,
  targets: times.map((timeout_ms, index) => ({
    type: "uri",
    uri: `sip:${index}@198.18.77.5${index + 1}:507${index}`,
    ...(timeout_ms !== undefined && { timeout_ms }),
  })),
});

export const ownTimes: Record<string, Scenario> = {
  "parallel: each target rings for its own time; the others go on, and may answer (RFC 3261 16.6 step 11, 16.8)":
    async (world) => {
      const short = await ringing(world, "198.18.77.51", 5070);
      const long = await ringing(world, "198.18.77.52", 5071);
      const endless = await ringing(world, "198.18.77.53", 5072);
      const connected = rings(await world.tcpUa("198.18.77.54", 5073));
      const caller = await world.ua("198.18.77.50");
      const decision = ringFor("parallel", 700, 2000, undefined);
      const byTcp = { type: "uri", uri: "sip:3@198.18.77.54:5073;transport=tcp", timeout_ms: 800 };
      world.decides(() => ({ ...decision, targets: [...decision.targets, byTcp] }));
      const call = invite(caller, "0302");
      caller.send(call.text, service);
      await until("the first rings no more", () => cancels(short) > 0);
      assert.equal(cancels(long), 0);
      await until("nor does the one over TCP", () => cancels(connected) > 0);
      assert.equal(cancels(long), 0);
      await until("the second rings no more", () => cancels(long) > 0);
      assert.equal(cancels(endless), 0);
      const offer = endless.seen.find(isInvite);
      assert.ok(offer);
      world.answers(endless, 200);
      endless.reply(offer, 200, "OK", { tag: "late" });
      const answer = await caller.wait("200", (m) => m.code === 200 && header(m, "Call-ID") === call.callId);
      assert.equal((await world.hangUp(caller, { ...call, answer, ms: 0 })).code, 200);
      const events = await world.server.waitEvents(call.callId, [
        "attempt",
        "attempt",
        "attempt",
        "answer",
        "end",
      ]);
      const attempts = events.filter(({ kind }) => kind === "attempt");
      assert.deepEqual(
        attempts.map(({ code, target }) => [code, target]),
        [
          [408, "sip:0@198.18.77.51:5070"],
          [408, "sip:3@198.18.77.54:5073;transport=tcp"],
          [408, "sip:1@198.18.77.52:5071"],
        ],
      );
    },

  "parallel: when nobody has answered within its own time the caller gets 408, as with one (RFC 3261 16.7); a CANCEL that is lost is repeated (17.1.2.2)":
    async (world) => {
      const short = rings(await world.ua("198.18.77.51", 5070), 1);
      const long = await ringing(world, "198.18.77.52", 5071);
      const caller = await world.ua("198.18.77.50");
      world.decides(() => ringFor("parallel", 700, 2500));
      const call = await world.call(caller, "0302", { ms: 8000 });
      assert.equal(call.answer.code, 408, call.answer.first);
      await until("both were cancelled", () => cancels(short) === 2 && cancels(long) === 1);
      const attempts = (await world.server.waitEvents(call.callId, ["attempt", "attempt", "fail"])).filter(
        ({ kind }) => kind === "attempt",
      );
      assert.deepEqual(
        attempts.map(({ code }) => code),
        [408, 408],
      );
    },

  "parallel: a caller who gives up is the last word, whatever times are left (RFC 3261 9.1)": async (
    world,
  ) => {
    const phones = [await ringing(world, "198.18.77.51", 5070), await ringing(world, "198.18.77.52", 5071)];
    const caller = await world.ua("198.18.77.50");
    world.decides(() => ringFor("parallel", 600, undefined));
    await ringAndCancel(caller, "0302", "both ring", () => phones.every((ua) => ua.seen.some(isInvite)));
    const dump = () => kamailioRpc(world.server.context, "htable.dump", ["rings"], AbortSignal.timeout(2000));
    await until("nothing is left to be cancelled", async () => JSON.stringify(await dump()) === "[]");
    assert.deepEqual(phones.map(cancels), [1, 1]);
  },

  "steps: a target that rings later rings for its own time too, not for that of those before": async (
    world,
  ) => {
    const first = await ringing(world, "198.18.77.51", 5070);
    const later = await ringing(world, "198.18.77.52", 5071);
    await world.register(first, "101", "pw-101");
    await world.register(later, "102", "pw-102");
    const targets = [
      { type: "user", user: "101", timeout_ms: 900 },
      { type: "user", user: "102", timeout_ms: 1800, delay_ms: 300 },
    ];
    world.decides(() => ({ ...toUri(), targets }));
    const caller = await world.ua("198.18.77.50");
    const call = invite(caller, "0302");
    caller.send(call.text, service);
    await until("the first rings no more", () => cancels(first) > 0);
    assert.equal(later.seen.filter(isInvite).length, 1);
    assert.equal(cancels(later), 0);
    const end = await caller.wait("408", (m) => m.code === 408 && header(m, "Call-ID") === call.callId);
    sameBranch(caller, call, "ACK", header(end, "To"));
    await until("both were cancelled", () => cancels(later) === 1);
    const events = await world.server.waitEvents(call.callId, ["attempt", "attempt", "fail"]);
    const [one, other] = events.filter(({ kind }) => kind === "attempt");
    assert.deepEqual([one?.code, other?.code], [408, 408]);
    // 300 ms later, and for 900 ms longer.
    const between = Date.parse(other?.time ?? "") - Date.parse(one?.time ?? "");
    assert.ok(between > 600, `the second rang only ${between} ms longer`);
  },

  "serial: a target without a time of its own does not get that of the one before": async (world) => {
    const short = await ringing(world, "198.18.77.51", 5070);
    const second = await ringing(world, "198.18.77.52", 5071);
    const caller = await world.ua("198.18.77.50");
    world.decides(() => ringFor("serial", 600, undefined));
    const call = invite(caller, "0302");
    caller.send(call.text, service);
    await until("the second rings", () => second.seen.some(isInvite));
    const begun = performance.now();
    await until(
      "it has rung for longer than the first",
      () => cancels(second) > 0 || performance.now() > begun + 1200,
    );
    assert.deepEqual([cancels(short), cancels(second)], [1, 0]);
    const offer = second.seen.find(isInvite);
    assert.ok(offer);
    second.reply(offer, 200, "OK", { tag: "late" });
    await caller.wait("200", (m) => m.code === 200 && header(m, "Call-ID") === call.callId);
  },
};
