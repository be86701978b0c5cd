import { describe, expect, test } from "vitest";
import { captured } from "../../test/support/fake-freeswitch.ts";
import { buildRecords } from "../records/build-record.ts";
import { eventsOf } from "./call-events.ts";
import { CdrError, type Leg, legIn } from "./cdr.ts";

const limits = { now: Date.parse("2026-11-21T00:00:00Z"), maxCallMs: 3_600_000, maxSetupMs: 300_000 };
const body = (name: string): string => captured(name).body;
const xml = new URLSearchParams(body("cdr-xml-post-aleg")).get("cdr") ?? "";
/** As the module makes it before it is encoded. */
const json = Buffer.from(body("base64/cdr-json-post-aleg").slice(4), "base64").toString("utf8");
const recordsOf = (...legs: Leg[]) =>
  buildRecords(
    legs.flatMap((leg) => eventsOf(leg, "fs1")),
    limits,
  );

/** A leg with these facts in place of its own. */
const caller = legIn(body("cdr-json-post-aleg"));
const otherwise = ({ answer_uepoch: _, ...leg }: Leg, more: Partial<Leg>): Leg => ({ ...leg, ...more });
const [b1, b2, b3] = [1, 2, 3].map((digit) => `0000000${digit}-0000-4000-8000-000000000000`);

describe("a call record of FreeSWITCH", () => {
  test("JSON and XML, however they were encoded, are the same facts", () => {
    for (const [json, xml] of [
      ["cdr-json-post-aleg", "cdr-xml-post-aleg"],
      ["cdr-json-post-bleg", "cdr-xml-post-bleg"],
      ["base64/cdr-json-post-aleg", "base64/cdr-xml-post-aleg"],
    ] as const)
      expect(legIn(body(xml))).toEqual(legIn(body(json)));
    for (const [whole, leg] of [
      [xml, caller],
      [json, legIn(body("base64/cdr-json-post-aleg"))],
    ] as const)
      for (const said of [whole, `cdr=${whole}`, `${Buffer.from(whole).toString("base64")}\n`])
        expect(legIn(said)).toEqual(leg);
    // As they lie in err-log-dir.
    expect(legIn(`${body("cdr-json-post-aleg").slice(4)}\n`)).toEqual(caller);
    expect(legIn(body("cdr-xml-post-aleg").slice(4))).toEqual(caller);
  });

  test("only what matters is kept of it", () => {
    expect(Object.keys(caller).filter((name) => /sdp|rtp|codec|sip_h_/.test(name))).toEqual([]);
    expect(JSON.stringify(caller).length).toBeLessThan(1500);
  });

  test("what is cut off, empty or something else is refused", () => {
    const forged = body("cdr-json-post-aleg").replace(
      "sip_from_display%22%3A%22sipp",
      "sip_from_display%22%3A%22x%22,%22hangup_cause%22%3A%22USER_BUSY",
    );
    expect(() => legIn(forged)).toThrow(/hangup_cause stands in it with two values/);
    for (const wrong of [
      "",
      "cdr=",
      "cdr=%%%",
      "{}",
      "<cdr/>",
      "cdr=bm9uc2Vuc2U=",
      json.slice(0, -10),
      xml.slice(0, -10),
      body("cdr-json-post-aleg").slice(0, -10),
      body("cdr-json-post-aleg").slice(0, 3000),
      body("base64/cdr-json-post-aleg").slice(0, -100),
      xml.replaceAll(caller.uuid, "x"),
      json.replace(/"end_uepoch":"\d+",/, ""),
      '<!DOCTYPE cdr [<!ENTITY x SYSTEM "file:///etc/passwd">]><cdr><variables><uuid>&x;</uuid></variables></cdr>',
    ])
      expect(() => legIn(wrong), wrong.slice(0, 60)).toThrow(CdrError);
  });
});

describe("a call of FreeSWITCH is one record", () => {
  const [record, ...more] = recordsOf(caller, legIn(body("cdr-json-post-bleg")));

  test("with both legs, in the caller's dialog", () => {
    expect(more).toEqual([]);
    expect(record).toMatchObject({
      call_id: "1-31919@127.0.0.1",
      from_tag: "31919SIPpTag001",
      from: "sip:sipp@127.0.0.1:5070",
      number: "2000",
      source: "127.0.0.1:5070",
      started_at: "2026-11-20T23:24:06.882Z",
      answered_at: "2026-11-20T23:24:06.922Z",
      ended_at: "2026-11-20T23:24:07.442Z",
      outcome: "answered",
      closed_how: "bye",
      target: "sip:2000@127.0.0.1:5090",
      nodes: ["fs1"],
      attempts: [],
      note: "",
    });
  });

  test("the same from XML, from the caller's leg alone, and from any copies of them", () => {
    expect(recordsOf(legIn(body("cdr-xml-post-aleg")))).toEqual([record]);
    expect(recordsOf(legIn(body("cdr-xml-post-bleg")), caller, caller)).toEqual([record]);
    expect(eventsOf(caller, "fs1")).toEqual(eventsOf(legIn(body("cdr-xml-post-aleg")), "fs1"));
  });

  test("that failed: with its attempts of each step, and the answer that the caller got", () => {
    const [failed] = recordsOf(
      otherwise(caller, {
        hangup_cause: "NO_ANSWER",
        sip_term_status: "480",
        originate_causes: `ARRAY::${b2};USER_BUSY|:${b3};NO_ANSWER`,
        ours: {
          dialtone_rule: "night?team=sales&%3D=%2B49711",
          dialtone_step: "2",
          dialtone_targets_1: "sip:1@192.0.2.50",
          dialtone_carriers_1: "gold",
          dialtone_causes_1: `${b1};NORMAL_TEMPORARY_FAILURE`,
          dialtone_at_1: "1795217046",
          dialtone_targets_2: "ada bob",
        },
      }),
    );
    expect(failed).toMatchObject({
      outcome: "no_answer",
      status: 480,
      rule: "night",
      tags: { team: "sales" },
      meant: "+49711",
    });
    expect(failed?.attempts.map(({ target, code, reason }) => `${target} ${code} ${reason}`).sort()).toEqual([
      "ada 486 USER_BUSY",
      "bob 480 NO_ANSWER",
      "sip:1@192.0.2.50 503 NORMAL_TEMPORARY_FAILURE",
    ]);
  });

  test("that our dialplan refused, or whose caller hung up", () => {
    const status = (more: Partial<Leg>) => recordsOf(otherwise(caller, more))[0]?.status;
    expect(status({ hangup_cause: "CALL_REJECTED", ours: { dialtone_status: "404" } })).toBe(404);
    expect(status({ hangup_cause: "ORIGINATOR_CANCEL", ours: { dialtone_status: "404" } })).toBe(487);
  });
});

test("a call that came by way of the cluster's SIP server is one record with it, and did not move", () => {
  const [, , end] = eventsOf(caller, "fs1");
  const [record, ...more] = buildRecords(
    [
      ...eventsOf(caller, "fs1"),
      ...eventsOf(caller, "fs1").map((event) => ({
        ...event,
        id: event.id.replace(/^./, "f"),
        node: "a",
        origin: "a",
      })),
    ].filter(
      // What FreeSWITCH saw of the end came first.
      (event) => event.kind !== "start" || event.node === "a",
    ),
    limits,
  );
  expect(end).toBeDefined();
  expect(more).toEqual([]);
  expect(record).toMatchObject({ nodes: ["a", "fs1"], note: "" });
});
