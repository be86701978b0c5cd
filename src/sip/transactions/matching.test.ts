import { expect, test } from "vitest";
import { one, parseMessage, topVia } from "../message.ts";
import { received, sameBranch, serverKeyOf, wayBack } from "./matching.ts";

const message = (method: string, via: string, uri = "sip:b@y") =>
  parseMessage(
    `${method} ${uri} SIP/2.0\r\nVia: SIP/2.0/UDP ${via}\r\nVia: SIP/2.0/UDP 198.51.100.1\r\nRoute: <sip:p;lr>\r\nFrom: <sip:a@x>;tag=1\r\nTo: <sip:b@y>\r\nCall-ID: c\r\nCSeq: 7 ${method}\r\n\r\n`,
  );
const source = { address: "203.0.113.9", port: 4000 };

test("a transaction by branch, sender and method; ACK and CANCEL find their INVITE (17.2.3)", () => {
  const via = "192.0.2.1:5062;branch=z9hG4bK1";
  const invite = serverKeyOf(message("INVITE", via));
  expect(serverKeyOf(message("ACK", via))).toBe(invite);
  expect(serverKeyOf(message("CANCEL", via), "INVITE")).toBe(invite);
  expect(serverKeyOf(message("CANCEL", via))).not.toBe(invite);
  expect(serverKeyOf(message("INVITE", "192.0.2.2:5062;branch=z9hG4bK1"))).not.toBe(invite);
  // Without the cookie the branch says nothing (RFC 2543).
  expect(serverKeyOf(message("INVITE", "192.0.2.1;branch=1"))).toBe(
    serverKeyOf(message("ACK", "192.0.2.1;branch=2")),
  );
});

test("received and rport (18.2.1, RFC 3581), and where responses go by them (18.2.2)", () => {
  const asked = received(message("INVITE", "10.0.0.1:5062;rport;branch=z9hG4bK1"), source);
  expect(topVia(asked)).toMatchObject({ rport: "4000", received: "203.0.113.9", branch: "z9hG4bK1" });
  expect(wayBack(asked, source)).toEqual(source);
  const plain = received(message("INVITE", "10.0.0.1:5062;branch=z9hG4bK1"), source);
  expect(one(plain, "via")).toBe("SIP/2.0/UDP 10.0.0.1:5062;branch=z9hG4bK1;received=203.0.113.9");
  expect(wayBack(plain, source)).toEqual({ address: "203.0.113.9", port: 5062 });
  const honest = message("INVITE", "203.0.113.9;branch=z9hG4bK1, SIP/2.0/UDP 192.0.2.5");
  expect(received(honest, source)).toBe(honest);
  const joined = received(message("INVITE", "10.0.0.1;rport, SIP/2.0/UDP 192.0.2.5"), source);
  expect(one(joined, "via")).toBe(
    "SIP/2.0/UDP 10.0.0.1;rport=4000;received=203.0.113.9, SIP/2.0/UDP 192.0.2.5",
  );
});

test("CANCEL and the ACK of a refusal have one Via, the routes and the number of the INVITE", () => {
  const ack = sameBranch(message("INVITE", "192.0.2.1;branch=z9hG4bK1"), "ACK", "<sip:b@y>;tag=2");
  expect(ack.first).toBe("ACK sip:b@y SIP/2.0");
  expect(ack.headers).toEqual([
    ["via", "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1"],
    ["max-forwards", "70"],
    ["route", "<sip:p;lr>"],
    ["from", "<sip:a@x>;tag=1"],
    ["to", "<sip:b@y>;tag=2"],
    ["call-id", "c"],
    ["cseq", "7 ACK"],
  ]);
});
