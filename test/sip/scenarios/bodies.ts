import { strict as assert } from "node:assert";
import { inDialog, invite, respond, service, withTyped } from "../call.ts";
import type { FakeRelay } from "../fake-relay.ts";
import { header, type SipMessage, token, type Ua } from "../ua.ts";
import { type Scenario, until, type World } from "../world.ts";
import { port, sdp } from "./media.ts";
import { withRelay } from "./offers.ts";

/** What can stand in the body of an INVITE and its answers: RFC 5621. */

const location = `<?xml version="1.0"?>\r\n<presence xmlns="urn:ietf:params:xml:ns:pidf"/>`;

interface Part {
  type: string;
  text: string;
  more?: string[];
}

const part = ({ type, text, more = [] }: Part): string =>
  [`Content-Type: ${type}`, ...more, "", text].join("\r\n");

const multipart = (parts: Part[], boundary = "b1"): string =>
  `${parts.map((each) => `--${boundary}\r\n${part(each)}\r\n`).join("")}--${boundary}--\r\n`;

const offer = (ua: Ua): Part => ({ type: "application/sdp", text: sdp(ua.address, 4002) });
const pidf: Part = { type: "application/pidf+xml", text: location, more: ["Content-ID: <loc@example.org>"] };
// ISUP is binary: zeros, line ends and bytes over 127 among it (RFC 3204).
const isup: Part = {
  type: "application/ISUP;version=itu-t92+",
  text: "\x01\x00\x60\r\n\xff\x0a\x00\x02--b",
  more: ["Content-Disposition: signal;handling=optional"],
};

/** A telephone that answers with this body. */
async function answering(world: World, type: string, body: (ua: Ua) => string): Promise<Ua> {
  const ua = await world.ua("198.18.77.51", 5070);
  const tag = token();
  ua.onRequest = (request) => {
    if (request.method === "ACK") return;
    respond(ua, request, "200 OK", tag, request.method === "INVITE" ? body(ua) : "", { type });
  };
  return ua;
}

interface Heard {
  /** What the called side got, and what the caller got back. */
  got: SipMessage;
  answer: SipMessage;
  asked: string;
}

async function call(relay: FakeRelay, callee: Ua, caller: Ua, type: string, body: string): Promise<Heard> {
  const made = invite(caller, "5");
  const text = body === "" ? made.text : withTyped(made.text, type, body);
  caller.send(text, service);
  const mine = (m: SipMessage) => header(m, "Call-ID") === made.callId;
  const answer = await caller.wait(`an answer to ${type}`, (m) => m.code >= 200 && mine(m));
  const got = await callee.wait("the INVITE", (m) => m.method === "INVITE" && m.code === 0 && mine(m));
  const asked = relay.seen
    .filter((line) => line.includes(made.callId))
    .map((line) => line.split(" ")[0])
    .join(" ");
  return { got, answer, asked };
}

const target = ["sip:1@198.18.77.51:5070"];

/** The body with the relay's port in place of the telephone's. */
const relayed = (body: string, from: number): string => body.replace(`m=audio ${from}`, "m=audio 30000");

export const bodies: Record<string, Scenario> = {
  "an offer and an answer among other parts: only they are rewritten (RFC 5621, 6442, 3204)": async (
    world,
  ) => {
    await withRelay(world, target, async (relay) => {
      const caller = await world.ua("198.18.77.50");
      const answerOf = (ua: Ua) =>
        multipart([isup, { type: "application/sdp", text: sdp(ua.address, 5002) }], "x");
      const callee = await answering(world, 'Multipart/Mixed; boundary="x"', answerOf);
      const cases: [string, string][] = [
        ['multipart/mixed;boundary="b1"', multipart([offer(caller), pidf])],
        ["multipart/mixed; boundary=b1", multipart([pidf, offer(caller)])],
        ["MULTIPART/MIXED;Boundary=b1", multipart([isup, offer(caller), pidf])],
        [
          'multipart/mixed;boundary="==a b/c=="',
          multipart([{ ...offer(caller), more: ["Content-Disposition: session"] }, isup], "==a b/c=="),
        ],
        // A part's type in other letters.
        ["multipart/mixed;boundary=b1", multipart([{ ...offer(caller), type: "APPLICATION/sdp" }, pidf])],
        // Text before the first part and behind the last one means nothing (RFC 2046 5.1.1).
        ["multipart/mixed;boundary=b1", `preamble\r\n${multipart([pidf, offer(caller)])}epilogue\r\n`],
      ];
      for (const [type, body] of cases) {
        const heard = await call(relay, callee, caller, type, body);
        assert.equal(heard.answer.code, 200, type);
        assert.equal(header(heard.got, "Content-Type"), type);
        assert.equal(heard.got.body, relayed(body, 4002), type);
        assert.equal(heard.answer.body, relayed(answerOf(callee), 5002));
        assert.equal(heard.asked, "offer answer", type);
        assert.match(header(heard.answer, "Record-Route"), /;md=r/);
        caller.send(inDialog(caller, heard.answer, "ACK", 1), service);
      }
    });
  },

  "bodies without an offer pass untouched, and the answer's description is the offer": async (world) => {
    await withRelay(world, target, async (relay) => {
      const caller = await world.ua("198.18.77.50");
      const callee = await answering(world, "application/sdp", (ua) => sdp(ua.address, 5002));
      for (const [type, body] of [
        ["", ""],
        ["application/ISUP;version=itu-t92+", isup.text],
        ["multipart/mixed;boundary=b1", multipart([pidf, { type: "text/plain", text: "application/sdp" }])],
        ["text/plain", "m=audio 4002 RTP/AVP 0\r\n"],
      ] as const) {
        const heard = await call(relay, callee, caller, type, body);
        assert.equal(heard.got.body, body, type);
        assert.equal(heard.asked, "offer", type);
        assert.match(header(heard.answer, "Record-Route"), /;md=l/);
        assert.equal(port(heard.answer), "30000");
        // The answer in the ACK, with a location beside it.
        const made = inDialog(caller, heard.answer, "ACK", 1);
        const ack = multipart([pidf, offer(caller)]);
        caller.send(withTyped(made, "multipart/mixed;boundary=b1", ack), service);
        const callId = header(heard.answer, "Call-ID");
        const got = await callee.wait("ACK", (m) => m.method === "ACK" && header(m, "Call-ID") === callId);
        assert.equal(got.body, relayed(ack, 4002), type);
        await until("the answer is known", () => relay.seen.includes(`answer ${callId}`));
      }
    });
  },

  "an offer that can not be taken out of its parts: the call is there, its audio goes directly": async (
    world,
  ) => {
    await withRelay(world, target, async (relay) => {
      const caller = await world.ua("198.18.77.50");
      const callee = await answering(world, "application/sdp", (ua) => sdp(ua.address, 5002));
      for (const kind of ["alternative", "related", "mixed;charset=x", "mixed"]) {
        const type = kind === "mixed" ? "application/sdp;charset=utf-8" : "application/sdp";
        const body = multipart([pidf, { ...offer(caller), type }]);
        const heard = await call(relay, callee, caller, `multipart/${kind};boundary=b1`, body);
        assert.equal(heard.got.body, body, kind);
        assert.equal(port(heard.answer), "5002");
        assert.equal(heard.asked, "");
      }
    });
  },

  "held, two media, fax: offered as they are": async (world) => {
    await withRelay(world, target, async (relay) => {
      const caller = await world.ua("198.18.77.50");
      const callee = await answering(world, "application/sdp", (ua) => sdp(ua.address, 5002));
      const audio = sdp(caller.address, 4002);
      for (const body of [
        audio.replace(/c=IN IP4 \S+/, "c=IN IP4 0.0.0.0"),
        `${audio}a=sendonly\r\n`,
        `${audio}a=inactive\r\n`,
        `${audio}m=video 4004 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n`,
        `${audio}m=image 4006 udptl t38\r\na=T38FaxVersion:0\r\n`,
      ]) {
        const heard = await call(relay, callee, caller, "application/sdp", body);
        assert.equal(heard.answer.code, 200, body);
        assert.equal(heard.got.body, relayed(body, 4002));
        assert.equal(heard.asked, "offer answer");
      }
    });
  },
};
