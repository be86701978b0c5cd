import { strict as assert } from "node:assert";
import { kamailioRpc } from "../../../src/components/kamailio/rpc.ts";
import { inDialog, invite, respond, service, withBody } from "../call.ts";
import { FakeRelay } from "../fake-relay.ts";
import { header, type SipMessage, token, type Ua, uriIn } from "../ua.ts";
import { quick, type Scenario, toUri, until, type World } from "../world.ts";

/** Audio: what Kamailio tells the media relay, and what it does without one. The relay is not real here. */

export const sdp = (address: string, port: number): string => {
  const where = `IN ${address.includes(":") ? "IP6" : "IP4"} ${address}`;
  return [
    ...["v=0", `o=- 1 1 ${where}`, "s=-", `c=${where}`, "t=0 0"],
    ...[`m=audio ${port} RTP/AVP 0`, ""],
  ].join("\r\n");
};

/** A telephone that answers with a description of its own, and keeps what came. */
async function phone(world: World, code = 200, contact?: string): Promise<Ua> {
  const ua = await world.ua("198.18.77.51", 5070);
  const tag = token();
  ua.onRequest = (request) => {
    if (request.method === "ACK") return;
    const invited = request.method === "INVITE";
    const body = invited && code === 200 ? sdp(ua.address, 5002) : "";
    respond(
      ua,
      request,
      `${invited ? code : 200} Reason`,
      tag,
      body,
      contact === undefined ? {} : { contact },
    );
  };
  return ua;
}

async function call(caller: Ua): Promise<{ answer: SipMessage; ms: number; callId: string }> {
  const made = invite(caller, "5");
  const began = performance.now();
  caller.send(withBody(made.text, sdp(caller.address, 4002)), service);
  const answer = await caller.wait(
    "a final answer",
    (m) => m.code >= 200 && header(m, "Call-ID") === made.callId,
    3000,
  );
  return { answer, ms: performance.now() - began, callId: made.callId };
}

const decision = (media?: string) => ({ ...toUri("sip:1@198.18.77.51:5070"), ...(media ? { media } : {}) });
export const port = (message: SipMessage | undefined): string =>
  /m=audio (\d+)/.exec(message?.text ?? "")?.[1] ?? "";
const invitesAt = (ua: Ua) => ua.seen.filter((m) => m.method === "INVITE" && m.code === 0);

export const media: Record<string, Scenario> = {
  "audio goes through the relay, or not, as the decision says": async (world) => {
    const relay = await FakeRelay.start();
    try {
      const callee = await phone(world);
      const caller = await world.ua("198.18.77.50");
      world.decides(() => decision("relay"));
      const relayed = await call(caller);
      assert.equal(port(invitesAt(callee).at(-1)), "30000");
      assert.equal(port(relayed.answer), "30000");
      assert.match(header(relayed.answer, "Record-Route"), /;md=r/);
      assert.deepEqual(
        relay.seen.filter((line) => line.endsWith(relayed.callId)).map((line) => line.split(" ")[0]),
        ["offer", "answer"],
      );
      caller.send(inDialog(caller, relayed.answer, "ACK", 1), service);
      caller.send(inDialog(caller, relayed.answer, "BYE", 2), service);
      await until("the session is deleted", () => relay.seen.includes(`delete ${relayed.callId}`));
      // What is needed to end a call is forgotten with its end.
      const { context } = world.server;
      const soon = () => AbortSignal.timeout(2000);
      // (Said when the relay has answered.)
      await until("it is over", () =>
        kamailioRpc(context, "htable.get", ["over", relayed.callId], soon()).then(
          () => true,
          () => false,
        ),
      );
      await until(
        "the row is gone",
        async () => (await kamailioRpc(context, "htable.dump", ["dlg"], soon())).length === 0,
        10_000,
      );
      world.decides(() => decision("direct"));
      const direct = await call(caller);
      assert.equal(port(direct.answer), "5002");
      assert.doesNotMatch(header(direct.answer, "Record-Route"), /;md=/);
      assert.equal(relay.seen.filter((line) => line.endsWith(direct.callId)).length, 0);
    } finally {
      relay.stop();
    }
  },

  "a call that is refused leaves no session behind": async (world) => {
    const relay = await FakeRelay.start();
    try {
      await phone(world, 486);
      const caller = await world.ua("198.18.77.50");
      world.decides(() => decision("relay"));
      const { answer, callId } = await call(caller);
      assert.equal(answer.code, 486);
      await until("the session is deleted", () => relay.seen.includes(`delete ${callId}`));
    } finally {
      relay.stop();
    }
  },

  "a relay that hangs costs one call a moment, the next nothing; both go on without it": async (world) => {
    const relay = await FakeRelay.start();
    try {
      await phone(world);
      const caller = await world.ua("198.18.77.50");
      world.decides(() => decision("relay"));
      await call(caller);
      relay.hangs = true;
      const first = await call(caller);
      await quick(() => call(caller));
      assert.equal(first.answer.code, 200);
      assert.equal(port(first.answer), "5002");
      assert.ok(first.ms > 100, `the first call took ${first.ms} ms`);
    } finally {
      relay.stop();
    }
  },

  "the node dies while the relay is being asked: the caller has no 100 yet, and repeats": async (world) => {
    const relay = await FakeRelay.start();
    try {
      await phone(world);
      const caller = await world.ua("198.18.77.50");
      world.decides(() => decision("relay"));
      let heard = 1;
      // This process may have stood still for longer than Kamailio waits for the relay: then it saw too much.
      for (let attempt = 0; attempt < 3 && heard > 0; attempt++) {
        relay.hangs = true;
        caller.seen.length = 0;
        const { text, callId } = invite(caller, "5");
        const withOffer = withBody(text, sdp(caller.address, 5004));
        // Its worker pings before it offers, when it has not spoken to this relay yet.
        const before = relay.seen.length;
        caller.send(withOffer, service);
        await until("the relay is asked", () => relay.seen.length > before);
        heard = caller.seen.length;
        await world.server.stop("SIGKILL");
        relay.hangs = false;
        await world.server.start();
        await until("Kamailio is connected", () => world.own.connections > 0);
        caller.send(withOffer, service);
        await caller.wait("200", (m) => m.code === 200 && header(m, "Call-ID") === callId);
      }
      assert.equal(heard, 0);
    } finally {
      relay.stop();
    }
  },

  "a dead relay costs nothing, and one that is back is used at once": async (world) => {
    await phone(world);
    const caller = await world.ua("198.18.77.50");
    world.decides(() => decision("relay"));
    for (let count = 0; count < 6; count++) {
      const { answer } = await quick(() => call(caller));
      assert.equal(port(answer), "5002");
    }
    // Every worker that spoke to the closed port has an error waiting on its socket.
    const relay = await FakeRelay.start();
    try {
      for (let count = 0; count < 6; count++) assert.equal(port((await call(caller)).answer), "30000");
    } finally {
      relay.stop();
    }
  },

  "a called telephone behind a NAT is reached by where its packets come from": async (world) => {
    const callee = await phone(world, 200, "<sip:1@10.1.2.3:5060>");
    const caller = await world.ua("198.18.77.50");
    world.decides(() => decision("direct"));
    const { answer, callId } = await call(caller);
    // nathelper, set_contact_alias: address~port~protocol
    assert.match(uriIn(header(answer, "Contact")), /^sip:1@10\.1\.2\.3:5060;alias=198\.18\.77\.51~5070~1/);
    caller.send(inDialog(caller, answer, "ACK", 1), service);
    caller.send(inDialog(caller, answer, "BYE", 2), service);
    const bye = await callee.wait("BYE", (m) => m.method === "BYE" && header(m, "Call-ID") === callId);
    assert.match(bye.text, /^BYE sip:1@10\.1\.2\.3:5060 SIP/);
  },
};
