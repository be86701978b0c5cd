import { strict as assert } from "node:assert";
import { inDialog, inDialogCallee, invite, respond, service, withBody } from "../call.ts";
import { FakeRelay } from "../fake-relay.ts";
import { authorize, ha1, header, headers, type SipMessage, tagOf, token, type Ua, uriIn } from "../ua.ts";
import { openWebSocket } from "../web-socket.ts";
import { type Scenario, toUri, until, type World } from "../world.ts";
import { sdp } from "./media.ts";

/** Telephones in browsers, as they come from HAProxy: sip/websocket.cfg. The relay is not real here. */

const webSdp = (port: number): string =>
  sdp("203.0.113.7", port)
    .replace("RTP/AVP", "UDP/TLS/RTP/SAVPF")
    .replace("m=audio", "a=ice-lite\r\nm=audio");

const instance = (name: string) => `"<urn:uuid:00000000-0000-4000-8000-0000000000${name}>"`;

const contactOf = (user: string, name: string) =>
  `<sip:${user}x@browser.invalid;transport=ws>;+sip.instance=${instance(name)};reg-id=1`;

/** Registers as JsSIP does; the public GRUU that it gets. */
async function registered(world: World, ua: Ua, user: string, name = "01"): Promise<string> {
  const answer = await world.register(ua, user, `pw-${user}`, service, {
    contact: contactOf(user, name),
    extra: ["Supported: path,gruu,outbound"],
  });
  assert.equal(answer.code, 200, answer.first);
  const gruu = /pub-gruu="([^"]+)"/.exec(headers(answer, "Contact").join(","))?.[1];
  assert.ok(gruu, `a GRUU in ${answer.text}`);
  return gruu;
}

/** Answers INVITEs with a body; everything else with 200. */
function answers(ua: Ua, body: string, contact: string): string {
  const tag = token();
  ua.onRequest = (request) => {
    if (request.method === "ACK") return;
    respond(ua, request, "200 OK", tag, request.method === "INVITE" ? body : "", { contact });
  };
  return tag;
}

const isInvite = (m: SipMessage) => m.method === "INVITE" && m.code === 0;

async function dial(ua: Ua, number: string, user: string, contact: string, body: string) {
  const first = invite(ua, number, { from: `<sip:${user}@${service.address}>`, contact: `<${contact}>` });
  ua.send(withBody(first.text, body), service);
  const challenge = await ua.wait("407", (m) => m.code === 407 && header(m, "Call-ID") === first.callId);
  const login = authorize(header(challenge, "Proxy-Authenticate"), user, `pw-${user}`, "INVITE", first.uri);
  const again = invite(ua, number, {
    from: `<sip:${user}@${service.address}>`,
    contact: `<${contact}>`,
    callId: first.callId,
    fromTag: first.fromTag,
    cseq: 2,
    extra: [`Proxy-Authorization: ${login}`],
  });
  ua.send(withBody(again.text, body), service);
  const answer = await ua.wait(
    "the final answer",
    (m) => m.code >= 200 && header(m, "Call-ID") === first.callId && header(m, "CSeq") === "2 INVITE",
  );
  return { ...again, answer };
}

/** What the relay was told of a call, without ports and bodies. */
const told = (relay: FakeRelay, command: string, callId: string): string =>
  relay.texts.filter((text) => text.includes(`${command}`) && text.includes(callId)).at(-1) ?? "";

const toUser = (user: string) => ({
  ...toUri(),
  targets: [{ type: "user", user }],
  media: "direct",
});

export const browsers: Record<string, Scenario> = {
  "a browser calls a telephone: the relay translates, either side hangs up (RFC 7118)": async (world) => {
    const relay = await FakeRelay.start();
    try {
      const browser = await world.webUa("203.0.113.7");
      const gruu = await registered(world, browser, "101");
      const phone = await world.ua("198.18.77.52", 5070);
      const tag = answers(phone, sdp(phone.address, 5002), "<sip:1@198.18.77.52:5070>");
      world.decides((question) => {
        assert.deepEqual(question.source, { address: "203.0.113.7", port: browser.port });
        assert.equal(question.user, "101");
        return { ...toUri("sip:1@198.18.77.52:5070"), media: "direct" };
      });
      const call = await dial(browser, "5", "101", gruu, webSdp(4002));
      assert.equal(call.answer.code, 200);
      assert.match(told(relay, "offer", call.callId), /ICE6:remove.*RTP\/AVP/s);
      assert.match(told(relay, "answer", call.callId), /SDES|SDES-off/);
      assert.doesNotMatch(told(relay, "answer", call.callId), /ICE6:remove/);
      browser.send(inDialog(browser, call.answer, "ACK", 2), service);
      const got = await phone.wait("the ACK", (m) => m.method === "ACK");
      assert.equal(header(got, "Call-ID"), call.callId);

      // A re-INVITE of the browser's, as after a takeover: an offer again.
      const before = relay.seen.length;
      const again = inDialog(browser, call.answer, "INVITE", 3).replace(
        /^Contact: .*$/m,
        `Contact: <${gruu}>`,
      );
      browser.send(withBody(again, webSdp(4004)), service);
      const second = await browser.wait("200", (m) => m.code === 200 && header(m, "CSeq") === "3 INVITE");
      browser.send(inDialog(browser, second, "ACK", 3), service);
      assert.equal(relay.seen.slice(before).filter((line) => line.startsWith("offer")).length, 1);
      assert.match(relay.texts.slice(before).join("\n"), /ICE6:remove/);

      // The telephone's Contact of it is by the connection; that goes, another one comes, of the same browser.
      browser.close();
      const anew = await world.webUa("203.0.113.7");
      await registered(world, anew, "101");
      anew.onRequest = (request) => respond(anew, request, "200 OK", "x");
      const asked = phone.seen.find(isInvite);
      assert.ok(asked);
      phone.send(inDialogCallee(phone, asked, tag, "BYE", 7), service);
      const bye = await anew.wait("BYE", (m) => m.method === "BYE");
      assert.equal(header(bye, "Call-ID"), call.callId);
      await phone.wait("200 of BYE", (m) => m.code === 200 && header(m, "CSeq") === "7 BYE");
    } finally {
      relay.stop();
    }
  },

  "a browser is called by a telephone, and calls another browser": async (world) => {
    const relay = await FakeRelay.start();
    try {
      const one = await world.webUa("203.0.113.7");
      const two = await world.webUa("203.0.113.8");
      const gruu = await registered(world, one, "101", "01");
      const other = await registered(world, two, "102", "02");
      world.decides(() => toUser("101"));
      answers(one, webSdp(5004), `<${gruu}>`);
      const phone = await world.ua("198.18.77.52", 5070);
      const made = invite(phone, "101", { contact: "<sip:1@198.18.77.52:5070>" });
      phone.send(withBody(made.text, sdp(phone.address, 4002)), service);
      const answer = await phone.wait("200", (m) => m.code === 200 && header(m, "Call-ID") === made.callId);
      assert.match(told(relay, "offer", made.callId), /DTLS.*passive|passive.*DTLS/s);
      assert.match(told(relay, "offer", made.callId), /UDP\/TLS\/RTP\/SAVPF/);
      assert.match(told(relay, "offer", made.callId), /ICE5:force/);
      assert.match(told(relay, "answer", made.callId), /ICE6:remove.*RTP\/AVP/s);
      phone.send(inDialog(phone, answer, "ACK", 1), service);
      await one.wait("ACK", (m) => m.method === "ACK");
      phone.send(inDialog(phone, answer, "BYE", 2), service);
      await phone.wait("200 of BYE", (m) => m.code === 200 && header(m, "CSeq") === "2 BYE");
      await until("the session is deleted", () => relay.seen.includes(`delete ${made.callId}`));

      // Browser to browser: both stay with DTLS, and the relay is between them all the same.
      const call = await dial(two, "101", "102", other, webSdp(4006));
      assert.equal(call.answer.code, 200);
      assert.match(told(relay, "offer", call.callId), /ICE5:force/);
      assert.doesNotMatch(told(relay, "offer", call.callId), /transport-protocol/);
      assert.doesNotMatch(told(relay, "answer", call.callId), /ICE6:remove/);
      assert.match(told(relay, "answer", call.callId), /m=audio/);
      two.send(inDialog(two, call.answer, "ACK", 2), service);
      two.send(inDialog(two, call.answer, "BYE", 3), service);
      await two.wait("200 of BYE", (m) => m.code === 200 && header(m, "CSeq") === "3 BYE");
      const bye = await one.wait("BYE", (m) => m.method === "BYE" && header(m, "Call-ID") === call.callId);
      assert.equal(uriIn(header(bye, "From")).includes("102"), true);
      assert.ok(tagOf(header(bye, "To")));
    } finally {
      relay.stop();
    }
  },

  "only pages of this cluster get a WebSocket, only behind HAProxy, and only what asks for one": async () => {
    const at = (origin: string) => openWebSocket({ forwarded: "203.0.113.7", origin });
    for (const origin of ["https://198.18.77.100", "https://198.18.77.11", "https://dialtone:8443"])
      assert.match((await at(origin)).status, / 101 /, origin);
    for (const origin of [
      "https://evil.example",
      "http://198.18.77.100",
      "https://198.18.77.100.evil.example",
      "https://198.18.77.100:444",
      "https://198x18.77.100",
      "null",
    ])
      assert.match((await at(origin)).status, / 403 /, origin);
    const outside = await openWebSocket({
      forwarded: "203.0.113.7",
      from: "198.18.77.50",
      port: service.port,
    });
    assert.match(outside.status, / 404 /);
  },

  "wrong passwords ban the browser that sent them, wherever it says it is, and no other": async (world) => {
    const guesser = await world.webUa("198.51.100.1, 203.0.113.9");
    const good = await world.webUa("203.0.113.7");
    const contact = contactOf("101", "09");
    for (let i = 0; i < 20; i++)
      assert.equal(
        (
          await world.register(guesser, "101", "wrong", service, {
            contact,
            extra: ["X-Forwarded-For: 192.0.2.1"],
          })
        ).code,
        401,
      );
    await assert.rejects(world.register(guesser, "101", "pw-101", service, { contact }), /waited/);
    assert.match((await openWebSocket({ forwarded: "203.0.113.9" })).status, / 403 /);
    await registered(world, good, "101");
    // Nor are others with the address that it has put before its own.
    await registered(world, await world.webUa("198.51.100.1"), "102", "03");
  },

  "a login for a while: USER~UNTIL~… proves its user until then, and nobody else": async (world) => {
    for (const app of [world.own, world.peer])
      app.credentials = ({ user, realm }) => ({ user, ...ha1(user, realm, `pw-${user}`) });
    const browser = await world.webUa("203.0.113.7");
    const now = Math.floor(Date.now() / 1000);
    const attempt = async (login: string, user: string) => {
      const send = (cseq: number, extra: string[]) =>
        browser.send(
          `${[
            `REGISTER sip:${service.address} SIP/2.0`,
            `Via: SIP/2.0/WSS browser.invalid;branch=z9hG4bK${token()}`,
            "Max-Forwards: 70",
            `From: <sip:${user}@${service.address}>;tag=1`,
            `To: <sip:${user}@${service.address}>`,
            `Call-ID: ${callId}`,
            `CSeq: ${cseq} REGISTER`,
            `Contact: ${contactOf(user, "01")};expires=300`,
            ...extra,
            "Content-Length: 0",
          ].join("\r\n")}\r\n\r\n`,
          service,
        );
      const callId = token();
      const answerTo = (cseq: number) =>
        browser.wait(
          "an answer",
          (m) => header(m, "Call-ID") === callId && header(m, "CSeq").startsWith(`${cseq} `),
        );
      send(1, []);
      const challenge = header(await answerTo(1), "WWW-Authenticate");
      const uri = `sip:${service.address}`;
      send(2, [`Authorization: ${authorize(challenge, login, `pw-${login}`, "REGISTER", uri)}`]);
      return (await answerTo(2)).code;
    };
    assert.equal(await attempt(`101~${now + 60}~abc`, "101"), 200);
    assert.equal(await attempt(`101~${now - 1}~abc`, "101"), 401);
    assert.equal(await attempt(`101~${now + 60}~abc`, "102"), 403);
  },
};
