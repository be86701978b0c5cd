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

  it("shows what was dialled, and what it meant", () => {
    const record = buildRecord([event("start", 0, { to: "sip:%2B49-77;npdi@x;user=phone" })], soon);
    expect(record).toMatchObject({ to: "sip:%2B49-77;npdi@x;user=phone", number: "+4977", meant: "" });
  });

  it("shows what was meant at the caller's site, by the first pass, and who took the call", () => {
    const events = [
      event("start", 0, { to: "sip:0711123@x" }),
      event("answer", 900, { pass: 2, meant: "+1", taken_by: "ada" }),
      event("answer", 1000, { meant: "+49711123" }),
    ];
    expect(buildRecord(events, soon)).toMatchObject({
      number: "0711123",
      meant: "+49711123",
      taken_by: "ada",
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

  describe("a call is a dialog (RFC 3261 12)", () => {
    const two = [event("start", 0), event("answer", 1000), event("answer", 1010, { to_tag: "t2" })];
    const refused = (ms: number, tags: Partial<CallEvent>) => [
      event("end", ms, { code: 0, ...tags }),
      event("end", ms, { code: 481, ...tags }),
    ];

    it("goes on while one of two that answered is hung up, and ends with the other", () => {
      const other = event("end", 1100, { to_tag: "t2" });
      expect(buildRecord([...two, other], soon)).toMatchObject({ closed_how: null, ended_at: null });
      for (const order of [
        [...two, other, event("end", 9000)],
        [...two, event("end", 9000, { to_tag: "t2" }), event("end", 1100)],
      ])
        expect(buildRecord(order, soon)).toMatchObject({ closed_how: "bye", duration_ms: 8000 });
    });

    it("is not ended by a BYE whose tags belong to no dialog, refused or not", () => {
      const up = [event("start", 0), event("answer", 1000)];
      expect(buildRecord([...up, event("end", 2000, { to_tag: "other" })], soon).closed_how).toBeNull();
      expect(buildRecord([...up, ...refused(2000, { to_tag: "other" })], soon).closed_how).toBeNull();
      expect(buildRecords([...up, ...refused(2000, { from_tag: "x", to_tag: "y" })], soon)).toMatchObject([
        { closed_how: null },
      ]);
    });

    it("is ended by who hangs up, also when the far end has forgotten the call (15.1.1)", () => {
      const events = [event("start", 0), event("answer", 1000), ...refused(2000, {})];
      expect(buildRecord(events, soon)).toMatchObject({ closed_how: "bye", duration_ms: 1000 });
    });

    it("rings on after a BYE of an early dialog that was refused, and after one of another branch", () => {
      const ringing = [event("start", 0), ...refused(500, { to_tag: "early" })];
      expect(buildRecord(ringing, soon).closed_how).toBeNull();
      expect(
        buildRecord([event("start", 0), event("end", 500, { to_tag: "early" }), event("answer", 1000)], soon),
      ).toMatchObject({ outcome: "answered", closed_how: null });
    });
  });

  it("ends with the dialog that the caller has, where another node took its INVITE again and both were answered", () => {
    const on = (ms: number) => ({ started: new Date(t0 + ms).toISOString() });
    const twice = [
      event("start", 0, on(0)),
      event("answer", 200, { to_tag: "lost", ...on(0) }),
      event("start", 1000, { node: "b", ...on(1000) }),
      event("answer", 1200, { to_tag: "heard", node: "b", ...on(1000) }),
    ];
    const silent = event("end", 11_000, { to_tag: "lost", node: "b", reason: "media-timeout", ...on(0) });
    const hungUp = event("end", 30_000, { to_tag: "heard", node: "b", ...on(1000) });
    expect(buildRecord([...twice, silent], soon)).toMatchObject({ closed_how: null });
    for (const events of [
      [...twice, hungUp],
      [...twice, hungUp, silent],
    ])
      expect(buildRecord(events, soon)).toMatchObject({ closed_how: "bye", ended_at: hungUp.time });
  });

  it("shows who transferred whom", () => {
    const refer = event("refer", 5000, {
      from_tag: "tt",
      to_tag: "ft",
      from: "sip:1002@x",
      to: "sip:1001@x",
      target: "sip:1003@x?Replaces=c9",
      referred_by: "sip:1002@x",
      code: 202,
    });
    const [record, other] = buildRecords([event("start", 0), event("answer", 1000), refer], soon);
    expect(other).toBeUndefined();
    expect(record).toMatchObject({
      transfers: [{ by: "sip:1002@x", to: "sip:1003@x" }],
      note: "sip:1002@x transferred the other to sip:1003@x",
      closed_how: null,
    });
    expect(
      buildRecord([event("start", 0, { referred_by: "sip:1002@x", replaces: "c9" })], soon),
    ).toMatchObject({
      transferred_by: "sip:1002@x",
      replaces: "c9",
      note: "transferred by sip:1002@x; in the place of call c9",
    });
  });

  it("is one call that came back to us, with the rule that was dialled and the telephone that answered", () => {
    const again = [
      event("start", 5, { pass: 2 }),
      event("attempt", 900, { pass: 2, code: 486, target: "sip:7@phone" }),
      event("fail", 901, { pass: 2, code: 486 }),
      event("attempt", 902, { code: 486, target: "sip:6@us" }),
    ];
    expect(buildRecord([event("start", 0), ...again], soon).closed_how).toBeNull();
    const answered = [
      event("start", 905, { pass: 2 }),
      event("answer", 2000, { pass: 2, rule: "second", target: "sip:8@phone" }),
      event("answer", 2001, { rule: "first", target: "sip:8@us" }),
    ];
    expect(buildRecord([event("start", 0), ...again, ...answered], soon)).toMatchObject({
      outcome: "answered",
      rule: "first",
      target: "sip:8@phone",
      note: "",
      passes: [
        { pass: 1, rule: "first", code: 200 },
        { pass: 2, code: 486 },
        { pass: 2, rule: "second", target: "sip:8@phone", code: 200 },
      ],
    });
  });

  it("does not depend on the order of events or on copies", () => {
    const kinds = fc.constantFrom<CallEvent["kind"]>(
      "start",
      "answer",
      "confirm",
      "end",
      "fail",
      "attempt",
      "refer",
    );
    const events = fc.array(
      fc.record({
        kind: kinds,
        ms: fc.integer({ min: 0, max: 5000 }),
        node: fc.constantFrom("a", "b"),
        turned: fc.boolean(),
        code: fc.constantFrom(200, 481),
        to_tag: fc.constantFrom("tt", "t2"),
        pass: fc.constantFrom(undefined, 2, 3),
      }),
      { minLength: 1, maxLength: 8 },
    );
    fc.assert(
      fc.property(events, fc.infiniteStream(fc.nat()), (list, random) => {
        const original = list.map(({ kind, ms, node, turned, code, to_tag, pass }) =>
          event(kind, ms, {
            node,
            ...(kind !== "start" && { to_tag }),
            ...(pass !== undefined && { pass }),
            ...(kind === "end" && { code, ...(turned && { from_tag: to_tag, to_tag: "ft" }) }),
          }),
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
