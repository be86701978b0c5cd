import { strict as assert } from "node:assert";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect } from "node:net";
import { z } from "zod";
import { kamailioRpc } from "../../../src/components/kamailio/rpc.ts";
import { inDialog, inDialogCallee, invite, service } from "../call.ts";
import { header, type SipMessage, tagOf, token, type Ua } from "../ua.ts";
import { type Scenario, toUri, until, type World } from "../world.ts";

const toUser = { ...toUri(), targets: [{ type: "user", user: "101" }] };

const isInvite = (m: SipMessage) => m.method === "INVITE" && m.code === 0;

/** A telephone that is registered as 101 with this Contact, and answers. */
async function registered(world: World, phone: Ua, contact: string): Promise<Ua> {
  world.answers(phone, 180, 200);
  assert.equal((await world.register(phone, "101", "pw-101", service, { contact })).code, 200);
  world.decides(() => toUser);
  return phone;
}

/** A call to it is answered, and the caller's BYE arrives there too. */
async function reached(world: World, phone: Ua, what: string): Promise<void> {
  const caller = await world.ua("198.18.77.50");
  const called = await world.call(caller, "101");
  assert.equal(called.answer.code, 200, `${what}: ${called.answer.first}`);
  assert.equal((await world.hangUp(caller, called)).code, 200, what);
  await phone.wait(`BYE (${what})`, (m) => m.method === "BYE" && header(m, "Call-ID") === called.callId);
}

const tcpInfo = z.tuple([z.object({ opened_connections: z.int() })]);

/** The SIP server has noticed that all TCP connections but so many are gone. */
export const connectionsLeft = (world: World, count: number): Promise<void> =>
  until(`${count} TCP connections are left`, async () => {
    const info = await kamailioRpc(world.server.context, "core.tcp_info", [], AbortSignal.timeout(2000));
    const [{ opened_connections }] = tcpInfo.parse(info);
    return opened_connections === count;
  });
const noConnection = (world: World): Promise<void> => connectionsLeft(world, 0);

/** The called side hangs up. */
async function hangUpBack(phone: Ua, caller: Ua, callId: string, tag: string): Promise<SipMessage> {
  const got = await phone.wait("INVITE", (m) => isInvite(m) && header(m, "Call-ID") === callId);
  phone.send(inDialogCallee(phone, got, tag, "BYE", 7), service);
  return caller.wait("the called side's BYE", (m) => m.method === "BYE" && m.code === 0);
}

/** NATs, ports and connections. */
export const transports: Record<string, Scenario> = {
  "a registered Contact with the right address and another port: reached where it registered from (RFC 3581)":
    async (world) => {
      for (const contact of [
        "<sip:101@[2001:db8::1]:5060>",
        "<sip:101@phone.invalid>",
        "<sip:101@10.9.8.7>",
      ]) {
        const hidden = await registered(world, await world.ua("198.18.77.51"), contact);
        await reached(world, hidden, contact);
        await world.register(hidden, "101", "pw-101", service, { contact: "*", extra: ["Expires: 0"] });
      }
      const phone = await registered(world, await world.ua("198.18.77.51"), "<sip:101@198.18.77.51:5999>");
      await reached(world, phone, "another port");
      // Its own Contact in the 200 has another port too.
      const caller = await world.ua("198.18.77.50");
      phone.onRequest = (request) => {
        if (request.method === "ACK") return;
        const contact = "<sip:101@198.18.77.51:5999>";
        phone.reply(request, 200, "OK", { tag: "callee", contact });
      };
      const called = await world.call(caller, "101");
      assert.equal((await world.hangUp(caller, called)).code, 200);
    },

  "a Contact without port, from 5060, is where it says": async (world) => {
    const phone = await registered(world, await world.ua("198.18.77.51", 5060), "<sip:101@198.18.77.51>");
    await reached(world, phone, "no port");
    const got = await phone.wait("INVITE", isInvite);
    assert.doesNotMatch(header(got, "Record-Route"), /np=1/);
  },

  "UDP without rport: the answer goes to the port in Via, calls to the port in Contact (RFC 3261 18.2.2)":
    async (world) => {
      const listens = await registered(
        world,
        await world.ua("198.18.77.51", 5070),
        "<sip:101@198.18.77.51:5070>",
      );
      // Sends from another port than it listens at, and does not ask for symmetry.
      const sends = await world.ua("198.18.77.51");
      const made = invite(sends, "101", { contact: "<sip:101@198.18.77.51:5070>" });
      sends.send(
        made.text.replace(/^Via: .*$/m, `Via: SIP/2.0/UDP 198.18.77.51:5070;branch=${made.branch}`),
        service,
      );
      const answer = await listens.wait(
        "200 at the Via's port",
        (m) => m.code === 200 && header(m, "Call-ID") === made.callId,
      );
      assert.equal(sends.seen.length, 0);
      const got = await listens.wait("INVITE", isInvite);
      assert.doesNotMatch(header(got, "Contact"), /alias/);
      assert.ok(answer);
    },

  "another port in a caller's Contact: the called side's BYE goes where its packets came from": async (
    world,
  ) => {
    const callee = await world.phone("198.18.77.52", 5070, 200);
    world.decides(() => toUri("sip:1@198.18.77.52:5070"));
    const caller = await world.ua("198.18.77.51");
    world.answers(caller);
    const called = await world.call(caller, "5", { contact: "<sip:caller@198.18.77.51:5998>" });
    world.ack(caller, called);
    await hangUpBack(callee, caller, called.callId, tagOf(header(called.answer, "To")));
  },

  "another port in the Contact of a carrier's answer is where requests of the call go (RFC 3261 12.2.1.1)":
    async (world) => {
      const carrier = await world.ua("198.18.77.52", 5070);
      const media = await world.phone("198.18.77.52", 5080);
      carrier.onRequest = (request) => {
        const contact = "<sip:x@198.18.77.52:5080>";
        if (isInvite(request)) carrier.reply(request, 200, "OK", { tag: "c", contact });
      };
      world.decides(() => toUri("sip:1@198.18.77.52:5070"));
      const caller = await world.ua("198.18.77.50");
      const called = await world.call(caller, "5");
      world.ack(caller, called);
      await media.wait("the ACK", (m) => m.method === "ACK");
    },

  "TCP: a telephone is reached by the connection that it opened, whatever port and transport its Contact says (RFC 5626, RFC 5923)":
    async (world) => {
      for (const contact of [
        "<sip:101@198.18.77.51:5999;transport=tcp>",
        "<sip:101@198.18.77.51>",
        "<sip:101@10.9.8.7:5060;transport=tcp>",
      ]) {
        const phone = await registered(world, await world.tcpUa("198.18.77.51"), contact);
        await reached(world, phone, contact);
        // The other way: it calls, and hears when the other side hangs up.
        const callee = await world.phone("198.18.77.52", 0, 200);
        world.decides(() => toUri(`sip:1@198.18.77.52:${callee.port}`));
        const called = await world.call(phone, "5", { contact });
        assert.equal(called.answer.code, 200);
        world.ack(phone, called);
        await hangUpBack(callee, phone, called.callId, tagOf(header(called.answer, "To")));
        await world.register(phone, "101", "pw-101", service, { contact: "*", extra: ["Expires: 0"] });
        phone.close();
      }
    },

  "TCP after the connection was lost: the Contact is tried where it has the same address, else the call fails soon":
    async (world) => {
      const contact = (ua: Ua) => `<sip:101@198.18.77.51:${ua.port};transport=tcp>`;
      const phone = await world.tcpUa("198.18.77.51", 5077);
      await registered(world, phone, contact(phone));
      const caller = await world.ua("198.18.77.50");
      const called = await world.call(caller, "101");
      assert.equal(called.answer.code, 200);
      world.ack(caller, called);
      phone.close();
      await noConnection(world);
      // Somebody listens there again, as a telephone does that lost its connection by a takeover.
      const again = await world.tcpUa("198.18.77.51", 5077);
      world.answers(again, 180, 200);
      await reached(world, again, "a new call");
      caller.send(inDialog(caller, called.answer, "BYE", 10), service);
      await again.wait(
        "BYE of the old call",
        (m) => m.method === "BYE" && header(m, "Call-ID") === called.callId,
      );
      again.close();
      await noConnection(world);
      const failed = await world.call(caller, "101", { ms: 8000 });
      assert.ok([408, 477, 480, 500, 503].includes(failed.answer.code), failed.answer.first);
    },

  "keep-alives: empty lines over TCP are answered, over UDP ignored; STUN and OPTIONS are answered (RFC 5626 4.4, 5389)":
    async (world) => {
      const socket = connect({ port: service.port, host: service.address, localAddress: "198.18.77.50" });
      await once(socket, "connect");
      socket.write("\r\n\r\n");
      assert.equal(String((await once(socket, "data"))[0]), "\r\n");
      socket.destroy();
      const udp = createSocket("udp4");
      udp.bind(0, "198.18.77.50");
      await once(udp, "listening");
      udp.send("\r\n\r\n", service.port, service.address);
      udp.send("\0", service.port, service.address);
      const id = Buffer.from("0123456789ab");
      const request = Buffer.concat([Buffer.from([0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42]), id]);
      udp.send(request, service.port, service.address);
      const answer = (await once(udp, "message", { signal: AbortSignal.timeout(2000) }))[0] as Buffer;
      assert.equal(answer.readUInt16BE(0), 0x0101, "a Binding Success Response");
      assert.ok(answer.subarray(8, 20).equals(id));
      udp.close();
      const ua = await world.ua("198.18.77.50");
      const text = invite(ua, "").text.replaceAll("INVITE", "OPTIONS").replaceAll("sip:@", "sip:");
      ua.send(text, service);
      await ua.wait("200 of OPTIONS", (m) => m.code === 200);
    },

  "a big INVITE in UDP fragments and over TCP, in pieces (RFC 3261 18.1.1)": async (world) => {
    const callee = await world.phone("198.18.77.52", 5070, 200);
    world.decides(() => ({ ...toUri("sip:1@198.18.77.52:5070"), media: "direct" }));
    const body = `v=0\r\n${"a=candidate:1 1 UDP 1 192.0.2.1 4000 typ host\r\n".repeat(400)}`;
    const big = (ua: Ua) => {
      const made = invite(ua, "5", { extra: ["Content-Type: application/sdp"] });
      return {
        ...made,
        text: made.text.replace("Content-Length: 0", `Content-Length: ${body.length}`) + body,
      };
    };
    const udp = await world.ua("198.18.77.50");
    const tcp = await world.tcpUa("198.18.77.50");
    for (const ua of [udp, tcp]) {
      const made = big(ua);
      const middle = made.text.length / 2;
      if (ua === udp) ua.send(made.text, service);
      else
        for (const piece of [made.text.slice(0, 300), made.text.slice(300, middle), made.text.slice(middle)])
          ua.send(piece, service);
      await ua.wait("200", (m) => m.code === 200);
      const got = await callee.wait("INVITE", (m) => isInvite(m) && header(m, "Call-ID") === made.callId);
      assert.equal(got.body, body);
    }
  },

  "what an ALG leaves: a Via and Contact of other ports, a Content-Length that is too long for its datagram":
    async (world) => {
      await world.phone("198.18.77.52", 5070, 200);
      world.decides(() => toUri("sip:1@198.18.77.52:5070"));
      const caller = await world.ua("198.18.77.50");
      const made = invite(caller, "5", { contact: "<sip:caller@198.18.77.50:61000;ob>;expires=3600" });
      caller.send(
        made.text.replace(`${caller.address}:${caller.port};branch`, "192.168.1.10:5060;branch"),
        service,
      );
      await caller.wait("200", (m) => m.code === 200);
      const cut = invite(caller, "6", { callId: token() });
      caller.send(cut.text.replace("Content-Length: 0", "Content-Length: 20"), service);
      await caller.wait("400", (m) => m.code === 400 && header(m, "Call-ID") === cut.callId);
      await until("nothing of it is a call", () => world.server.events(cut.callId).length === 0);
    },
};
