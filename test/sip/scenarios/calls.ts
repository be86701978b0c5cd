import { strict as assert } from "node:assert";
import { inDialog, inDialogCallee, invite, sameBranch, service } from "../call.ts";
import { header, headers, type SipMessage } from "../ua.ts";
import { kinds, rejected, type Scenario, toUri, until } from "../world.ts";

const events = (world: Parameters<Scenario>[0], callId: string, ...wanted: string[]) =>
  world.server.waitEvents(callId, wanted);

/** Ordinary calls. */
export const calls: Record<string, Scenario> = {
  "a call by decision: headers, caller id, three events that belong together": async (world) => {
    const callee = await world.phone("198.18.77.51", 5070, 180, 200);
    const caller = await world.ua("198.18.77.50");
    world.decides(() => ({
      ...toUri(),
      targets: [
        {
          type: "uri",
          uri: "sip:x@198.18.77.51:5070",
          headers: { "X-Test": 'a "q","b":"c" \\ d', "X-Two": "2" },
        },
      ],
      headers: { "X-All": "yes" },
      caller_id: { number: "999", name: "Nine" },
      rule: "rule; one",
    }));
    const called = await world.call(caller, "4711", { from: '"Some One" <sip:caller@198.18.77.50>' });
    assert.equal(called.answer.code, 200);
    const got = await callee.wait("the INVITE", (m) => m.method === "INVITE");
    assert.equal(header(got, "X-Test"), 'a "q","b":"c" \\ d');
    assert.equal(header(got, "X-Two"), "2");
    assert.equal(header(got, "X-All"), "yes");
    assert.match(header(got, "From"), /^"Nine" <sip:999@198\.18\.77\.100>;tag=/);
    assert.match(header(called.answer, "From"), /^"Some One" <sip:caller@198\.18\.77\.50>;tag=/);
    await world.hangUp(caller, called);
    const bye = await callee.wait("the BYE", (m) => m.method === "BYE");
    assert.match(header(bye, "From"), /<sip:999@198\.18\.77\.100>/);
    const all = await events(world, called.callId, "start", "answer", "end");
    const [start, answer, end] = ["start", "answer", "end"].map((kind) =>
      all.find((event) => event.kind === kind),
    );
    assert.equal(world.own.questions.at(-1)?.number, "4711");
    assert.deepEqual(world.own.questions.at(-1)?.from, {
      user: "caller",
      domain: "198.18.77.50",
      display: "Some One",
    });
    assert.ok(start && answer && end);
    assert.equal(answer.target, "sip:x@198.18.77.51:5070");
    assert.equal(answer.decided_by, "own");
    assert.equal(answer.rule, "rule; one");
    assert.equal(end.started, start.time);
    assert.equal(end.origin, "a");
    assert.equal(end.rule, "rule; one");
    assert.equal(new Set([start.id, answer.id, end.id]).size, 3);
  },

  "repeated INVITE and BYE make no second event; re-INVITE and BYE from the called side pass": async (
    world,
  ) => {
    const callee = await world.phone("198.18.77.51", 5070, 200);
    const caller = await world.phone("198.18.77.50", 5080, 200);
    world.decides(() => toUri("sip:x@198.18.77.51:5070"));
    const call = invite(caller, "4711");
    for (let i = 0; i < 4; i++) caller.send(call.text, service);
    const answer = await caller.wait("200", (m) => m.code === 200);
    caller.send(inDialog(caller, answer, "ACK", 1), service);
    caller.send(inDialog(caller, answer, "INVITE", 2), service);
    const again = await caller.wait(
      "200 of the re-INVITE",
      (m) => header(m, "CSeq") === "2 INVITE" && m.code === 200,
    );
    caller.send(inDialog(caller, again, "ACK", 2, headers(answer, "Record-Route")), service);
    const first = await callee.wait("the INVITE", (m) => m.method === "INVITE");
    const bye = inDialogCallee(callee, first, header(answer, "To").split("tag=")[1] ?? "", "BYE", 5);
    for (let i = 0; i < 3; i++) callee.send(bye, service);
    await callee.wait("200 of the BYE", (m) => m.code === 200);
    assert.equal(kinds(await events(world, call.callId, "start", "answer", "end")), "answer end start");
    assert.equal(callee.seen.filter((m) => m.method === "INVITE").length, 2);
  },

  "serial: busy, then silent, then not registered, then an answer; each failure is an attempt": async (
    world,
  ) => {
    await world.phone("198.18.77.51", 5070, 486);
    await world.phone("198.18.77.52", 5070);
    await world.phone("198.18.77.53", 5070, 180, 200);
    const caller = await world.ua("198.18.77.50");
    world.decides(() => ({
      ...toUri(),
      targets: [
        { type: "uri", uri: "sip:1@198.18.77.51:5070" },
        { type: "uri", uri: "sip:2@198.18.77.52:5070", timeout_ms: 500 },
        { type: "user", user: "199" },
        { type: "uri", uri: "sip:4@pstn.invalid", via: "sip:198.18.77.53:5070", headers: { "X-Last": "1" } },
      ],
      caller_id: { number: "777" },
    }));
    const called = await world.call(caller, "5");
    assert.equal(called.answer.code, 200);
    assert.ok(called.ms > 350, `took ${called.ms} ms`);
    const seen = world.uas[2]?.seen.find((m) => m.method === "INVITE") as SipMessage;
    assert.equal(seen.text.split(" ")[1], "sip:4@pstn.invalid");
    assert.equal(header(seen, "X-Last"), "1");
    assert.match(header(seen, "From"), /sip:777@/);
    assert.equal(headers(seen, "Record-Route").length, 1);
    const all = await events(world, called.callId, "start", "attempt", "attempt", "answer");
    assert.equal(kinds(all), "answer attempt attempt start");
    assert.deepEqual(
      all.filter((event) => event.kind === "attempt").map((event) => [event.code, event.target]),
      [
        [486, "sip:1@198.18.77.51:5070"],
        [408, "sip:2@198.18.77.52:5070"],
      ],
    );
    await world.hangUp(caller, called);
  },

  "serial: all fail": async (world) => {
    await world.phone("198.18.77.51", 5070, 503);
    await world.phone("198.18.77.52", 5070, 401);
    const caller = await world.ua("198.18.77.50");
    world.decides(() => toUri("sip:1@198.18.77.51:5070"));
    const one = await world.call(caller, "5");
    assert.ok(one.answer.code >= 500);
    assert.equal(kinds(await events(world, one.callId, "start", "attempt", "fail")), "attempt fail start");
    world.decides(() => toUri("sip:1@198.18.77.52:5070"));
    const two = await world.call(caller, "6");
    assert.equal(two.answer.code, 502);
    assert.equal(kinds(await events(world, two.callId, "start", "attempt", "fail")), "attempt fail start");
    world.decides(() => ({ ...toUri(), targets: [{ type: "user", user: "199" }] }));
    const three = await world.call(caller, "7");
    assert.equal(three.answer.code, 480);
    assert.equal(kinds(await events(world, three.callId, "start", "fail")), "fail start");
  },

  "a 200 that comes after the failure: who takes it has an answered call": async (world) => {
    const callee = await world.ua("198.18.77.51", 5070);
    const caller = await world.ua("198.18.77.50");
    const silent = { type: "uri", uri: "sip:1@198.18.77.51:5070", timeout_ms: 500 };
    world.decides(() => ({ ...toUri(), targets: [silent] }));
    const called = await world.call(caller, "5");
    assert.equal(called.answer.code, 408);
    await events(world, called.callId, "start", "attempt", "fail");
    // The callee's 200s were lost until now.
    callee.reply(await callee.wait("INVITE", (m) => m.method === "INVITE"), 200, "OK", { tag: "late" });
    const answer = await caller.wait("200", (m) => m.code === 200);
    caller.send(inDialog(caller, answer, "ACK", 1), service);
    caller.send(inDialog(caller, answer, "ACK", 1), service);
    await callee.wait("the ACK", (m) => m.method === "ACK");
    const all = await events(world, called.callId, "start", "attempt", "fail", "confirm");
    assert.equal(kinds(all), "attempt confirm fail start");
  },

  "a 6xx ends the search": async (world) => {
    await world.phone("198.18.77.51", 5070, 603);
    const second = await world.phone("198.18.77.52", 5070, 200);
    const caller = await world.ua("198.18.77.50");
    world.decides(() => toUri("sip:1@198.18.77.51:5070", "sip:2@198.18.77.52:5070"));
    assert.equal((await world.call(caller, "5")).answer.code, 603);
    assert.equal(second.seen.length, 0);
  },

  "parallel: the first answer wins, the others are cancelled": async (world) => {
    await world.phone("198.18.77.51", 5070, 486);
    const slow = await world.ua("198.18.77.52", 5070);
    slow.onRequest = (request) => {
      if (request.method === "INVITE") slow.reply(request, 180, "Ringing", { tag: "slow" });
      if (request.method === "CANCEL") slow.reply(request, 200, "OK", { tag: "slow" });
    };
    const quick = await world.ua("198.18.77.53", 5070);
    const caller = await world.ua("198.18.77.50");
    quick.onRequest = async (request) => {
      if (request.method === "INVITE") {
        await world.anotherRings(caller, request, "quick");
        quick.reply(request, 200, "OK", { tag: "quick" });
      }
      if (request.method === "BYE") quick.reply(request, 200, "OK");
    };
    world.decides(() => ({
      ...toUri("sip:1@198.18.77.51:5070", "sip:2@198.18.77.52:5070", "sip:3@198.18.77.53:5070"),
      strategy: "parallel",
    }));
    const called = await world.call(caller, "5");
    assert.equal(called.answer.code, 200);
    await slow.wait("the CANCEL", (m) => m.method === "CANCEL");
    const all = await events(world, called.callId, "start", "answer");
    assert.equal(all.find((event) => event.kind === "answer")?.target, "sip:3@198.18.77.53:5070");
    await world.hangUp(caller, called);
  },

  "a user with two telephones: both ring, the decision need not name addresses": async (world) => {
    const desk = await world.phone("198.18.77.51", 5070, 180);
    const soft = await world.ua("198.18.77.52", 5071);
    // Not before the other was called: then there would be no need to.
    soft.onRequest = (request) => {
      if (request.method === "BYE") soft.reply(request, 200, "OK");
      if (request.method === "INVITE")
        void desk
          .wait("its INVITE", (m) => m.method === "INVITE")
          .then(() => soft.reply(request, 200, "OK", { tag: "soft" }));
    };
    for (const ua of [desk, soft]) assert.equal((await world.register(ua, "101", "pw-101")).code, 200);
    const caller = await world.ua("198.18.77.50");
    world.decides(() => ({ ...toUri(), targets: [{ type: "user", user: "101" }] }));
    const called = await world.call(caller, "101");
    assert.equal(called.answer.code, 200);
    await desk.wait("its INVITE", (m) => m.method === "INVITE");
    await world.hangUp(caller, called);
  },

  "a rejection by decision, with its code and reason": async (world) => {
    const caller = await world.ua("198.18.77.50");
    world.decides(() => rejected(403, "Not Today"));
    const called = await world.call(caller, "5");
    assert.equal(called.answer.text.split("\r\n")[0], "SIP/2.0 403 Not Today");
    const all = await events(world, called.callId, "start", "fail");
    assert.equal(all.find((event) => event.kind === "fail")?.rule, "no");
  },

  "CANCEL while it rings, and while the app is still being asked": async (world) => {
    const callee = await world.ua("198.18.77.51", 5070);
    callee.onRequest = (request) => {
      if (request.method === "INVITE") callee.reply(request, 180, "Ringing", { tag: "c" });
      if (request.method === "CANCEL") {
        callee.reply(request, 200, "OK", { tag: "c" });
        const first = callee.seen.find((m) => m.method === "INVITE");
        if (first) callee.reply(first, 487, "Request Terminated", { tag: "c" });
      }
    };
    const caller = await world.ua("198.18.77.50");
    world.decides(() => toUri("sip:1@198.18.77.51:5070"));
    const ringing = invite(caller, "5");
    caller.send(ringing.text, service);
    await caller.wait("180", (m) => m.code === 180);
    sameBranch(caller, ringing, "CANCEL", `<${ringing.uri}>`);
    const cancelled = await caller.wait("487", (m) => m.code === 487);
    sameBranch(caller, ringing, "ACK", header(cancelled, "To"));
    assert.equal(kinds(await events(world, ringing.callId, "start", "fail")), "fail start");

    world.own.hung = true;
    world.peer.hung = true;
    const asking = invite(caller, "6");
    const asked = world.own.asked;
    caller.send(asking.text, service);
    await until("the app is asked", () => world.own.asked > asked);
    sameBranch(caller, asking, "CANCEL", `<${asking.uri}>`);
    const early = await caller.wait("487", (m) => m.code === 487 && header(m, "Call-ID") === asking.callId);
    sameBranch(caller, asking, "ACK", header(early, "To"));
    assert.equal(kinds(await events(world, asking.callId, "start", "fail")), "fail start");
  },
};
