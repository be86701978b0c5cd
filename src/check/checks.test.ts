import { describe, expect, test } from "vitest";
import { aReport } from "../../test/support/report.ts";
import type { HostReport } from "../report/host-report.ts";
import type { WatchReport } from "../report/watch.ts";
import { checks, type Known } from "./checks.ts";
import { combine, pluginText } from "./plugin.ts";

const dayMs = 86_400_000;
const now = Date.parse("2026-11-21T00:00:00Z");

const watch: WatchReport = {
  boot: "b",
  monotonicMs: 1,
  hosts: { a: "node", b: "node", w: "witness" },
  lastEvent: 1,
  silent: {},
  clocks: { b: { offsetMs: 2, withinMs: 3 } },
  loop: { p99Ms: 1, maxMs: 12 },
  disk: { freeBytes: 50e9, totalBytes: 100e9 },
  certificateEnds: now + 400 * dayMs,
  alerts: { undeliverable: false, told: [] },
};

const report = (host: string, facts: Partial<HostReport> = {}): HostReport =>
  aReport(host, {
    wallMs: now,
    watch,
    light: { colour: "green", reasons: [] },
    parts: { kamailio: { phase: "running", ok: true, detail: "answers", restarts: 2, sinceMs: 1 } },
    database: {
      phase: "running",
      settled: false,
      disk: { kind: "empty" } as never,
      facts: { primary: true, size: 3, state: "Synced" } as never,
    },
    ...facts,
  });

const known = (facts: Partial<Known> = {}, ...reports: HostReport[]): Known => ({
  self: "a",
  hosts: 3,
  voters: 3,
  now,
  drills: [{ kind: "host-death", finished_at: new Date(now - dayMs).toISOString(), passed: true }],
  reports: (reports.length > 0 ? reports : ["a", "b", "w"].map((host) => report(host))).map((each) => ({
    ageMs: 100,
    report: each,
  })),
  ...facts,
});

test("a healthy cluster is OK in one line with its figures", () => {
  expect(pluginText("service", checks.service(known()))).toBe(
    "DIALTONE SERVICE OK - a answers calls, b can take over | 'holders'=1;;;0 'standbys'=1;;;0 'hosts_heard'=3;;;0;3",
  );
  const all = Object.entries(checks).map(([name, check]) => [name, check(known(), {})] as const);
  expect(all.map(([name, result]) => `${name} ${result.level}`)).toEqual(
    Object.keys(checks).map((name) => `${name} 0`),
  );
  expect(combine(all).level).toBe(0);
});

describe("what is wrong shows in the exit code", () => {
  const reason = {
    code: "rules-behind" as const,
    text: "rules 3 and 4",
    advice: "wait",
    callers: "calls would be routed by older rules",
  };
  const unfit = { mayHold: false, light: "red" as const, reasons: ["SIP server: killed | by hand"] };
  test.each([
    ["nobody holds", known({}, report("a", { holds: false }), report("b")), "service", 2, "nobody holds"],
    ["two hold", known({}, report("a"), report("b", { holds: true })), "service", 2, "a and b both"],
    [
      "no standby",
      known({}, report("a"), report("b", { verdict: unfit })),
      "service",
      1,
      "nobody can take over",
    ],
    ["red host", known({}, report("a", { verdict: unfit })), "node", 2, "SIP server: killed | by hand"],
    [
      "not safe",
      known({}, report("a", { light: { colour: "amber", reasons: [reason] } })),
      "light",
      1,
      "rules 3 and 4: calls would be routed by older rules",
    ],
    ["no drill", known({ drills: [] }), "drill", 1, "no drill has ever passed"],
    ["app dead", known({ drillsProblem: "refused" }), "drill", 0, "today"],
  ] as const)("%s", (_name, state, check, level, words) => {
    const result = checks[check](state, {});
    expect(result).toMatchObject({ level });
    if (level > 0) expect(result.summary).toContain(words);
  });

  test("a holder whose agent hangs is not nobody", () => {
    const [a, b] = [report("a"), report("b", { watch: { ...watch, silent: { a: "agent-hangs" } } })];
    const hung = {
      ...known({ self: "b" }, b),
      reports: [
        { ageMs: 90_000, report: a },
        { ageMs: 0, report: b },
      ],
    };
    expect(checks.service(hung)).toMatchObject({ level: 1, summary: expect.stringContaining("a held") });
    const dead = { ...watch, silent: { a: "host-unreachable" as const } };
    const cut = {
      ...hung,
      reports: [
        { ageMs: 90_000, report: a },
        { ageMs: 0, report: report("b", { watch: dead }) },
      ],
    };
    expect(checks.service(cut).level).toBe(2);
  });

  test("hot-hot: both answer", () => {
    const serves = { serves: { ok: true, why: [] } };
    const both = known({}, report("a", serves), report("b", serves));
    expect(checks.service(both).summary).toBe(
      "a and b answer calls, b can take over the service address from a",
    );
  });

  test("stale news is no news", () => {
    const stale = { ...known(), reports: known().reports.map((item) => ({ ...item, ageMs: 9000 })) };
    expect(checks.service(stale).level).toBe(2);
    expect(checks.database(stale).level).toBe(3);
  });

  test("limits can be chosen, and stand in the figures", () => {
    expect(checks.disk(known(), { warn: 60, crit: 10 }).level).toBe(1);
    expect(checks.disk(known(), { warn: 60, crit: 55 }).level).toBe(2);
    expect(checks.certificates(known(), { warn: 500 }).level).toBe(1);
    expect(pluginText("disk", checks.disk(known(), {}))).toContain("'free'=50%;20;10;0;100");
  });

  test("a clock counts by what is certain about it", () => {
    const skewed = (offsetMs: number) =>
      known({}, report("a", { watch: { ...watch, clocks: { b: { offsetMs, withinMs: 500 } } } }));
    expect(checks.clock(skewed(-1400), {}).level).toBe(0);
    expect(checks.clock(skewed(-1600), {}).level).toBe(1);
    expect(checks.clock(skewed(3_600_000), {}).level).toBe(2);
  });
});

test("a missing drill list is UNKNOWN, and a known CRITICAL outweighs it", () => {
  const { drills: _, ...without } = known({ drillsProblem: "the app does not answer" });
  const unknown = checks.drill(without, {});
  expect(unknown.level).toBe(3);
  const critical = checks.service(known({}, report("b")));
  expect(
    combine([
      ["drill", unknown],
      ["service", critical],
    ]),
  ).toMatchObject({ level: 2 });
  expect(
    combine([
      ["drill", unknown],
      ["disk", checks.disk(known(), {})],
    ]),
  ).toMatchObject({ level: 3 });
});

test("only figures follow the bar", () => {
  const unfit = { mayHold: false, light: "red" as const, reasons: ["killed | by\nhand"] };
  const text = pluginText("node", checks.node(known({}, report("a", { verdict: unfit }))));
  expect(text.split("\n")[0]?.split("|")).toHaveLength(2);
  expect(text).toContain("killed / by hand");
});
