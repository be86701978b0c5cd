import { expect, test } from "vitest";
import type { HostReport } from "../report/host-report.ts";
import { orderOfHosts, whyNotSafe } from "./safety.ts";

const facts = { primary: true, state: "Synced", size: 3, seqno: 1, uuid: "u" };
const report = (host: string, more: Partial<HostReport> = {}) =>
  ({
    host,
    role: host === "w" ? "witness" : "node",
    holds: host === "a",
    stopping: false,
    verdict: { mayHold: true, light: "green", reasons: [] },
    ...(host === "w"
      ? {}
      : { database: { phase: "running", facts }, standing: { contacts: 100, sessions: 10 } }),
    ...more,
  }) as unknown as HostReport;
const view = (b: Partial<HostReport> = {}, ageMs = 100) => ({
  expected: ["a", "b", "w"],
  entries: [
    { ageMs: 0, report: report("a") },
    { ageMs, report: report("b", b) },
    { ageMs: 100, report: report("w") },
  ],
});
const light = (code: string) => ({
  colour: "amber",
  reasons: [{ code, text: `it is ${code}`, callers: "", advice: "" }],
});

test("all well is safe", () => {
  expect(whyNotSafe(view())).toEqual([]);
});

test.each([
  ["a host that is not heard", view({}, 5000), /^b: its agent is not heard/],
  [
    "a database that catches up",
    view({ database: { facts: { ...facts, state: "Joined" } } } as never),
    /Joined/,
  ],
  ["a vote that is missing", view({ database: { facts: { ...facts, size: 2 } } } as never), /2 of 3 members/],
  ["two holders", view({ holds: true }), /a and b hold/],
  ["registrations on their way", view({ standing: { contacts: 90, sessions: 10 } }), /90 of 100 registered/],
  ["conversations on their way", view({ standing: { contacts: 100, sessions: 2 } }), /2 of 10 conversations/],
  [
    "a drained node",
    view({ verdict: { mayHold: false, light: "amber", reasons: ["out of service"] } }),
    /out of/,
  ],
  ["a reason of the light", view({ light: light("rules-behind") } as never), /it is rules-behind/],
])("%s is not safe", (_what, given, words) => {
  expect(whyNotSafe(given).join("\n")).toMatch(words);
});

test.each(["release-differs", "config-differs", "not-drilled", "drill-failed"])(
  "%s is what a change brings with it",
  (code) => {
    expect(whyNotSafe(view({ light: light(code) } as never))).toEqual([]);
  },
);

test("a silent FreeSWITCH host has nothing to do with a change of the others", () => {
  expect(whyNotSafe(view({ light: light("freeswitch-silent") } as never))).toEqual([]);
});

test("standby first, then the holder, the witness last", () => {
  expect(orderOfHosts([report("w"), report("a"), report("b")])).toEqual({
    standby: ["b"],
    holder: "a",
    others: ["w"],
  });
});
