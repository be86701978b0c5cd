import { expect, test } from "vitest";
import { noFeatures } from "../directory/features-schema.ts";
import { callRecordSchema } from "../records/call-record.ts";
import { ownCall } from "./calls.ts";
import { ownFeaturesSchema } from "./me-schema.ts";
import { meOf } from "./own.ts";

const record = (more: object) =>
  callRecordSchema.parse({
    ...{
      id: "0".repeat(32),
      call_id: "c",
      from_tag: "f",
      from: "sip:%2B49711@h",
      to: "sip:1001@h",
      number: "1001",
    },
    ...{ user: "", source: "", started_at: "2026-11-29T08:00:00Z", answered_at: null, ended_at: null },
    ...{ duration_ms: null, status: 486, outcome: "busy", reason: "", target: "", origin: "a", nodes: ["a"] },
    ...{
      attempts: [],
      rule: "r",
      decided_by: "own",
      closed_how: "failed",
      note: "",
      recording: null,
      events: 2,
    },
    ...more,
  });
const whose = { user: "1001", called: ["1001", "+4971155"] };

test("a call as its two sides see it", () => {
  expect(ownCall(record({}), whose, true)).toMatchObject({
    direction: "in",
    with: "+49711",
    recording: false,
  });
  const out = record({ user: "1001", number: "1002", from: "sip:1001@h" });
  expect(ownCall(out, whose, true)).toMatchObject({ direction: "out", with: "1002" });
  expect(ownCall(record({ from: "sip:%zz@h" }), whose, true).with).toBe("%zz");
});

test("a recording that may not be heard is none", () => {
  const recording = { status: "ready", alarm: false, problem: "" };
  expect(ownCall(record({ recording }), whose, true).recording).toBe(true);
  expect(ownCall(record({ recording }), whose, false).recording).toBe(false);
  expect(ownCall(record({ recording: { ...recording, status: "pending" } }), whose, true).recording).toBe(
    false,
  );
});

test("what operators set is shown, and is not one's own to set", () => {
  const features = { ...noFeatures, dnd: true, pickup: ["office"], max_calls: { out: 1 } };
  const user = {
    name: "1001",
    display: "Ada",
    ha1_md5: "secret",
    ha1_sha256: "secret",
    enabled: true,
    features,
  };
  const groups = [
    {
      name: "sales",
      description: "",
      strategy: "together",
      members: [{ user: "1001", weight: 1 }],
      ring_s: 20,
    },
  ] as const;
  const me = meOf(user, {
    numbers: ["+4971155"],
    groups: groups.map((one) => ({ ...one, members: [...one.members] })),
    recordings: false,
  });
  expect(me).toMatchObject({
    groups: ["sales"],
    features: { dnd: true },
    set_for_you: { pickup: ["office"] },
  });
  expect(JSON.stringify(me)).not.toContain("secret");
  for (const kept of ["pickup", "max_calls", "may_call"])
    expect(ownFeaturesSchema.safeParse({ [kept]: noFeatures[kept as "pickup"] }).success).toBe(false);
});
