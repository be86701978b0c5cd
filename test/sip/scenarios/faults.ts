import { strict as assert } from "node:assert";
import { kamailioFacts } from "../../../src/components/kamailio/rpc.ts";
import { inDialog, invite, service } from "../call.ts";
import { context, Server } from "../server.ts";
import { header } from "../ua.ts";
import { kinds, quick, type Scenario, toUri, until } from "../world.ts";

const soon = () => AbortSignal.timeout(2000);

/** What breaks, and what must go on. */
export const faults: Record<string, Scenario> = {
  "the own app hangs: 300 ms once, then the peer's at once": async (world) => {
    await world.phone("198.18.77.51", 5070, 200);
    const caller = await world.ua("198.18.77.50");
    world.decides(() => toUri("sip:1@198.18.77.51:5070"));
    world.own.hung = true;
    const first = await world.call(caller, "5");
    assert.equal(first.answer.code, 200);
    assert.ok(first.ms >= 290, `first call took ${first.ms} ms`);
    const second = await quick(() => world.call(caller, "5"));
    const all = await world.server.waitEvents(second.callId, ["answer"]);
    assert.equal(all.find((event) => event.kind === "answer")?.decided_by, "peer");
    assert.deepEqual((await kamailioFacts(world.server.context, soon())).closedTo, ["own"]);
    world.own.hung = false;
    await until(
      "the breaker has closed",
      async () => {
        return (await kamailioFacts(world.server.context, soon())).closedTo.length === 0;
      },
      8000,
    );
    const third = await world.call(caller, "5");
    const later = await world.server.waitEvents(third.callId, ["answer"]);
    assert.equal(later.find((event) => event.kind === "answer")?.decided_by, "own");
  },

  "both apps hang: the last decision under 1.5 s, then under 500 ms; unknown numbers get 503": async (
    world,
  ) => {
    await world.phone("198.18.77.51", 5070, 200);
    const caller = await world.ua("198.18.77.50");
    world.decides(() => toUri("sip:1@198.18.77.51:5070"));
    assert.equal((await world.call(caller, "5")).answer.code, 200);
    world.own.hung = true;
    world.peer.hung = true;
    const first = await world.call(caller, "5");
    assert.equal(first.answer.code, 200);
    assert.ok(first.ms > 590, `first call took ${first.ms} ms`);
    const second = await quick(() => world.call(caller, "5"));
    const all = await world.server.waitEvents(second.callId, ["answer"]);
    assert.equal(all.find((event) => event.kind === "answer")?.decided_by, "last");
    const unknown = await world.call(caller, "6");
    assert.equal(unknown.answer.code, 503);
    assert.equal(header(unknown.answer, "Retry-After"), "5");
    assert.equal(kinds(await world.server.waitEvents(unknown.callId, ["start", "fail"])), "fail start");
    // Another source must not go out to an address on somebody else's decision.
    const stranger = await world.ua("198.18.77.54");
    assert.equal((await world.call(stranger, "5")).answer.code, 503);
  },

  "both apps dead (connection refused): known numbers and known telephones go on at once": async (world) => {
    const phone = await world.phone("198.18.77.51", 5070, 200);
    const caller = await world.ua("198.18.77.50");
    world.decides(() => ({ ...toUri(), targets: [{ type: "user", user: "101" }] }));
    assert.equal((await world.register(phone, "101", "pw-101")).code, 200);
    const from = { from: "<sip:102@198.18.77.100>", password: "pw-102" };
    assert.equal((await world.call(caller, "101", from)).answer.code, 200);
    world.own.stop();
    world.peer.stop();
    await until("Kamailio has noticed", () => world.own.connections + world.peer.connections === 0);
    await quick(() => world.call(caller, "101", from));
    assert.equal((await world.register(phone, "101", "pw-101")).code, 200);
    assert.equal((await world.register(phone, "103", "pw-103")).code, 503);
    await world.own.start();
    await until("Kamailio has come back to the app", () => world.own.connections > 0, 8000);
  },

  "the node dies while the app is being asked: the caller's repeated INVITE is served": async (world) => {
    await world.phone("198.18.77.51", 5070, 200);
    const caller = await world.ua("198.18.77.50");
    world.decides(() => toUri("sip:1@198.18.77.51:5070"));
    world.own.hung = true;
    const call = invite(caller, "5");
    caller.send(call.text, service);
    await until("the app is asked", () => world.own.asked > 0);
    // No 100 yet, so the caller repeats the INVITE (RFC 3261 17.1.1.2, timer A).
    assert.equal(caller.seen.length, 0);
    await world.server.stop("SIGKILL");
    world.own.hung = false;
    await world.server.start();
    await until("Kamailio is connected", () => world.own.connections > 0);
    caller.send(call.text, service);
    await caller.wait("200", (m) => m.code === 200);
  },

  "host names that can not be looked up hold up nobody else": async (world) => {
    await world.phone("198.18.77.51", 5070, 200);
    const caller = await world.ua("198.18.77.50");
    world.decides(({ number }) =>
      toUri(number === "slow" ? "sip:x@no.such.host.example" : "sip:1@198.18.77.51:5070"),
    );
    const slow = invite(caller, "slow");
    caller.send(slow.text, service);
    await world.server.waitEvents(slow.callId, ["start"]);
    const called = await world.call(caller, "5");
    // A resolver gives up after 5 s and more.
    assert.ok(called.answer.code === 200 && called.ms < 2000, `${called.answer.code} after ${called.ms} ms`);
    const failed = await caller.wait(
      "the failure",
      (m) => m.code >= 400 && header(m, "Call-ID") === slow.callId,
      8000,
    );
    assert.equal(failed.code, 480);
  },

  "the called side is dead: BYE ends the call all the same, once": async (world) => {
    const callee = await world.phone("198.18.77.51", 5070, 200);
    const caller = await world.ua("198.18.77.50");
    world.decides(() => toUri("sip:1@198.18.77.51:5070"));
    const called = await world.call(caller, "5");
    world.ack(caller, called);
    await callee.wait("the ACK", (m) => m.method === "ACK");
    callee.onRequest = null;
    const bye = inDialog(caller, called.answer, "BYE", 2);
    caller.send(bye, service);
    caller.send(bye, service);
    const all = await world.server.waitEvents(called.callId, ["end"], 1000);
    assert.equal(kinds(all), "answer end start");
    await caller.wait("408", (m) => m.code === 408 && m.method === "BYE", 8000);
    assert.equal(kinds(world.server.events(called.callId)), "answer end start");
  },

  "the node dies after the answer: the other confirms and ends the call": async (world) => {
    const callee = await world.phone("198.18.77.51", 5070, 200);
    const caller = await world.ua("198.18.77.50");
    world.decides(() => ({ ...toUri("sip:1@198.18.77.51:5070"), caller_id: { number: "999" } }));
    const called = await world.call(caller, "5");
    await world.server.waitEvents(called.callId, ["start", "answer"]);
    await world.server.stop("SIGKILL");
    const other = new Server(context(world.folder, {}, "b"));
    await other.start();
    world.server = other;
    world.ack(caller, called);
    world.ack(caller, called);
    await callee.wait("the ACK", (m) => m.method === "ACK");
    caller.send(inDialog(caller, called.answer, "BYE", 2), service);
    await caller.wait("200 of the BYE", (m) => m.code === 200 && m.method === "BYE");
    assert.match(header(await callee.wait("BYE", (m) => m.method === "BYE"), "From"), /sip:999@/);
    const all = await other.waitEvents(called.callId, ["confirm", "end"]);
    assert.equal(kinds(all), "confirm end");
    for (const event of all) {
      assert.equal(event.origin, "a");
      assert.equal(event.node, "b");
      assert.ok(event.started !== undefined);
    }
  },

  "Kamailio is killed and restarted on the same node: the answer's only trace is a confirm": async (
    world,
  ) => {
    const callee = await world.phone("198.18.77.51", 5070, 180);
    const caller = await world.ua("198.18.77.50");
    world.decides(() => toUri("sip:1@198.18.77.51:5070"));
    const call = invite(caller, "5");
    caller.send(call.text, service);
    await caller.wait("180", (m) => m.code === 180);
    await world.server.stop("SIGKILL");
    // The boot time of Kamailio counts in whole seconds.
    const killed = Math.floor(Date.now() / 1000);
    await until("the next second", () => Math.floor(Date.now() / 1000) > killed);
    await world.server.start();
    callee.reply(await callee.wait("INVITE", (m) => m.method === "INVITE"), 200, "OK", { tag: "late" });
    const answer = await caller.wait("200", (m) => m.code === 200);
    caller.send(inDialog(caller, answer, "ACK", 1), service);
    assert.equal(kinds(await world.server.waitEvents(call.callId, ["start", "confirm"])), "confirm start");
  },

  "a ringing call survives the death of its node; replies pass without a transaction": async (world) => {
    const callee = await world.phone("198.18.77.51", 5070, 180);
    const caller = await world.ua("198.18.77.50");
    world.decides(() => toUri("sip:1@198.18.77.51:5070"));
    const call = invite(caller, "5");
    caller.send(call.text, service);
    await caller.wait("180", (m) => m.code === 180);
    await world.server.stop("SIGKILL");
    world.server = new Server(context(world.folder, {}, "b"));
    await world.server.start();
    const request = await callee.wait("INVITE", (m) => m.method === "INVITE");
    callee.reply(request, 200, "OK", { tag: "late" });
    const answer = await caller.wait("200", (m) => m.code === 200);
    caller.send(inDialog(caller, answer, "ACK", 1), service);
    await callee.wait("ACK", (m) => m.method === "ACK");
    assert.equal(kinds(await world.server.waitEvents(call.callId, ["confirm"])), "confirm");
  },

  "an end goes on when the app says that it is on the disk, and when nobody says so": async (world) => {
    const callee = await world.phone("198.18.77.51", 5070, 200);
    const caller = await world.ua("198.18.77.50");
    world.decides(() => toUri("sip:1@198.18.77.51:5070"));
    for (const hung of [false, true]) {
      const before = world.own.kept;
      const { answer, callId } = await world.call(caller, "5");
      world.own.hung = hung;
      caller.send(inDialog(caller, answer, "BYE", 2), service);
      const bye = await callee.wait("BYE", (m) => m.method === "BYE" && header(m, "call-id") === callId);
      callee.reply(bye, 200, "OK");
      await caller.wait(
        "200 for BYE",
        (m) => m.code === 200 && /BYE/.test(header(m, "cseq") ?? "") && header(m, "call-id") === callId,
      );
      assert.equal(world.own.kept - before, hung ? 0 : 1);
      await world.server.waitEvents(callId, ["start", "answer", "end"]);
    }
  },
};
