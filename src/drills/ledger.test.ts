import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CallTimeline } from "../callers/shortmsg.ts";
import { compareLedger, isSettled, type LedgerRecord } from "./ledger.ts";

const answered = (callId: string): CallTimeline => ({
  callId,
  started: 1000,
  retransmissions: 0,
  firstReply: 1001,
  answered: 1002,
  hungUp: { at: 1003, by: "caller", code: 200 },
});
const record = (call_id: string, more: Partial<LedgerRecord> = {}): LedgerRecord => ({
  id: `r-${call_id}`,
  call_id,
  outcome: "answered",
  closed_how: "bye",
  ...more,
});
const many = Array.from({ length: 500 }, (_, index) => `call-${index}`);

describe("compareLedger", () => {
  it("is settled when each call has its record", () => {
    const comparison = compareLedger(
      many.map(answered),
      many.map((id) => record(id)),
    );
    expect(comparison).toMatchObject({ expected: 500, found: 500, unheard: 0 });
    expect(isSettled(comparison)).toBe(true);
  });

  it("red control: one planted missing and one planted double among many are found by name", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 499 }), fc.integer({ min: 0, max: 499 }), (lost, twice) => {
        fc.pre(lost !== twice);
        const records = many.filter((_, index) => index !== lost).map((id) => record(id));
        records.push(record(`call-${twice}`, { id: "another" }));
        const comparison = compareLedger(many.map(answered), records);
        expect(isSettled(comparison)).toBe(false);
        expect(comparison.missing).toEqual([`call-${lost}`]);
        expect(comparison.doubled).toEqual([`call-${twice}`]);
      }),
    );
  });

  it("red control: a record that says something else, a stray one, an open one", () => {
    const failed: CallTimeline = {
      callId: "b",
      started: 1,
      retransmissions: 0,
      firstReply: 2,
      rejected: { at: 3, code: 503, reason: "Service Unavailable" },
    };
    const calls = [answered("a"), failed, answered("c")];
    const records = [
      record("a", { outcome: "failed" }),
      record("b"),
      record("c", { closed_how: null }),
      record("d"),
    ];
    const comparison = compareLedger(calls, records);
    expect(comparison.wrong.map((entry) => entry.call_id)).toEqual(["a", "b"]);
    expect(comparison).toMatchObject({ stray: ["d"], open: 1 });
    for (const one of [0, 1, 2, 3])
      expect(isSettled(compareLedger(calls.slice(one, one + 1), records.slice(one, one + 1)))).toBe(false);
  });

  it("what the caller can not know is no contradiction: a BYE that met nobody, an answer that never came through", () => {
    const { hungUp: _, ...talking } = answered("a");
    const gaveUp: CallTimeline = { callId: "b", started: 1, retransmissions: 5, firstReply: 2, cancelled: 9 };
    const records = [record("a", { outcome: "in_progress", closed_how: null }), record("b")];
    const comparison = compareLedger([{ ...talking, hungUp: { at: 5, by: "caller" } }, gaveUp], records);
    expect(comparison).toMatchObject({ wrong: [], pending: 1, open: 0 });
    expect(isSettled(comparison)).toBe(true);
  });

  it("a call that nobody took note of needs no record", () => {
    const silent: CallTimeline = { callId: "s", started: 1, retransmissions: 3 };
    expect(isSettled(compareLedger([silent], []))).toBe(true);
    expect(compareLedger([silent], [record("s", { outcome: "failed" })]).unheard).toBe(1);
  });

  it("an answer that crossed its CANCEL may be told either way", () => {
    const late: CallTimeline = { ...answered("l"), cancelled: 1001.5 };
    for (const outcome of ["answered", "cancelled"])
      expect(isSettled(compareLedger([late], [record("l", { outcome })]))).toBe(true);
  });

  it("does not miss the record of a call that was refused because there were too many, and of no other 503", () => {
    const rejectedAs = (callId: string, reason: string): CallTimeline => ({
      callId,
      started: 1,
      retransmissions: 0,
      firstReply: 2,
      rejected: { at: 3, code: 503, reason },
    });
    const comparison = compareLedger([rejectedAs("a", "Too Many Calls"), rejectedAs("b", "No Route")], []);
    expect(comparison).toMatchObject({ expected: 1, refused: 1, missing: ["b"] });
  });
});
