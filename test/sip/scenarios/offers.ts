import { strict as assert } from "node:assert";
import { inDialog, invite, respond, service, withBody } from "../call.ts";
import { FakeRelay } from "../fake-relay.ts";
import { header, headers, type SipMessage, token } from "../ua.ts";
import { type Scenario, toUri, until, type World } from "../world.ts";
import { port, sdp } from "./media.ts";

/** A call through the relay to telephones of ours; `sequence` tells what the relay was asked for it. */
export async function withRelay(world: World, uris: string[], run: (relay: FakeRelay) => Promise<void>) {
  const relay = await FakeRelay.start();
  try {
    const strategy = uris.length > 1 ? "parallel" : "serial";
    world.decides(() => ({ ...toUri(...uris), strategy, media: "relay" }));
    await run(relay);
  } finally {
    relay.stop();
  }
}

const sequence = (relay: FakeRelay, callId: string): string =>
  relay.seen
    .filter((line) => line.endsWith(callId))
    .map((line) => line.split(" ")[0])
    .join(" ");

export const reply = (cseq: string) => (m: SipMessage) => m.code >= 200 && header(m, "CSeq") === cseq;

export const offers: Record<string, Scenario> = {
  "late offer: the 200 offers, the ACK answers; a re-INVITE without offer too": async (world) => {
    await withRelay(world, ["sip:1@198.18.77.51:5070"], async (relay) => {
      const callee = await world.ua("198.18.77.51", 5070);
      const tag = token();
      callee.onRequest = (request) => {
        if (request.method === "INVITE") respond(callee, request, "200 OK", tag, sdp(callee.address, 5002));
      };
      const caller = await world.ua("198.18.77.50");
      const made = invite(caller, "5");
      caller.send(made.text, service);
      for (const cseq of [1, 2]) {
        if (cseq === 2) {
          const first = await caller.wait("200", reply("1 INVITE"));
          caller.send(inDialog(caller, first, "INVITE", 2), service);
        }
        const answer = await caller.wait(`200 of ${cseq}`, reply(`${cseq} INVITE`));
        assert.equal(answer.code, 200);
        assert.equal(port(answer), "30000", "the offer in the 200 names the relay");
        const routes = headers(caller.seen.find(reply("1 INVITE")) ?? "", "Record-Route").reverse();
        const ack = inDialog(caller, answer, "ACK", cseq, routes);
        caller.send(withBody(ack, sdp(caller.address, 4002)), service);
        const got = await callee.wait(
          `ACK of ${cseq}`,
          (m) => m.method === "ACK" && header(m, "CSeq") === `${cseq} ACK`,
        );
        assert.equal(port(got), "30000", "the answer in the ACK names the relay");
      }
      assert.equal(sequence(relay, made.callId), "offer answer offer answer");
    });
  },

  "a reliable 183 with the answer, PRACK, UPDATE before the call is answered": async (world) => {
    await withRelay(world, ["sip:1@198.18.77.51:5070"], async (relay) => {
      const callee = await world.ua("198.18.77.51", 5070);
      const tag = token();
      callee.onRequest = (request) => {
        const answer = sdp(callee.address, 5002);
        if (request.method === "INVITE")
          respond(callee, request, "183 Progress", tag, answer, { extra: ["Require: 100rel", "RSeq: 1"] });
        if (request.method === "PRACK") respond(callee, request, "200 OK", tag);
        if (request.method === "UPDATE") {
          respond(callee, request, "200 OK", tag, answer);
          const first = callee.seen.find((m) => m.method === "INVITE");
          if (first) respond(callee, first, "200 OK", tag);
        }
      };
      const caller = await world.ua("198.18.77.50");
      const made = invite(caller, "5", { extra: ["Supported: 100rel"] });
      caller.send(withBody(made.text, sdp(caller.address, 4002)), service);
      const progress = await caller.wait("183", (m) => m.code === 183);
      assert.equal(port(progress), "30000");
      assert.equal(header(progress, "Require"), "100rel");
      caller.send(
        inDialog(caller, progress, "PRACK", 2).replace("CSeq:", "RAck: 1 1 INVITE\r\nCSeq:"),
        service,
      );
      assert.equal((await caller.wait("200 of PRACK", reply("2 PRACK"))).code, 200);
      caller.send(withBody(inDialog(caller, progress, "UPDATE", 3), sdp(caller.address, 4004)), service);
      const updated = await caller.wait("200 of UPDATE", reply("3 UPDATE"));
      assert.equal(port(updated), "30000");
      const seen = await callee.wait("UPDATE", (m) => m.method === "UPDATE");
      assert.equal(port(seen), "30000");
      const answer = await caller.wait("200", reply("1 INVITE"));
      caller.send(inDialog(caller, answer, "ACK", 1), service);
      assert.equal(sequence(relay, made.callId), "offer answer offer answer");
      await world.server.waitEvents(made.callId, ["start", "answer"]);
    });
  },

  "two telephones ring with early audio at once: each has its own session with the relay": async (world) => {
    const uris = ["sip:1@198.18.77.51:5070", "sip:2@198.18.77.52:5070"];
    await withRelay(world, uris, async (relay) => {
      const phones = [await world.ua("198.18.77.51", 5070), await world.ua("198.18.77.52", 5070)];
      for (const [index, ua] of phones.entries())
        ua.onRequest = (request) => {
          const tag = `tag${index}`;
          if (request.method === "INVITE") respond(ua, request, "183 Progress", tag, sdp(ua.address, 5002));
          else if (request.method === "CANCEL") {
            respond(ua, request, "200 OK", tag);
            const first = ua.seen.find((m) => m.method === "INVITE");
            if (first) respond(ua, first, "487 Request Terminated", tag);
          } else if (request.method === "BYE") respond(ua, request, "200 OK", tag);
        };
      const caller = await world.ua("198.18.77.50");
      const made = invite(caller, "5");
      caller.send(withBody(made.text, sdp(caller.address, 4002)), service);
      const progress = (tag: string) => (m: SipMessage) => m.code === 183 && header(m, "To").includes(tag);
      assert.equal(port(await caller.wait("183 of the first", progress("tag0"))), "30000");
      assert.equal(port(await caller.wait("183 of the second", progress("tag1"))), "30000");
      const [, second] = phones;
      const offered = second?.seen.find((m) => m.method === "INVITE");
      assert.ok(second && offered);
      respond(second, offered, "200 OK", "tag1", sdp(second.address, 5002));
      const answer = await caller.wait("200", reply("1 INVITE"));
      assert.equal(port(answer), "30000");
      caller.send(inDialog(caller, answer, "ACK", 1), service);
      caller.send(inDialog(caller, answer, "BYE", 2), service);
      const deleted = () => relay.seen.filter((line) => line.startsWith("delete ")).sort();
      await until("the sessions are deleted", () => deleted().length === 2);
      const named = (op: string) => relay.seen.filter((line) => line.startsWith(op)).sort();
      const [one = "", other = ""] = named("offer ").map((line) => line.slice("offer ".length));
      assert.match(one, /;b\d$/);
      assert.notEqual(one, other);
      assert.deepEqual(named("answer "), [`answer ${one}`, `answer ${other}`, `answer ${other}`]);
      assert.deepEqual(deleted(), [`delete ${one}`, `delete ${other}`]);
      assert.equal((await caller.wait("200 of BYE", reply("2 BYE"))).code, 200);
    });
  },
};
