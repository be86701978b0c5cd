import { strict as assert } from "node:assert";
import { buildRecords } from "../../../src/records/build-record.ts";
import { inDialog, inDialogCallee, invite, respond, service, withBody } from "../call.ts";
import { FakeRelay } from "../fake-relay.ts";
import { header, headers, tagOf } from "../ua.ts";
import { kinds, rejected, type Scenario, toUri, until, type World } from "../world.ts";
import { port, sdp } from "./media.ts";
import { reply } from "./offers.ts";

/** A number that is forwarded to another number here: the call comes back to us (a spiral, RFC 3261 16.3). */

const recordsOf = (world: World, callId: string) =>
  buildRecords(world.server.events(callId), { now: Date.now(), maxCallMs: 3_600_000, maxSetupMs: 300_000 });

/** number → its target: a number here, or the user 101. */
const forwards = (world: World, targets: Record<string, string>, more: Record<string, unknown> = {}) =>
  world.decides(({ number }) => {
    const target = targets[String(number)];
    const decision = { ...toUri(target ?? "sip:none@invalid"), rule: `rule-${String(number)}`, ...more };
    return target === undefined ? { ...decision, targets: [{ type: "user", user: "101" }] } : decision;
  });

const from = { from: "<sip:102@198.18.77.100>", password: "pw-102" };

export const chains: Record<string, Scenario> = {
  "a number forwarded to a number here, for a user of ours: credentials once, one record": async (world) => {
    const phone = await world.phone("198.18.77.51", 5070, 180, 200);
    assert.equal((await world.register(phone, "101", "pw-101")).code, 200);
    forwards(world, { "5": "sip:6@198.18.77.100", "6": "sip:7@198.18.77.11:5060" });
    const caller = await world.ua("198.18.77.50");
    const called = await world.call(caller, "5", from);
    assert.equal(called.answer.code, 200);
    const got = await phone.wait("the INVITE", (m) => m.method === "INVITE");
    assert.equal(header(got, "X-Dialtone-Pass"), "");
    assert.equal(header(got, "Proxy-Authorization"), "");
    assert.deepEqual(
      world.own.questions.slice(-3).map(({ number, user, source }) => [number, user, source]),
      ["5", "6", "7"].map((number) => [number, "102", { address: caller.address, port: caller.port }]),
    );
    world.ack(caller, called);
    await phone.wait("the ACK", (m) => m.method === "ACK");
    const again = inDialogCallee(phone, got, tagOf(header(called.answer, "To")), "BYE", 5);
    phone.send(again, service);
    await caller.wait("the BYE", (m) => m.method === "BYE");
    const all = await world.server.waitEvents(called.callId, ["answer", "answer", "answer", "end"]);
    assert.equal(kinds(all), "answer answer answer end start start start");
    const [record, second] = recordsOf(world, called.callId);
    assert.equal(second, undefined);
    assert.ok(record);
    assert.deepEqual(
      [record.number, record.user, record.rule, record.target, record.closed_how],
      ["5", "102", "rule-5", `sip:101@198.18.77.51:5070`, "bye"],
    );
  },

  "an open number that leads to one for users only: the caller is asked who it is, for the number that it has dialled":
    async (world) => {
      await world.phone("198.18.77.51", 5070, 200);
      const targets: Record<string, string> = { "5": "sip:6@198.18.77.100", "6": "sip:7@198.18.77.100" };
      world.decides(({ number, user }) => {
        const target = targets[String(number)];
        if (target !== undefined) return toUri(target);
        return user === "101" ? toUri("sip:1@198.18.77.51:5070") : rejected(number === "7" ? 407 : 403, "No");
      });
      const caller = await world.ua("198.18.77.50");
      for (const from of ["<sip:anonymous@anonymous.invalid>", "<sip:someone@elsewhere.example>"]) {
        const called = await world.call(caller, "5", { from, password: "pw-101", user: "101" });
        assert.equal(called.answer.code, 200, called.answer.first);
        assert.ok(caller.seen.some((m) => m.code === 407 && header(m, "Call-ID") === called.callId));
        assert.equal((await world.hangUp(caller, called)).code, 200);
        await world.server.waitEvents(called.callId, ["answer", "end"]);
        const [record, second] = recordsOf(world, called.callId);
        assert.equal(second, undefined);
        assert.deepEqual([record?.number, record?.user, record?.outcome], ["5", "101", "answered"]);
      }
      // Who has proved who it is, and is refused all the same, is not asked again; nor are strangers asked for others' refusals.
      const other = await world.call(caller, "5", { password: "pw-102", user: "102" });
      assert.equal(other.answer.code, 403);
      world.decides(({ number }) => (number === "8" ? toUri("sip:9@198.18.77.100") : rejected(403, "No")));
      assert.equal((await world.call(caller, "8", { password: "pw-101", user: "101" })).answer.code, 403);
      assert.doesNotMatch(caller.seen.map((m) => m.text).join(), /X-Dialtone/);
    },

  "audio of a chain is relayed once, by the last of its rules, also in the dialog": async (world) => {
    const relay = await FakeRelay.start();
    try {
      const phone = await world.ua("198.18.77.51", 5070);
      phone.onRequest = (request) => {
        if (request.method === "INVITE") respond(phone, request, "200 OK", "tag1", sdp(phone.address, 5002));
        else if (request.method !== "ACK") respond(phone, request, "200 OK", "tag1");
      };
      assert.equal((await world.register(phone, "101", "pw-101")).code, 200);
      forwards(world, { "5": "sip:6@198.18.77.100" }, { media: "relay" });
      const caller = await world.ua("198.18.77.50");
      const made = invite(caller, "5");
      caller.send(withBody(made.text, sdp("192.168.1.2", 4002)), service);
      const answer = await caller.wait("200", reply("1 INVITE"));
      assert.equal(port(answer), "30000");
      caller.send(inDialog(caller, answer, "ACK", 1), service);
      await phone.wait("the ACK", (m) => m.method === "ACK");
      const again = withBody(inDialog(caller, answer, "INVITE", 2), sdp(caller.address, 4004));
      caller.send(again, service);
      const second = await caller.wait("200 of the re-INVITE", reply("2 INVITE"));
      assert.equal(port(second), "30000");
      caller.send(inDialog(caller, answer, "ACK", 2), service);
      caller.send(inDialog(caller, answer, "BYE", 3), service);
      assert.equal((await caller.wait("200 of the BYE", reply("3 BYE"))).code, 200);
      assert.deepEqual(
        relay.seen.filter((line) => line.includes(made.callId)),
        ["offer", "answer", "offer", "answer", "delete"].map((op) => `${op} ${made.callId}`),
      );
      assert.equal(headers(answer, "Record-Route").length, 2);
      const all = await world.server.waitEvents(made.callId, ["end"]);
      assert.equal(kinds(all), "answer answer end start start");
    } finally {
      relay.stop();
    }
  },

  "a caller id that each rule replaces: each side hears in the whole dialog what it heard first": async (
    world,
  ) => {
    const phone = await world.phone("198.18.77.51", 5070, 200);
    const caller = await world.phone("198.18.77.50", 5080, 200);
    world.decides(({ number }) => ({
      ...toUri(number === "5" ? "sip:6@198.18.77.100" : "sip:1@198.18.77.51:5070"),
      caller_id: { number: number === "5" ? "555" : "666" },
    }));
    const called = await world.call(caller, "5");
    const got = await phone.wait("the INVITE", (m) => m.method === "INVITE");
    assert.match(header(got, "From"), /sip:666@/);
    assert.match(header(called.answer, "From"), /sip:caller@198\.18\.77\.50/);
    caller.send(inDialog(caller, called.answer, "ACK", 1), service);
    caller.send(inDialog(caller, called.answer, "INFO", 2), service);
    assert.match(header(await phone.wait("INFO", (m) => m.method === "INFO"), "From"), /sip:666@/);
    const bye = inDialogCallee(phone, got, tagOf(header(called.answer, "To")), "BYE", 5);
    phone.send(bye, service);
    assert.match(
      header(await caller.wait("BYE", (m) => m.method === "BYE"), "To"),
      /sip:caller@198\.18\.77\.50/,
    );
  },

  "a chain that is busy goes on with the next target; its failures are attempts of the one call": async (
    world,
  ) => {
    await world.phone("198.18.77.51", 5070, 486);
    await world.phone("198.18.77.52", 5070, 200);
    world.decides(({ number }) =>
      number === "5"
        ? toUri("sip:6@198.18.77.100", "sip:2@198.18.77.52:5070")
        : toUri("sip:1@198.18.77.51:5070"),
    );
    const caller = await world.ua("198.18.77.50");
    const called = await world.call(caller, "5");
    assert.equal(called.answer.code, 200);
    await world.hangUp(caller, called);
    await world.server.waitEvents(called.callId, [
      "start",
      "start",
      "fail",
      "attempt",
      "attempt",
      "answer",
      "end",
    ]);
    const [record] = recordsOf(world, called.callId);
    assert.equal(record?.outcome, "answered");
    assert.equal(record.target, "sip:2@198.18.77.52:5070");
    assert.equal(record.attempts.length, 2);
    assert.equal(record.note, "");
  },

  "a ring group with a number here in it: each telephone has its own session": async (world) => {
    const relay = await FakeRelay.start();
    try {
      const phones = [await world.ua("198.18.77.51", 5070), await world.ua("198.18.77.52", 5070)];
      for (const [index, ua] of phones.entries())
        ua.onRequest = (request) => {
          const tag = `tag${index}`;
          if (request.method === "INVITE") respond(ua, request, "183 Progress", tag, sdp(ua.address, 5002));
          else if (request.method !== "ACK") respond(ua, request, "200 OK", tag);
        };
      world.decides(({ number }) => ({
        ...(number === "5"
          ? toUri("sip:1@198.18.77.51:5070", "sip:6@198.18.77.100")
          : toUri("sip:2@198.18.77.52:5070")),
        strategy: "parallel",
        media: "relay",
      }));
      const caller = await world.ua("198.18.77.50");
      const made = invite(caller, "5");
      caller.send(withBody(made.text, sdp(caller.address, 4002)), service);
      for (const tag of ["tag0", "tag1"])
        await caller.wait("183", (m) => m.code === 183 && header(m, "To").endsWith(tag));
      const offers = relay.seen.filter((line) => line.startsWith("offer ")).map((line) => line.slice(6));
      assert.equal(new Set(offers).size, 2);
      const [, second] = phones;
      assert.ok(second);
      const request = await second.wait("the INVITE", (m) => m.method === "INVITE");
      respond(second, request, "200 OK", "tag1", sdp(second.address, 5002));
      const answer = await caller.wait("200", reply("1 INVITE"));
      assert.equal(port(answer), "30000");
      caller.send(inDialog(caller, answer, "ACK", 1), service);
      caller.send(inDialog(caller, answer, "BYE", 2), service);
      await caller.wait("200 of the BYE", reply("2 BYE"));
      await until("its session is deleted", () => relay.seen.includes(`delete ${offers[1]}`));
    } finally {
      relay.stop();
    }
  },

  "nobody outside may say that a call came back to us; a loop ends with its second turn": async (world) => {
    const caller = await world.ua("198.18.77.50");
    const pass = `X-Dialtone-Pass: n=2;u=102;a=198.18.77.50:5060;st=1;m=;r=;e=.;k=;w=;v=;h=${"0".repeat(64)}`;
    const forged = await world.call(caller, "5", { from: "<sip:102@198.18.77.100>", extra: [pass] });
    assert.equal(forged.answer.code, 407);
    world.decides(({ number }) => toUri(`sip:${number === "5" ? "6" : "5"}@198.18.77.100`));
    const before = world.own.questions.length;
    const called = await world.call(caller, "5", { ...from, extra: [pass] });
    assert.equal(called.answer.code, 482);
    assert.deepEqual(
      world.own.questions.slice(before).map(({ number, user }) => [number, user]),
      [
        ["5", "102"],
        ["6", "102"],
      ],
    );
  },
};
