import { expect, test } from "vitest";
import { aReport } from "../../test/support/report.ts";
import type { HostReport } from "../report/host-report.ts";
import type { WatchReport } from "../report/watch.ts";
import { problemsOf } from "./problems.ts";

const now = Date.parse("2026-11-21T00:00:00Z");
const watch: WatchReport = {
  boot: "b",
  monotonicMs: 1,
  hosts: { a: "node", b: "node", w: "witness" },
  lastEvent: 1,
  clocks: {},
  silent: {},
  loop: { p99Ms: 1, maxMs: 12 },
  certificateEnds: now + 400 * 86_400_000,
  disk: { freeBytes: 50e9, totalBytes: 100e9 },
  alerts: { undeliverable: false, told: [] },
};
const report = (
  host: string,
  facts: Partial<HostReport> = {},
  watching: Partial<WatchReport> = {},
): HostReport => aReport(host, { wallMs: now, watch: { ...watch, ...watching }, ...facts });
const keys = (...reports: HostReport[]) =>
  problemsOf({ self: reports[0]?.host ?? "", reports, heldLast: [], now })
    .map(({ key, severity }) => `${severity} ${key}`)
    .sort();
const sighting = { ageMs: 100, holds: false, term: 1, mayHold: true, primary: true };

test("a healthy cluster has no problem", () =>
  expect(keys(report("a"), report("b"), report("w"))).toEqual([]));

test("a dead host is one problem, with the same key on whichever host tells", () => {
  const silent = { silent: { a: "host-unreachable" as const } };
  const b = report("b", { holds: true }, silent);
  const w = report("w", {}, silent);
  expect(keys(b, w)).toEqual(["critical host:a"]);
  expect(keys(w, b)).toEqual(["critical host:a"]);
});

test("a host that others hear is a cut link, not a dead host", () => {
  const a = report("a", {}, { silent: { b: "host-unreachable" } });
  expect(keys(a, report("w", { sees: { b: sighting } }))).toEqual(["warning link:a-b"]);
});

test("a hung agent is told as that", () => {
  const a = report("a", {}, { silent: { b: "agent-hangs" } });
  const [problem] = problemsOf({ self: "a", reports: [a], heldLast: [], now });
  expect(problem?.text).toContain("its agent hangs");
});

test("a holder whose agent hangs still holds; one without power does not", () => {
  const seen = (why: "agent-hangs" | "host-unreachable") =>
    problemsOf({ self: "b", reports: [report("b", {}, { silent: { a: why } })], heldLast: ["a"], now });
  expect(seen("agent-hangs").map(({ key }) => key)).toEqual(["host:a"]);
  expect(seen("host-unreachable").map(({ key }) => key)).toEqual(["nobody-holds", "host:a"]);
});

test("nobody, or two, with the service address", () => {
  expect(keys(report("a", { holds: false }), report("b"))).toEqual(["critical nobody-holds"]);
  expect(keys(report("a"), report("b", { holds: true }))).toEqual(["critical both-hold"]);
});

test("a part that the verdict misses, and one that it does not", () => {
  const parts = {
    kamailio: { phase: "backoff" as const, ok: false, detail: "exit code 1", restarts: 3, sinceMs: 1 },
  };
  const missed = { mayHold: true, light: "amber" as const, reasons: ["kamailio: exit code 1"] };
  expect(keys(report("a"), report("b", { parts, verdict: missed }))).toEqual(["warning part:b:kamailio"]);
  expect(keys(report("a"), report("b", { parts }))).toEqual([]);
});

test("a guard, a carrier that fails and one that takes no registration are told once, whichever hosts say so", () => {
  const guardAlarms = [{ guard: "premium", subject: "ada", why: "calls for 21 today, of 20", sinceMs: 1 }];
  const a = report("a", {
    guardAlarms,
    brokenCarriers: [{ carrier: "gold", sinceMs: 1 }],
    registrations: [
      { carrier: "iron", registered: false, sinceMs: 60_000, leftMs: 0 },
      { carrier: "tin", registered: true, sinceMs: 60_000, leftMs: 0 },
    ],
  });
  expect(keys(a, report("b", { guardAlarms }))).toEqual([
    "critical guard:premium:ada",
    "warning carrier:gold",
    "warning unregistered:iron",
  ]);
  const [told] = problemsOf({ self: "a", reports: [a], heldLast: [], now });
  expect(told?.title).toBe("Guard premium: ada has calls for 21 today, of 20");
});

test("a line on which packets get lost is one problem, whoever sees it", () => {
  const found = problemsOf({
    self: "a",
    heldLast: [],
    now,
    reports: [
      report("a", { heardPercent: { b: 89, w: 100 } }),
      report("b", { heardPercent: { a: 80, w: 90 } }),
    ],
  });
  expect(found.map(({ key }) => key)).toEqual(["line:a-b"]);
  expect(found[0]?.text).toContain("20 %");
  expect(found[0]?.afterMs).toBeGreaterThan(10_000);
});

test("disk, clocks, certificate, a late agent, the app's words", () => {
  const worse = {
    disk: { freeBytes: 5e9, totalBytes: 100e9 },
    clocks: { b: { offsetMs: -9000, withinMs: 3 } },
    certificateEnds: now + 86_400_000,
    loop: { p99Ms: 2000, maxMs: 3000 },
    appProblems: ["events have been waiting for 17 s"],
  };
  expect(keys(report("a", {}, worse), report("b"))).toEqual([
    ...["critical certificate", "warning app-events have been waiting for n s:a", "warning clock:a-b"],
    ...["warning disk:a", "warning loop:a"],
  ]);
});

test("a token that ends is told two weeks before, and once more on its last day, by whichever app", () => {
  const token = (days: number) => ({
    endingTokens: [
      { name: "board", owner: "ada", expires_at: new Date(now + days * 86_400_000).toISOString() },
    ],
  });
  expect(keys(report("a", {}, token(13.5)), report("b", {}, token(13.5)))).toEqual(["warning token:board"]);
  expect(keys(report("a", {}, token(0.5)), report("b"))).toEqual([
    "warning token-last-day:board",
    "warning token:board",
  ]);
  const told = (days: number) =>
    problemsOf({ self: "a", reports: [report("a", {}, token(days)), report("b")], heldLast: [], now })[0];
  expect(told(13.5)?.title).toBe("Token board of the API ends in 13 days");
  expect(told(-1)).toMatchObject({
    title: "Token board of the API has ended",
    text: expect.stringContaining("ada's"),
  });
});

test("what the light knows is told once, not by each node; an undrilled change not at once", () => {
  const reason = { code: "not-drilled" as const, text: "x", advice: "drill", callers: "nothing" };
  const light = { colour: "amber" as const, reasons: [reason, { ...reason, code: "rules-behind" as const }] };
  const found = problemsOf({
    self: "a",
    reports: [report("a", { light }), report("b", { light })],
    heldLast: [],
    now,
  });
  expect(found.map(({ key }) => key)).toEqual(["light:not-drilled", "light:rules-behind"]);
  expect(found[0]?.afterMs).toBeGreaterThan(3_600_000);
});

test("a disk that does not answer; one that is slow is none", () => {
  const disk = { path: "/x", freeBytes: 5e10, bytes: 1e11, freeInodes: 9, inodes: 10, readOnly: false };
  const hardware = (silentMs: number) => ({ hardware: { disks: [{ ...disk, silentMs }] } });
  expect(keys(report("a", hardware(1500)), report("b"))).toEqual(["critical disk-hangs:a"]);
  expect(keys(report("a", hardware(500)), report("b"))).toEqual([]);
});
