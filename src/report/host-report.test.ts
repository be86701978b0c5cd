import { describe, expect, it } from "vitest";
import { readCluster, readReport } from "./host-report.ts";
import { readEvents } from "./watch.ts";

const report = {
  host: "b",
  role: "node",
  cluster: "example",
  release: "0.1.0",
  config: "0123456789ab",
  wallMs: 1,
  agentPid: 2,
  agentUptimeMs: 3,
  stopping: false,
  holds: true,
  term: 4,
  verdict: { mayHold: true, light: "green", reasons: [] },
  parts: { kamailio: { phase: "running", ok: true, detail: "", restarts: 0, sinceMs: 5 } },
  sees: { a: { ageMs: 1, holds: false, term: 3, mayHold: true, primary: true } },
};

describe("a report of another release", () => {
  it("is read with what it leaves out", () => {
    expect(readReport(report)).toEqual(report);
  });

  it("is read with fields and parts that this release does not know", () => {
    const newer = { ...report, mood: "good", parts: { ...report.parts, sbc: { phase: "running" } } };
    expect(readReport(newer)).toEqual(report);
  });

  it("is read with words that this release does not know, as the least that they can mean", () => {
    const disk = { initialised: true, uuid: "", seqno: -1, safeToBootstrap: false, view: false };
    const nodes = { a: { state: "half-off", device: "d", ok: null } };
    const read = readReport({
      ...report,
      verdict: { ...report.verdict, light: "blue" },
      parts: { kamailio: { ...report.parts.kamailio, phase: "thinking" } },
      database: { phase: "migrating", disk, settled: false },
      light: { colour: "blue", reasons: [{ code: "new-reason", text: "t", callers: "c", advice: "a" }] },
      fencing: { required: true, nodes },
    });
    expect(read.verdict.light).toBe("red");
    expect(read.parts.kamailio?.phase).toBe("thinking");
    expect(read.database?.phase, "no other database may begin beside it").toBe("running");
    expect(read.light?.colour).toBe("red");
    expect(read.light?.reasons[0]?.code).toBe("new-reason");
    expect(read.fencing?.nodes.a?.state).toBe("none");
  });

  it("keeps its voice when something beside the address can not be read", () => {
    const read = readReport({ ...report, hardware: { disks: "many" }, watch: [], drift: 7 });
    expect(read.hardware).toBeUndefined();
    expect(read.watch).toBeUndefined();
    expect(read.holds).toBe(true);
  });

  it("keeps the orders that this release knows", () => {
    const known = { id: "1", change: "c", host: "a", who: "root@b", work: { kind: "confirm" } };
    const orders = [known, { ...known, id: "2", work: { kind: "paint", colour: "green" } }];
    expect(readReport({ ...report, orders }).orders).toEqual([known]);
  });

  it("is refused without what the address depends on, and the place is named", () => {
    const { term: _term, ...rest } = report;
    expect(() => readReport(rest)).toThrow(/report can not be read at term/);
    expect(() => readReport({ ...report, verdict: {} })).toThrow(/at verdict\.mayHold/);
    expect(() => readCluster([{ ageMs: 1, report: rest }])).toThrow(/at 0\.report\.term/);
    expect(() => readReport("hello")).toThrow(/can not be read:/);
  });
});

it("leaves out what is no entry of an incident log", () => {
  const event = {
    seq: 1,
    wallMs: 2,
    monotonicMs: 3,
    host: "a",
    kind: "address",
    subject: "gained",
    text: "",
  };
  expect(readEvents([event, { seq: 2 }, "half a li", { ...event, seq: 3, severity: 9 }])).toEqual([
    event,
    { ...event, seq: 3 },
  ]);
  expect(() => readEvents({ error: "no" })).toThrow();
});
