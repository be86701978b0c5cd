import { describe, expect, test } from "vitest";
import { aReport, nodeParts } from "../../test/support/report.ts";
import { whyNotSwitchOver } from "../change/why-not-switch-over.ts";
import type { ReplicationFacts } from "../report/database.ts";
import type { HostReport, PeerNews } from "../report/host-report.ts";
import type { LightCode } from "../report/light.ts";
import type { PartReport } from "../report/parts.ts";
import type { LastDrill } from "../report/standing.ts";
import { lightOf, settle } from "./light.ts";

const dead: PartReport = { phase: "backoff", ok: false, detail: "killed", restarts: 1, sinceMs: 10 };
const disk = { initialised: true, uuid: "u", seqno: 1, safeToBootstrap: false, view: true };
const drill: LastDrill = {
  kind: "host-death",
  finished_at: "2026-11-21T00:00:00Z",
  release: "1",
  config: "c",
  passed: true,
  summary: "z 204 ms",
};
const facts = { primary: true, state: "Synced", size: 3, seqno: 100, uuid: "u" };
const standing = {
  rulesVersion: 7,
  contacts: 3,
  sessions: 2,
  unshippedMs: 0,
  recordsMissing: 0,
  drills: [drill],
};

const report = (host: string, o: Partial<HostReport> = {}): HostReport =>
  aReport(host, {
    parts: nodeParts,
    ...(host === "w" ? {} : { database: { phase: "running", disk, settled: false, facts }, standing }),
    ...o,
  });

/** The cluster with some of its reports changed; light as host `of` sees it. */
function codes(of: string, changes: Record<string, Partial<HostReport> | "silent"> = {}) {
  const news = ["a", "b", "w"].map((host): PeerNews => {
    const change = changes[host];
    return change === "silent"
      ? { ageMs: 9000, report: report(host) }
      : { ageMs: host === of ? 0 : 100, report: report(host, change) };
  });
  const light = lightOf(of, news, 3);
  return [light.colour, ...light.reasons.map(({ code }) => code)];
}
const withStanding = (o: Partial<HostReport["standing"]>) => ({ standing: { ...standing, ...o } });
const withFacts = (o: Partial<typeof facts>) => ({
  database: { phase: "running" as const, disk, settled: false, facts: { ...facts, ...o } },
});

const replication: ReplicationFacts = {
  from: "x",
  id: "1",
  state: "following",
  own: 9,
  applied: 9,
  readOnly: false,
};
const copying = { ...facts, primary: false, replication: { ...replication, state: "copying" as const } };
const following = (o: Partial<ReplicationFacts>) => ({
  database: {
    phase: "running" as const,
    disk,
    settled: false,
    facts: { ...facts, replication: { ...replication, ...o } },
  },
});

type Row = [string, Record<string, Partial<HostReport> | "silent">, colour: string, code: LightCode];

describe("what keeps the standby from being safe", () => {
  const rows: Row[] = [
    ["another release", { b: { release: "2" } }, "amber", "release-differs"],
    ["another release on the witness", { w: { release: "2" } }, "amber", "release-differs"],
    ["another configuration", { b: { config: "d" } }, "amber", "config-differs"],
    ["older rules", { b: withStanding({ rulesVersion: 6 }) }, "amber", "rules-behind"],
    ["fewer contacts", { b: withStanding({ contacts: 2 }) }, "amber", "locations-differ"],
    ["more contacts", { b: withStanding({ contacts: 4 }) }, "amber", "locations-differ"],
    ["fewer conversations", { b: withStanding({ sessions: 0 }) }, "amber", "media-behind"],
    ["events that wait there", { b: withStanding({ unshippedMs: 6000 }) }, "amber", "journal-unshipped"],
    [
      "events that wait at the holder",
      { a: withStanding({ unshippedMs: 6000 }) },
      "amber",
      "journal-unshipped",
    ],
    ["events that went missing", { a: withStanding({ recordsMissing: 1 }) }, "amber", "records-missing"],
    ["a database that receives a copy", { b: withFacts({ state: "Joined" }) }, "amber", "database-behind"],
    ["a database far behind", { a: withFacts({ seqno: 5000 }) }, "amber", "database-behind"],
    ["no quorum there", { b: withFacts({ primary: false }) }, "amber", "no-quorum"],
    ["a vote less", { a: withFacts({ size: 2 }) }, "amber", "vote-missing"],
    ["replication that has stopped", { b: following({ state: "stopped" }) }, "amber", "replication-stopped"],
    [
      "replication that has stopped at the holder",
      { a: following({ state: "stopped" }) },
      "amber",
      "replication-stopped",
    ],
    [
      "the other's database out of reach",
      { b: following({ state: "interrupted" }) },
      "amber",
      "replication-interrupted",
    ],
    [
      "data that are being copied",
      { b: { database: { ...following({ state: "copying" }).database, facts: copying } } },
      "amber",
      "database-behind",
    ],
    [
      "a database that applies slowly",
      { a: following({ own: 5000 }), b: following({ applied: 1 }) },
      "amber",
      "database-behind",
    ],
    [
      "a FreeSWITCH host that is silent",
      { a: { freeswitch: [{ host: "fs1", address: "192.0.2.21", port: 5060, answers: false, sinceMs: 9 }] } },
      "amber",
      "freeswitch-silent",
    ],
    ["no relay", { b: { parts: { ...nodeParts, rtpengine: dead } } }, "amber", "part-down"],
    ["no upstream", { b: { upstream: false } }, "amber", "cut-off"],
    ["being stopped", { b: { stopping: true } }, "red", "stopping"],
    [
      "unfit",
      { b: { verdict: { mayHold: false, light: "red", reasons: ["SIP server: dead"] } } },
      "red",
      "not-fit",
    ],
    ["nobody holds", { a: { holds: false } }, "red", "nobody-holds"],
  ];
  test.each(rows)("%s", (_, changes, colour, code) => {
    const seen = codes("b", changes);
    expect(seen[0]).toBe(colour);
    expect(seen.slice(1)).toEqual([code]);
  });

  test("a holder whose agent hangs still holds: not safe, but not without calls either", () => {
    const seen = { watch: { silent: { a: "agent-hangs" } } as unknown as NonNullable<HostReport["watch"]> };
    for (const host of ["b", "w"])
      expect(codes(host, { a: "silent", [host]: seen })).toEqual(["amber", "holder-silent"]);
    const off = { watch: { silent: { a: "host-unreachable" } } as unknown as typeof seen.watch };
    expect(codes("b", { a: "silent", b: off })).toEqual(["red", "nobody-holds"]);
  });

  test("all well: green for every host", () => {
    for (const host of ["a", "b", "w"]) expect(codes(host)).toEqual(["green"]);
  });

  test("a standby that forgets ended conversations later is not behind", () => {
    expect(codes("b", { b: withStanding({ sessions: 3 }) })).toEqual(["green"]);
  });

  test("in a large registrar a single contact that comes or goes says nothing", () => {
    const changes = { a: withStanding({ contacts: 10_000 }), b: withStanding({ contacts: 9_990 }) };
    expect(codes("b", changes)).toEqual(["green"]);
  });

  test("what can not be asked is not compared", () => {
    expect(codes("b", { b: { standing: {} } })).toEqual(["green"]);
  });
});

describe("drills", () => {
  const with_ = (...drills: LastDrill[]) => ({ a: withStanding({ drills }), b: withStanding({ drills }) });
  test.each([
    ["never", with_(), "not-drilled"],
    ["another release", with_({ ...drill, release: "0" }), "not-drilled"],
    ["another configuration", with_({ ...drill, config: "x" }), "not-drilled"],
    ["only something else than a takeover", with_({ ...drill, kind: "clock-jump" }), "not-drilled"],
    ["failed", with_({ ...drill, passed: false }), "drill-failed"],
    [
      "failed after one that passed",
      with_(drill, { ...drill, kind: "switchover", passed: false, finished_at: "2026-11-21T01:00:00Z" }),
      "drill-failed",
    ],
  ])("%s", (_, changes, code) => {
    expect(codes("b", changes)).toEqual(["amber", code]);
    expect(codes("a", changes)).toEqual(["amber", code]);
  });
  test("one that passed after one that failed", () => {
    const failed = { ...drill, kind: "switchover", passed: false, finished_at: "2026-11-20T01:00:00Z" };
    expect(codes("b", with_(failed, drill))).toEqual(["green"]);
  });
});

describe("the holder and the witness: is it safe to lose the holder?", () => {
  test("what the only standby lacks counts", () => {
    expect(codes("a", { b: { config: "d" } })).toEqual(["amber", "config-differs"]);
    expect(codes("w", { b: { config: "d" } })).toEqual(["amber", "config-differs"]);
  });
  test("a silent standby is none", () => {
    expect(codes("a", { b: "silent" })).toEqual(["red", "not-heard"]);
  });
  test("every reason says what it means and what to do", () => {
    const news = [{ ageMs: 0, report: report("a") }];
    for (const reason of lightOf("a", news, 3).reasons) {
      expect(reason.callers).not.toBe("");
      expect(reason.advice).not.toBe("");
    }
  });
});

test("a difference of figures counts when it has lasted; others at once", () => {
  const reasons = lightOf("b", [{ ageMs: 0, report: report("b", { holds: false }) }], 3).reasons;
  const behind = { code: "rules-behind" as const, text: "", callers: "", advice: "" };
  const light = { colour: "red" as const, reasons: [...reasons, behind] };
  const first = settle(new Map(), light, 1000);
  expect(first.light.reasons.map(({ code }) => code)).not.toContain("rules-behind");
  const later = settle(first.seen, light, 6000);
  expect(later.light.reasons.find(({ code }) => code === "rules-behind")?.sinceMs).toBe(5000);
  // Gone for a moment: it restarts.
  const gone = settle(later.seen, { colour: "green", reasons: [] }, 6500);
  expect(settle(gone.seen, light, 7000).light.reasons.map(({ code }) => code)).not.toContain("rules-behind");
});

test("a switchover wants a green light, or the reasons accepted by their codes", () => {
  const light = {
    colour: "amber" as const,
    reasons: [{ code: "not-drilled" as const, text: "never drilled", callers: "nothing", advice: "" }],
  };
  const peer = { ageMs: 100, report: report("b", { light }) };
  const self = { host: "a", holds: true, stopping: false };
  expect(whyNotSwitchOver(self, [peer], false)).toEqual({
    reasons: ["b: never drilled [not-drilled]: nothing"],
  });
  expect(whyNotSwitchOver(self, [peer], false, ["not-drilled"])).toEqual({ to: "b" });
  expect(whyNotSwitchOver(self, [peer], false, ["drill-failed"])).toHaveProperty("reasons");
  expect(whyNotSwitchOver(self, [peer], true)).toEqual({ to: "b" });
});

describe("what browsers get", () => {
  const dayMs = 86_400_000;
  const web = (fingerprint: string, days: number) => ({
    web: { kind: "given", fingerprint, ends: days * dayMs + 1 },
  });
  const reasons = (a: Partial<HostReport>, b: Partial<HostReport>) => {
    const news = [report("a", a), report("b", { holds: false, ...b })];
    const light = lightOf(
      "a",
      news.map((one) => ({ ageMs: 0, report: one })),
      2,
    );
    return { colour: light.colour, texts: light.reasons.map(({ code, text }) => `${code}: ${text}`) };
  };

  test("is told of 14 days before it ends, and is red 3 days before", () => {
    expect(reasons(web("f", 15), web("f", 15))).toEqual({ colour: "green", texts: [] });
    expect(reasons(web("f", 13), web("f", 13))).toEqual({
      colour: "amber",
      texts: ["certificate-ends: the certificate of the console ends in 13 days (given, on a)"],
    });
    expect(reasons(web("f", 1), web("f", 1))).toEqual({
      colour: "red",
      texts: ["certificate-over: the certificate of the console ends in 1 day (given, on a)"],
    });
    expect(reasons(web("f", -1), {}).texts).toEqual([
      "certificate-over: the certificate of the console has ended (given, on a)",
    ]);
  });

  test("is the same at all nodes; one that says nothing has no other", () => {
    expect(reasons(web("f", 90), web("g", 99))).toEqual({
      colour: "amber",
      texts: ["certificates-differ: a and b show browsers different certificates"],
    });
    expect(reasons(web("f", 90), {}).texts).toEqual([]);
  });

  test("stands against no switchover", () => {
    const light = lightOf("a", [{ ageMs: 0, report: report("a", web("f", 1)) }], 1);
    const over = light.reasons.filter(({ code }) => code === "certificate-over");
    const peer = { ageMs: 100, report: report("b", { light: { colour: "red", reasons: over } }) };
    expect(over).toHaveLength(1);
    expect(whyNotSwitchOver({ host: "a", holds: true, stopping: false }, [peer], false)).toEqual({ to: "b" });
  });
});
