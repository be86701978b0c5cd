import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseShortMessage, readCalls } from "./shortmsg.ts";

const line = (at: string, direction: "S" | "R", cseq: string, first: string, callId = "x-1@198.18.77.50") =>
  `2026-11-21\t01:36:19.907911\t${at}\t${direction}\t${callId}\tCSeq:${cseq}\t${first}`;

const answered = [
  line("100.000000", "S", "1 INVITE", "INVITE sip:200@198.18.77.100 SIP/2.0"),
  line("100.500000", "S", "1 INVITE", "INVITE sip:200@198.18.77.100 SIP/2.0"),
  line("100.510000", "R", "1 INVITE", "SIP/2.0 100 Trying"),
  line("100.520000", "R", "1 INVITE", "SIP/2.0 180 Ringing"),
  line("100.750250", "R", "1 INVITE", "SIP/2.0 200 OK"),
  line("100.750300", "S", "1 ACK", "ACK sip:phone@198.18.77.51:5060 SIP/2.0"),
  line("101.000000", "S", "3 INVITE", "INVITE sip:phone@198.18.77.51 SIP/2.0"),
  line("101.001000", "R", "3 INVITE", "SIP/2.0 200 OK"),
  line("102.000000", "S", "4 BYE", "BYE sip:phone@198.18.77.51:5060 SIP/2.0"),
  line("102.001000", "R", "4 BYE", "SIP/2.0 200 OK"),
];

describe("parseShortMessage", () => {
  it("reads request and reply", () => {
    expect(parseShortMessage(answered[4] ?? "")).toEqual({
      at: 100_750.25,
      sent: false,
      callId: "x-1@198.18.77.50",
      cseq: 1,
      method: "INVITE",
      code: 200,
      line: "SIP/2.0 200 OK",
    });
  });
  it("takes an unfinished or foreign line for none, whatever it is", () => {
    expect(parseShortMessage("The following events occurred:")).toBeUndefined();
    fc.assert(
      fc.property(fc.string(), (text) => parseShortMessage(text) === undefined || text.includes("\t")),
    );
  });
});

describe("readCalls", () => {
  it("tells an answered call with a retransmission, a re-INVITE and the caller's hang-up", () => {
    const call = readCalls(answered.join("\n")).get("x-1@198.18.77.50");
    expect(call).toMatchObject({
      started: 100_000,
      retransmissions: 1,
      firstReply: 100_510,
      ringing: 100_520,
      answered: 100_750.25,
      answeredBy: "sip:phone@198.18.77.51:5060",
      hungUp: { at: 102_000, by: "caller", code: 200 },
    });
    expect(call?.rejected).toBeUndefined();
  });
  it("a challenge that is met is no rejection, one that is not met is", () => {
    const challenge = [
      line("1.000000", "S", "1 INVITE", "INVITE sip:2@v SIP/2.0"),
      line("1.001000", "R", "1 INVITE", "SIP/2.0 407 Proxy Authentication Required"),
      line("1.002000", "S", "1 ACK", "ACK sip:2@v SIP/2.0"),
    ];
    const met = [
      ...challenge,
      line("1.003000", "S", "2 INVITE", "INVITE sip:2@v SIP/2.0"),
      line("1.004000", "R", "2 INVITE", "SIP/2.0 200 OK"),
    ];
    const only = (lines: string[]) => [...readCalls(lines.join("\n")).values()][0];
    expect(only(challenge)?.rejected).toMatchObject({ code: 407, reason: "Proxy Authentication Required" });
    expect(only(met)).toMatchObject({ answered: 1004, retransmissions: 0 });
    expect(only(met)?.rejected).toBeUndefined();
  });
  it("an answer after a rejection counts when the caller takes it", () => {
    const late = [
      line("1.000000", "S", "1 INVITE", "INVITE sip:2@v SIP/2.0"),
      line("6.000000", "R", "1 INVITE", "SIP/2.0 408 Request Timeout"),
      line("6.000100", "S", "1 ACK", "ACK sip:2@v SIP/2.0"),
      line("9.000000", "R", "1 INVITE", "SIP/2.0 200 OK"),
    ];
    const only = (lines: string[]) => [...readCalls(lines.join("\n")).values()][0];
    expect(only(late)?.answered).toBeUndefined();
    expect(only(late)?.rejected?.code).toBe(408);
    const taken = only([...late, line("9.000100", "S", "1 ACK", "ACK sip:phone@198.18.77.51 SIP/2.0")]);
    expect(taken).toMatchObject({ answered: 9000, answeredBy: "sip:phone@198.18.77.51" });
    expect(taken?.rejected).toBeUndefined();
  });
  it("ignores calls whose beginning is not in the log", () => {
    expect(readCalls(answered.slice(-2).join("\n")).size).toBe(0);
  });
});
