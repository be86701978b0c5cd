import { describe, expect, test } from "vitest";
import { aReport, nodeParts } from "../../test/support/report.ts";
import type { HostReport } from "../report/host-report.ts";
import type { PartReport } from "../report/parts.ts";
import type { Sighting } from "../report/verdict.ts";
import type { HostSight } from "./finding.ts";
import { diagnose } from "./problems.ts";

const sick: PartReport = { phase: "sick", ok: false, detail: "no answer", restarts: 0, sinceMs: 12_000 };
const disk = { initialised: true, uuid: "u", seqno: 1, safeToBootstrap: false, view: true };
const facts = { primary: true, state: "Synced", size: 3, seqno: 100, uuid: "u" };
const seen: Sighting = { ageMs: 100, holds: false, term: 0, mayHold: true, primary: true };

const report = (host: string, o: Partial<HostReport> = {}): HostReport =>
  aReport(host, {
    parts: nodeParts,
    ...(host === "w" ? {} : { database: { phase: "running", disk, settled: false, facts } }),
    ...o,
  });
const sights = (
  changes: Record<string, Partial<HostReport>> = {},
  silent: Record<string, number> = {},
): HostSight[] =>
  (["a", "b", "w"] as const).map((name) => ({
    name,
    role: name === "w" ? "witness" : "node",
    report: report(name, changes[name]),
    ageMs: silent[name] ?? 0,
  }));
const brief = (hosts: HostSight[]) =>
  diagnose(hosts).problems.map(({ host, code, severity }) => `${severity} ${host} ${code}`);
/** As the judge of that host would say it. */
const missing = (name: string, part: PartReport): Partial<HostReport> => ({
  parts: { ...nodeParts, [name]: part },
  verdict: { mayHold: true, light: "amber", reasons: [`${name}: ${part.detail}`] },
});
const hardware = (o: { freeBytes?: number; readOnly?: boolean }) => ({
  hardware: {
    disks: [{ path: "/d", freeBytes: 1e12, bytes: 2e12, freeInodes: 5, inodes: 10, readOnly: false, ...o }],
  },
});
const functional = { ok: true, failures: 0, storeFailures: 0, detail: "fine", ms: 5, ageMs: 100 };

test("all well: nothing but one sentence", () => {
  expect(diagnose(sights())).toEqual({
    state: "ok",
    headline: "Calls get through: a answers them. b can take over.",
    problems: [],
  });
});

describe("faults", () => {
  test.each<[string, HostSight[], string[]]>([
    ["the standby lost its power", sights({}, { b: 9000 }), ["risk b silent"]],
    ["the witness lost its power", sights({}, { w: 9000 }), ["risk w silent"]],
    [
      "the holder lost its power, nobody took over",
      sights({}, { a: 9000 }),
      ["down a silent", "down nobody address"],
    ],
    [
      "the holder lost its power, the other one took over",
      sights({ b: { holds: true } }, { a: 9000 }),
      ["risk a silent"],
    ],
    ["the holder's relay hangs", sights({ a: missing("rtpengine", sick) }), ["down a rtpengine"]],
    ["the standby's relay hangs", sights({ b: missing("rtpengine", sick) }), ["risk b rtpengine"]],
    ["the holder's app hangs", sights({ a: missing("app", sick) }), ["risk a app"]],
    ["the arbitrator is gone", sights({ w: missing("garbd", sick) }), ["risk w garbd"]],
    ["a part that rests on purpose", sights({ b: { parts: { ...nodeParts, app: sick } } }), []],
    ["both hold the address", sights({ b: { holds: true } }), ["down a, b address"]],
    [
      "both hold it, and both are heard",
      sights({ b: { holds: true, term: 2 } }, { a: 300 }),
      ["down a, b address"],
    ],
    [
      "the holder was heard last before the other one took over: it is not called silent yet",
      sights({ b: { holds: true, term: 2 } }, { a: 900 }),
      [],
    ],
    ["nobody holds it", sights({ a: { holds: false } }), ["down nobody address"]],
    ["a full disk", sights({ b: hardware({ freeBytes: 1000 }) }), ["risk b hardware"]],
    ["a read-only disk", sights({ b: hardware({ readOnly: true }) }), ["risk b hardware"]],
    [
      "calls fail on the holder",
      sights({ a: { functional: { ...functional, failures: 4 } } }),
      ["down a functional"],
    ],
    [
      "calls fail on the standby",
      sights({ b: { functional: { ...functional, failures: 4 } } }),
      ["risk b functional"],
    ],
    ["one test call failed", sights({ b: { functional: { ...functional, failures: 1 } } }), []],
    [
      "events are not stored",
      sights({ a: { functional: { ...functional, storeFailures: 3 } } }),
      ["risk a functional"],
    ],
    [
      "the witness does not reach the service address",
      sights({ w: { outside: { failures: 5, detail: "no answer", ageMs: 1, sinceMs: 5000 } } }),
      ["down w outside"],
    ],
    ["the holder is cut off from the world", sights({ a: { upstream: false } }), ["down a upstream"]],
    [
      "two hosts that do not hear each other",
      sights({
        a: { verdict: { mayHold: true, light: "amber", reasons: ["no news from b for 5 s"] } },
        b: { verdict: { mayHold: true, light: "amber", reasons: ["no news from a for 5 s"] } },
      }),
      ["risk a link"],
    ],
    [
      "not heard here, but by the witness",
      sights({ w: { sees: { b: seen } } }, { b: 9000 }),
      ["risk b link"],
    ],
    [
      "a database outside of the quorum",
      sights({
        b: { database: { phase: "running", disk, settled: false, facts: { ...facts, primary: false } } },
      }),
      ["risk b no-quorum"],
    ],
  ])("%s", (_, hosts, expected) => {
    expect(brief(hosts)).toEqual(expected);
    for (const problem of diagnose(hosts).problems) {
      expect(problem.what).not.toBe("");
      expect(problem.callers).not.toBe("");
      expect(problem.advice).not.toBe("");
    }
  });
});

test("since when, and what callers notice, comes first", () => {
  const { headline, problems, state } = diagnose(sights({ a: missing("kamailio", sick) }));
  expect(state).toBe("down");
  expect(problems[0]).toMatchObject({ host: "a", code: "kamailio", sinceMs: 12_000 });
  expect(headline).toMatch(/^Callers are affected: a kamailio: no answer/);
});

test("a holder whose agent hangs goes on: nobody is without calls", () => {
  const watch = { silent: { a: "agent-hangs" } } as unknown as NonNullable<HostReport["watch"]>;
  const { headline, problems, state } = diagnose(sights({ b: { watch } }, { a: 9000 }));
  expect(state).toBe("risk");
  expect(headline).toMatch(/^Calls go on: a held the service address .* its agent hangs\. b can take over/);
  expect(problems).toMatchObject([
    { host: "a", code: "silent", severity: "risk", what: "the host is there, but its agent hangs" },
  ]);
  expect(problems[0]?.callers).toMatch(/^calls go on/);
});

test("a line that loses packets, said once for a pair", () => {
  const heard = (percent: number, other: string) => ({ heardPercent: { [other]: percent } });
  expect(brief(sights({ a: heard(80, "b"), b: heard(70, "a") }))).toEqual(["risk a line"]);
  expect(brief(sights({ a: heard(95, "b"), b: heard(95, "a") }))).toEqual([]);
});

test("clocks that differ, said once for a pair", () => {
  const clocks = (offsetMs: number, other: string) => ({
    watch: { clocks: { [other]: { offsetMs, withinMs: 5 } } } as unknown as NonNullable<HostReport["watch"]>,
  });
  expect(brief(sights({ a: clocks(3600_000, "b"), b: clocks(-3600_000, "a") }))).toEqual(["note a clock"]);
  expect(brief(sights({ a: clocks(300, "b") }))).toEqual([]);
});

test("what the light says besides", () => {
  const reason = { code: "config-differs" as const, text: "t", callers: "c", advice: "d", sinceMs: 5 };
  const covered = { ...reason, code: "part-down" as const };
  const light = { colour: "amber" as const, reasons: [reason, covered] };
  expect(brief(sights({ a: { light } }))).toEqual(["risk a config-differs"]);
});

test("what an app says of webhooks is noted, and nothing else that it says", () => {
  const appProblems = ["webhook crm has taken nothing since 2026-11-28 20:00", "no database can be used"];
  const watch = { appProblems } as unknown as NonNullable<HostReport["watch"]>;
  expect(brief(sights({ a: { watch } }))).toEqual(["note a webhook"]);
});
