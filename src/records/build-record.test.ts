import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type CallEvent, eventSchema } from "../call/contract.ts";
import { buildRecord, buildRecords, type Limits } from "./build-record.ts";

const t0 = Date.parse("2026-11-21T10:00:00.000Z");
let serial = 0;

const event = (kind: CallEvent["kind"], ms: number, more: Partial<CallEvent> = {}): CallEvent =>
  eventSchema.parse({
    id: `00000000-0000-4000-8000-${String(++serial).padStart(12, "0")}`,
    kind,
    call_id: "c1",
    from_tag: "ft",
    to_tag: kind === "start" ? "" : "tt",
    time: new Date(t0 + ms).toISOString(),
    node: "a",
    method: kind === "end" ? "BYE" : "INVITE",
    code: kind === "answer" || kind === "end" ? 200 : kind === "fail" ? 486 : 0,
    from: "sip:1001@x",
    to: "sip:1002@x",
    ...more,
  });

const limits = (ms: number): Limits => ({ now: t0 + ms, maxCallMs: 12 * 3_600_000, maxSetupMs: 300_000 });
const soon = limits(60_000);

describe("buildRecord", () => {
  it("tells an answered call", () => {
    const record = buildRecord(
      [event("start", 0), event("answer", 2000, { rule: "r" }), event("end", 62_000)],
      soon,
    );
    expect(record).toMatchObject({
      outcome: "answered",
      status: 200,
      duration_ms: 60_000,
      closed_how: "bye",
      number: "1002",
      rule: "r",
      nodes: ["a"],
      events: 3,
      note: "",
    });
  });

  it.each([
    [486, "busy"],
    [487, "cancelled"],
    [404, "not_found"],
    [603, "rejected"],
    [503, "failed"],
    [408, "no_answer"],
  ])("tells a call that failed with %i", (code, outcome) => {
    const record = buildRecord([event("start", 0), event("fail", 100, { code })], soon);
    expect(record).toMatchObject({ outcome, status: code, closed_how: "failed", answered_at: null });
  });

  it("takes a confirm for a missing answer, and says so", () => {
    const record = buildRecord(
      [
        event("start", 0),
        event("confirm", 900, { node: "b", origin: "a" }),
        event("end", 5900, { node: "b" }),
      ],
      soon,
    );
    expect(record).toMatchObject({ duration_ms: 5000, nodes: ["a", "b"], closed_how: "bye", origin: "a" });
    expect(record.note).toContain("estimated from the ACK");
  });

  it("takes a call as answered when the caller took a 200 that came after the failure, and says so", () => {
    const record = buildRecord(
      [event("start", 0), event("fail", 900, { code: 408 }), event("confirm", 1100), event("end", 5900)],
      soon,
    );
    expect(record).toMatchObject({ outcome: "answered", status: 200, closed_how: "bye" });
    expect(record.note).toContain("answered late: the caller had been told 408 before");
  });

  it("lets an end event stand alone", () => {
    const record = buildRecord(
      [event("end", 9000, { node: "b", origin: "a", started: new Date(t0).toISOString() })],
      soon,
    );
    expect(record).toMatchObject({
      started_at: new Date(t0).toISOString(),
      closed_how: "bye",
      outcome: "answered",
      duration_ms: null,
      origin: "a",
    });
  });

  it("puts a BYE of the called side to the same leg", () => {
    const bye = event("end", 3000, { from_tag: "tt", to_tag: "ft", from: "sip:1002@x", to: "sip:1001@x" });
    const records = buildRecords([bye, event("start", 0), event("answer", 1000)], soon);
    expect(records).toHaveLength(1);
    expect(records[0]).toMatchObject({ from: "sip:1001@x", to: "sip:1002@x", duration_ms: 2000 });
  });

  it("closes what has no end by estimate, and reopens it when the end arrives late", () => {
    const open = [event("start", 0), event("answer", 1000)];
    expect(buildRecord(open, soon).closed_how).toBeNull();
    const late = limits(13 * 3_600_000);
    expect(buildRecord(open, late)).toMatchObject({
      closed_how: "estimated",
      outcome: "answered",
      duration_ms: 0,
    });
    expect(buildRecord([...open, event("end", 7000)], late)).toMatchObject({
      closed_how: "bye",
      duration_ms: 6000,
    });
    expect(buildRecord([event("start", 0)], limits(301_000))).toMatchObject({
      closed_how: "estimated",
      outcome: "unknown",
    });
  });

  it("does not take a challenged first try for the end", () => {
    const record = buildRecord(
      [event("start", 0), event("fail", 5, { code: 407 }), event("start", 30), event("answer", 800)],
      soon,
    );
    expect(record).toMatchObject({ outcome: "answered", closed_how: null });
    expect(
      buildRecord([event("start", 0), event("fail", 5, { code: 407 }), event("start", 30)], soon).closed_how,
    ).toBeNull();
  });

  it("does not depend on the order of events or on copies", () => {
    const kinds = fc.constantFrom<CallEvent["kind"]>("start", "answer", "confirm", "end", "fail", "attempt");
    const events = fc.array(
      fc.record({
        kind: kinds,
        ms: fc.integer({ min: 0, max: 5000 }),
        node: fc.constantFrom("a", "b"),
        turned: fc.boolean(),
      }),
      { minLength: 1, maxLength: 8 },
    );
    fc.assert(
      fc.property(events, fc.infiniteStream(fc.nat()), (list, random) => {
        const original = list.map(({ kind, ms, node, turned }) =>
          event(kind, ms, { node, ...(turned && kind === "end" && { from_tag: "tt", to_tag: "ft" }) }),
        );
        const shuffled = [...original, ...original]
          .map((entry) => ({ entry, key: random.next().value as number }))
          .sort((a, b) => a.key - b.key)
          .map(({ entry }) => entry);
        const sorted = (records: ReturnType<typeof buildRecords>) =>
          records.sort((a, b) => (a.id < b.id ? -1 : 1));
        expect(sorted(buildRecords(shuffled, soon))).toEqual(sorted(buildRecords(original, soon)));
      }),
    );
  });
});
