import { strict as assert } from "node:assert";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { hostIn } from "../../../src/base/host-in.ts";
import { inDialog, inDialogCallee, invite, respond, service6, serviceFor, withBody } from "../call.ts";
import { FakeRelay } from "../fake-relay.ts";
import { header, headers, type SipMessage, tagOf, token, type Ua } from "../ua.ts";
import { type Scenario, toUri, type World } from "../world.ts";
import { isInvite } from "./branches.ts";
import { port, sdp } from "./media.ts";

/** A service with an address of each family: service.address6 of cluster.yaml. */

const torture = join(import.meta.dirname, "../../torture");
export const six = "fd00:77::51";
export const four = "198.18.77.51";
export const toUser = { ...toUri(), targets: [{ type: "user", user: "101" }] };

/** A telephone, registered as 101, that answers with a description. @param door by which it comes */
export async function phone(world: World, address: string, contact?: string, door = serviceFor): Promise<Ua> {
  const ua = await world.ua(address, 5070);
  const tag = token();
  ua.onRequest = (request) => {
    if (request.method === "ACK") return;
    const invited = request.method === "INVITE";
    respond(ua, request, "200 OK", tag, invited ? sdp(address, 5002) : "");
  };
  const place = door(ua);
  const answer = await world.register(ua, "101", "pw-101", place, contact === undefined ? {} : { contact });
  assert.equal(answer.code, 200, answer.first);
  assert.match(header(answer, "Contact"), /expires=\d+/);
  return ua;
}

/**
 * A call with audio, and who hangs up is answered; each side's requests reach the other.
 * @param door by which each of them comes @param offers the caller's INVITE has its description
 */
export async function talk(
  caller: Ua,
  callee: Ua,
  number = "101",
  door = serviceFor,
  offers = true,
): Promise<{ callId: string; answer: SipMessage }> {
  const before = callee.seen.length;
  const place = door(caller);
  const made = invite(caller, number, { uri: `sip:${number}@${hostIn(place.address)}` });
  caller.send(offers ? withBody(made.text, sdp(caller.address, 4002)) : made.text, place);
  const answer = await caller.wait(
    "a final answer",
    (m) => m.code >= 200 && header(m, "Call-ID") === made.callId,
  );
  assert.equal(answer.code, 200, answer.first);
  caller.send(inDialog(caller, answer, "ACK", 1), place);
  const mine = (m: SipMessage) => header(m, "Call-ID") === made.callId;
  await callee.wait("ACK", (m) => m.method === "ACK" && mine(m));
  const got = callee.seen.slice(before).find((m) => isInvite(m) && mine(m));
  assert.ok(got);
  // From the called side, in the same dialog.
  caller.onRequest = (request) => caller.reply(request, 200, "OK");
  const tag = tagOf(header(answer, "To")) ?? "";
  callee.send(inDialogCallee(callee, got, tag, "INFO", 7), door(callee));
  await callee.wait("the answer to INFO", (m) => m.code === 200 && header(m, "CSeq") === "7 INFO" && mine(m));
  caller.send(inDialog(caller, answer, "BYE", 10), place);
  await caller.wait("the answer to BYE", (m) => m.code === 200 && header(m, "CSeq") === "10 BYE" && mine(m));
  await callee.wait("BYE", (m) => m.method === "BYE" && mine(m));
  return { callId: made.callId, answer };
}

const all: Record<string, Scenario> = {
  "IPv6: telephones of either family register and call each other, all requests of the call arrive (RFC 3261 19.1.1)":
    async (world) => {
      const relay = await FakeRelay.start();
      try {
        world.decides(() => toUser);
        for (const called of [six, four]) {
          const callee = await phone(world, called);
          for (const calling of ["fd00:77::50", "198.18.77.50"]) {
            const caller = await world.ua(calling);
            const { callId, answer } = await talk(caller, callee);
            const events = await world.server.waitEvents(callId, ["start", "answer", "end"]);
            assert.equal(events[0]?.source, `${hostIn(calling)}:${caller.port}`);
            // The relay is told the family of whom it is offered to; one Route where both sides have the same, else two.
            const family = /14:address.family3:(IP\d)/;
            const offer = relay.texts.find(
              (text) => text.includes("7:command5:offer") && text.includes(callId),
            );
            assert.equal(family.exec(offer ?? "")?.[1], called === six ? "IP6" : "IP4");
            const same = called.includes(":") === calling.includes(":");
            assert.equal(headers(answer, "Record-Route").length, same ? 1 : 2);
            assert.equal(port(answer), "30000");
          }
          await world.register(callee, "101", "pw-101", serviceFor(callee), {
            contact: "*",
            extra: ["Expires: 0"],
          });
        }
      } finally {
        relay.stop();
      }
    },

  "IPv6: an offer in the 200 is offered to the caller in its own family (RFC 3261 13.2.1)": async (world) => {
    const relay = await FakeRelay.start();
    try {
      world.decides(() => toUser);
      for (const called of [six, four]) {
        const callee = await phone(world, called);
        for (const calling of ["fd00:77::50", "198.18.77.50"]) {
          const caller = await world.ua(calling);
          const call = await world.call(caller, "101");
          assert.equal(call.answer.code, 200);
          const offer = relay.texts.find(
            (text) => text.includes("7:command5:offer") && text.includes(call.callId),
          );
          assert.ok(offer);
          const family = /14:address.family3:(IP\d)/.exec(offer)?.[1];
          // Within a family nothing need be said.
          if (called.includes(":") === calling.includes(":")) assert.equal(family, undefined);
          else assert.equal(family, calling.includes(":") ? "IP6" : "IP4");
          assert.equal((await world.hangUp(caller, call)).code, 200);
        }
        await world.register(callee, "101", "pw-101", serviceFor(callee), {
          contact: "*",
          extra: ["Expires: 0"],
        });
      }
    } finally {
      relay.stop();
    }
  },

  "IPv6: an address in another spelling is the same address (RFC 5118 4.5)": async (world) => {
    world.decides(() => toUser);
    const callee = await phone(world, six, "<sip:101@[FD00:0077:0:0::0051]:5070>");
    const caller = await world.ua("fd00:77::50");
    const called = await world.call(caller, "101", {
      uri: "sip:101@[FD00:77:0::0:100]",
      from: "<sip:102@[fd00:0077:0000:0000:0000:0000:0000:0100]>",
      password: "pw-102",
      user: "102",
    });
    assert.equal(called.answer.code, 200, called.answer.first);
    const got = callee.seen.find(isInvite);
    assert.doesNotMatch(got?.text ?? "", /Proxy-Authorization|np=1/);
    assert.equal((await world.hangUp(caller, called)).code, 200);
    assert.equal(world.own.questions.at(-1)?.user, "102");
  },

  "IPv6: over TCP, by the connection that the telephone opened (RFC 5923)": async (world) => {
    world.decides(() => toUser);
    const callee = await world.tcpUa(six, 5070);
    world.answers(callee, 200);
    const contact = `<sip:101@[${six}]:5999;transport=tcp>`;
    assert.equal((await world.register(callee, "101", "pw-101", service6, { contact })).code, 200);
    for (const caller of [await world.tcpUa("fd00:77::50"), await world.ua("198.18.77.50")]) {
      const called = await world.call(caller, "101");
      assert.equal(called.answer.code, 200, called.answer.first);
      assert.equal((await world.hangUp(caller, called)).code, 200);
      await callee.wait("BYE", (m) => m.method === "BYE" && header(m, "Call-ID") === called.callId);
    }
  },

  "IPv6: a Contact that is not where its packets come from (NPTv6, RFC 6296): reached where they come from":
    async (world) => {
      world.decides(() => toUser);
      const callee = await phone(world, six, "<sip:101@[fd12:3456::9]:5070>");
      const caller = await world.ua("198.18.77.50");
      await talk(caller, callee);
    },

  "IPv6: a rule that leads to another number here is one call, from IPv6 too": async (world) => {
    world.decides((question) => (question.number === "7" ? toUri("sip:101@[fd00:77::100]") : toUser));
    const callee = await phone(world, four);
    const caller = await world.ua("fd00:77::50");
    const { callId } = await talk(caller, callee, "7");
    const events = await world.server.waitEvents(callId, ["start", "answer", "end"]);
    for (const event of events.filter(({ kind }) => kind === "start"))
      assert.equal(event.source, `[fd00:77::50]:${caller.port}`);
  },

  "IPv6: the torture messages of RFC 4475 and RFC 5118 get the same answers": async (world) => {
    world.decides(() => toUser);
    const callee = await phone(world, six);
    const files = readdirSync(torture).filter((file) => file.endsWith(".sip"));
    const answers = await Promise.all(
      files.map(async (file) => {
        const ua = await world.ua("fd00:77::52");
        ua.send(readFileSync(join(torture, file)), service6);
        const got = await ua.wait("an answer", (m) => m.code >= 200, 5000).catch(() => undefined);
        return [file, String(got?.code ?? "silence")] as const;
      }),
    );
    const wanted = JSON.parse(readFileSync(join(torture, "expected.json"), "utf8")) as Record<string, string>;
    assert.deepEqual(Object.fromEntries(answers), wanted);
    await talk(await world.ua("fd00:77::50"), callee);
  },

  "IPv6: wrong passwords ban their source, and nobody else": async (world) => {
    world.decides(() => toUser);
    const guesser = await world.ua("fd00:77::52");
    for (let n = 0; n < 20; n++) assert.equal((await world.register(guesser, "101", `no-${n}`)).code, 401);
    await assert.rejects(world.register(guesser, "101", "pw-101"), /waited/);
    await phone(world, six);
  },
};

/** Between the families audio is passed on, whatever is said of it. */
const direct: Record<string, Scenario> = {
  "IPv6: audio that goes directly is relayed from one family to the other": async (world) => {
    const relay = await FakeRelay.start();
    try {
      world.decides(() => toUser);
      const callee = await phone(world, six);
      assert.equal(port((await talk(await world.ua("fd00:77::50"), callee)).answer), "5002");
      assert.equal(port((await talk(await world.ua("198.18.77.50"), callee)).answer), "30000");
    } finally {
      relay.stop();
    }
  },
};

export const address6 = `${service6.address}/64`;
export const ipv6 = Object.fromEntries([
  ...Object.entries(all).map(([name, run]) => [name, { run, sip: {}, address6 }] as const),
  ...Object.entries(direct).map(
    ([name, run]) => [name, { run, sip: {}, address6, media: { path: "direct" } }] as const,
  ),
]);
