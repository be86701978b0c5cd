import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { eventSchema } from "../call/contract.ts";
import { accColumns, JournalLineError, parseJournalLine, rotatedName } from "./sip-journal.ts";

/** Lines that Kamailio 5.6.3 wrote, with shortened texts. */
const start =
  "INVITE|ft1||id@198.18.77.50|100|start|1795226162|start|231ccb89-2a8e-4f82-b1ad-c7d674d8844d|1795226162.452950|1795226162.452709|1795226162.452709|a|198.18.77.50:58041||sip:caller@198.18.77.50|sip:4711@198.18.77.100||sip:4711@198.18.77.100|||.";
const answer =
  "INVITE|ft1|callee|id@198.18.77.50|200|O%7CK|1795226162||b0651235-fa4c-4dc3-80da-e3fd68fd7817|1795226162.455017|1795226162.452709|1795226162.452709|a|198.18.77.50:58041|102|sip:caller@198.18.77.50|sip:4711@198.18.77.100||sip:x@198.18.77.51:5070|rule one|own|.";
const end =
  "BYE|ft1|callee|id@198.18.77.50|000|BYE|1795226170|end|c6f222d9-8c7d-4322-9ef5-886f463dc931|1795226170.100000|1795226165.007000|1795226162.452709|a|198.18.77.50:58041||sip:caller@198.18.77.50|sip:4711@198.18.77.100||sip:198.18.77.51:5070|rule%3b%20one||.";
const attempt =
  "INVITE|ft1||id@198.18.77.50|486|attempt|1795226162|attempt|9b0651235-fa4c-4dc3-80da-e3fd68fd7817|1795226162.455017|1795226162.452709|1795226162.452709|a|198.18.77.50:58041||sip:c@h|sip:4711@h|sip:x@h%3Bp=1|sip:4711@h|r|peer|.".replace(
    "9b0651235",
    "b0651235",
  );

describe("parseJournalLine", () => {
  test("a start: without code, target and decision", () => {
    expect(parseJournalLine(start, "a")).toEqual({
      v: 1,
      id: "231ccb89-2a8e-4f82-b1ad-c7d674d8844d",
      kind: "start",
      call_id: "id@198.18.77.50",
      from_tag: "ft1",
      to_tag: "",
      time: "2026-11-21T01:56:02.452Z",
      node: "a",
      origin: "a",
      started: "2026-11-21T01:56:02.452Z",
      method: "INVITE",
      code: 0,
      reason: "",
      from: "sip:caller@198.18.77.50",
      to: "sip:4711@198.18.77.100",
      source: "198.18.77.50:58041",
      user: "",
      target: "",
      rule: "",
      decided_by: "",
    });
  });

  test("an answer has the winning target and who decided", () => {
    expect(parseJournalLine(answer, "a")).toMatchObject({
      kind: "answer",
      code: 200,
      reason: "O|K",
      user: "102",
      target: "sip:x@198.18.77.51:5070",
      rule: "rule one",
      decided_by: "own",
      time: "2026-11-21T01:56:02.455Z",
    });
  });

  test("an end is dated when the BYE came, and stands alone", () => {
    expect(parseJournalLine(end, "b")).toMatchObject({
      kind: "end",
      node: "b",
      origin: "a",
      code: 0,
      time: "2026-11-21T01:56:05.007Z",
      started: "2026-11-21T01:56:02.452Z",
      rule: "rule; one",
    });
  });

  test("who transferred whom", () => {
    const transferred = start.replace(
      "sip:4711@198.18.77.100||",
      "sip:4711@198.18.77.100|b=sip:7@h;x=1 r=c9@h|",
    );
    expect(parseJournalLine(transferred, "a")).toMatchObject({
      target: "",
      referred_by: "sip:7@h;x=1",
      replaces: "c9@h",
    });
    const refer = end
      .replace("BYE|ft1", "REFER|ft1")
      .replace("|000|BYE|1795226170|end|", "|202|Accepted|1795226170|refer|")
      .replace("||sip:198", "|sip:8@h?Replaces=c9|sip:198");
    expect(parseJournalLine(refer, "a")).toMatchObject({
      kind: "refer",
      code: 202,
      target: "sip:8@h?Replaces=c9",
      referred_by: "sip:caller@198.18.77.50",
      rule: "rule; one",
    });
  });

  test("the last column tells a later pass of a call that came back to us, and that it is to be recorded", () => {
    expect(parseJournalLine(`${answer}2r`, "a")).toMatchObject({ pass: 2, record: true });
    expect(parseJournalLine(`${answer}3`, "a").record).toBeUndefined();
    expect(parseJournalLine(answer, "a").pass).toBeUndefined();
  });

  test("an attempt names the target that failed", () => {
    expect(parseJournalLine(attempt, "a")).toMatchObject({
      kind: "attempt",
      code: 486,
      target: "sip:x@h;p=1",
    });
  });

  test("a failure is an INVITE without a 2xx", () => {
    expect(parseJournalLine(answer.replace("|200|", "|487|"), "a").kind).toBe("fail");
  });

  test("a torn line in front of a whole one does no harm", () => {
    for (const torn of ["INV", "INVITE|ft1|", start.slice(0, 150)])
      expect(parseJournalLine(torn + answer, "a")).toEqual(parseJournalLine(answer, "a"));
  });

  test("a line that is not whole is refused, wherever it ends", () => {
    for (let length = 0; length < answer.length; length++)
      expect(() => parseJournalLine(answer.slice(0, length), "a")).toThrow(JournalLineError);
  });

  test("Record-Route parameters from foreign hands can not surprise", () => {
    const bad = end.replace("|1795226162.452709|a|", "|99999999999999999|../../etc|");
    const event = parseJournalLine(bad, "b");
    expect(event.origin).toBeUndefined();
    expect(event.started).toBeUndefined();
    expect(parseJournalLine(end.replace("rule%3b%20one", "%E0%A4%A"), "b").rule).toBe("%E0%A4%A");
  });

  test("whatever stands in a line: an event of the contract or JournalLineError", () => {
    const cell = fc.string({ unit: "binary", maxLength: 600 }).map((text) => text.replace(/[|\n]/g, ""));
    fc.assert(
      fc.property(fc.array(cell, { maxLength: 30 }), fc.nat(20), cell, (cells, at, other) => {
        const changed = answer.split("|");
        changed[at] = other;
        for (const line of [cells.join("|"), changed.join("|")]) {
          try {
            expect(eventSchema.safeParse(parseJournalLine(line, "a")).success).toBe(true);
          } catch (error) {
            if (!(error instanceof JournalLineError)) throw error;
          }
        }
      }),
    );
  });
});

test("rotatedName", () => {
  expect(rotatedName("acc_7.log", new Date("2026-11-21T01:30:00.123Z"))).toBe("acc_7.20261121T013000Z.log");
});

test("accColumns is what acc's db_extra wants: name=variable, separated by ';'", () => {
  expect(accColumns.split(";").every((column) => /^[a-z]+=\$[^;|]+$/.test(column))).toBe(true);
});
