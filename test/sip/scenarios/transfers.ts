import { strict as assert } from "node:assert";
import { buildRecords } from "../../../src/records/build-record.ts";
import { inDialog, inDialogCallee, invite, service } from "../call.ts";
import { header, tagOf } from "../ua.ts";
import { kinds, type Scenario, toUri, until, type World } from "../world.ts";
import { reply } from "./offers.ts";

/** Transfers: RFC 3515 (REFER), 3891 (Replaces), 3892 (Referred-By), 5589 (how they are used). */

const recordsOf = (world: World, callId: string) =>
  buildRecords(world.server.events(callId), { now: Date.now(), maxCallMs: 3_600_000, maxSetupMs: 300_000 });

const withHeaders = (text: string, ...lines: string[]): string =>
  text.replace(/^(content-length: .*)$/im, `${lines.join("\r\n")}\r\n$1`);

/** Numbers are users. */
const toUsers = (world: World) =>
  world.decides(({ number }) => ({ ...toUri(), targets: [{ type: "user", user: String(number) }] }));

const from = { from: "<sip:102@198.18.77.100>", password: "pw-102" };

export const transfers: Record<string, Scenario> = {
  "blind: REFER and its NOTIFY pass both ways, the record says who transferred whom": async (world) => {
    const callee = await world.phone("198.18.77.51", 5070, 200);
    const caller = await world.ua("198.18.77.50");
    caller.onRequest = (request) => {
      if (request.method === "REFER") caller.reply(request, 202, "Accepted");
      else if (request.method !== "ACK") caller.reply(request, 200, "OK");
    };
    assert.equal((await world.register(callee, "101", "pw-101")).code, 200);
    toUsers(world);
    const called = await world.call(caller, "101", from);
    world.ack(caller, called);
    const request = await callee.wait("the INVITE", (m) => m.method === "INVITE");
    const tag = tagOf(header(called.answer, "To"));
    const refer = inDialogCallee(callee, request, tag, "REFER", 5);
    callee.send(
      withHeaders(
        refer,
        "Refer-To: <sip:103@198.18.77.100>",
        "Referred-By: <sip:101@198.18.77.100>",
        `Contact: <sip:101@198.18.77.51:5070>`,
      ),
      service,
    );
    await callee.wait("202", (m) => m.code === 202 && header(m, "CSeq") === "5 REFER");
    caller.send(
      withHeaders(inDialog(caller, called.answer, "NOTIFY", 7), "Event: refer", "Subscription-State: active"),
      service,
    );
    await callee.wait("the NOTIFY", (m) => m.method === "NOTIFY");
    await caller.wait("200 of the NOTIFY", reply("7 NOTIFY"));
    const all = await world.server.waitEvents(called.callId, ["start", "answer", "refer"]);
    assert.equal(kinds(all), "answer refer start");
    const [record, other] = recordsOf(world, called.callId);
    assert.equal(other, undefined);
    assert.deepEqual(
      record?.transfers.map(({ by, to }) => [by, to]),
      [[header(request, "To").replace(/^.*<|>.*$/g, ""), "sip:103@198.18.77.100"]],
    );

    // What the one who was transferred does then.
    const third = await world.phone("198.18.77.52", 5070, 200);
    assert.equal((await world.register(third, "103", "pw-103")).code, 200);
    const next = await world.call(caller, "103", {
      ...from,
      extra: ["Referred-By: <sip:101@198.18.77.100>;cid=1"],
    });
    assert.equal(next.answer.code, 200);
    const arrived = await third.wait("the INVITE", (m) => m.method === "INVITE");
    assert.equal(header(arrived, "Referred-By"), "<sip:101@198.18.77.100>;cid=1");
    await world.server.waitEvents(next.callId, ["answer"]);
    assert.equal(recordsOf(world, next.callId)[0]?.transferred_by, "sip:101@198.18.77.100");
  },

  "attended: Replaces reaches the telephone, the record names the call whose place it took": async (
    world,
  ) => {
    const target = await world.phone("198.18.77.52", 5070, 200);
    assert.equal((await world.register(target, "103", "pw-103")).code, 200);
    toUsers(world);
    const caller = await world.ua("198.18.77.50");
    const replaces = "c9@198.18.77.51;to-tag=t1;from-tag=f1";
    const called = await world.call(caller, "103", {
      ...from,
      extra: [`Replaces: ${replaces}`, "Referred-By: sip:101@198.18.77.100"],
    });
    assert.equal(called.answer.code, 200);
    const arrived = await target.wait("the INVITE", (m) => m.method === "INVITE");
    assert.equal(header(arrived, "Replaces"), replaces);
    await world.server.waitEvents(called.callId, ["answer"]);
    const [record] = recordsOf(world, called.callId);
    assert.equal(record?.replaces, "c9@198.18.77.51");
    assert.equal(record.transferred_by, "sip:101@198.18.77.100");
    assert.equal(record.target, "sip:103@198.18.77.52:5070");
    const unsaid = await world.call(caller, "103", { ...from, extra: [`Replaces: ${replaces}`] });
    await world.server.waitEvents(unsaid.callId, ["answer"]);
    assert.equal(recordsOf(world, unsaid.callId)[0]?.note, "in the place of call c9@198.18.77.51");
  },

  "to the Contact of a registered telephone: that one alone is called, by the rules for its user": async (
    world,
  ) => {
    const desk = await world.phone("198.18.77.52", 5070, 200);
    const soft = await world.phone("198.18.77.53", 5071, 200);
    for (const ua of [desk, soft]) assert.equal((await world.register(ua, "103", "pw-103")).code, 200);
    toUsers(world);
    const caller = await world.ua("198.18.77.50");
    const uri = "sip:103@198.18.77.53:5071";
    const called = await world.call(caller, "103", { ...from, uri });
    assert.equal(called.answer.code, 200);
    assert.equal(world.own.questions.at(-1)?.number, "103");
    assert.equal(header(await soft.wait("the INVITE", (m) => m.method === "INVITE"), "To"), `<${uri}>`);
    assert.ok(!desk.seen.some((m) => m.method === "INVITE"));
    // Nobody's telephone: a rule's business, as before.
    const foreign = invite(caller, "x", { uri: "sip:103@198.18.77.54:5071", from: "<sip:x@198.18.77.50>" });
    caller.send(foreign.text, service);
    await until(
      "the question",
      () => world.own.questions.at(-1)?.request_uri === "sip:103@198.18.77.54:5071",
    );
  },
};
