import { expect, test } from "vitest";
import { aReport } from "../../test/support/report.ts";
import type { HostReport } from "../report/host-report.ts";
import { isCalm, matter, type Signs } from "./calm.ts";
import { calmPulseMs, getsPulse } from "./observe/pulse-pace.ts";

const calm: Signs = { green: true, busy: false, silentMs: 60, upstream: true, primary: true };

test("calm: green, nothing going on, everybody heard, nothing different from the last look", () => {
  expect(isCalm(calm, calm, "node")).toBe(true);
  expect(isCalm(calm, undefined, "node"), "it has not looked yet").toBe(false);
  for (const sign of [
    { green: false },
    { busy: true },
    { silentMs: 300 },
    { upstream: false },
    { primary: false },
  ])
    expect(isCalm({ ...calm, ...sign }, calm, "node"), JSON.stringify(sign)).toBe(false);
});

test("the witness gets every second pulse, and its calm ends when two of those are missing, as a node's does", () => {
  const gets = (role: string) => [1, 2, 3, 4].filter((beat) => getsPulse(role, beat));
  expect([gets("node"), gets("witness")]).toEqual([
    [1, 2, 3, 4],
    [2, 4],
  ]);
  for (const role of ["node", "witness"] as const) {
    const missing = (pulses: number) => ({ ...calm, silentMs: pulses * calmPulseMs(role) });
    expect(isCalm(missing(2), calm, role), role).toBe(true);
    expect(isCalm(missing(3), calm, role), role).toBe(false);
  }
});

const report: HostReport = aReport("a", {
  parts: { app: { phase: "running", ok: true, detail: "1 ms", restarts: 0, sinceMs: 1 } },
});

test("ages and figures are no news; phases, orders and the address are", () => {
  const app = { phase: "running", ok: true, detail: "9 ms", restarts: 0, sinceMs: 99 };
  expect(matter({ ...report, wallMs: 2, agentUptimeMs: 9, parts: { app } })).toBe(matter(report));
  const order = { id: "1", change: "c", host: "b", who: "x", work: { kind: "confirm" as const } };
  for (const change of [
    { holds: false },
    { handover: "b" },
    { orders: [order] },
    { parts: { app: { ...app, phase: "sick" } } },
  ])
    expect(matter({ ...report, ...change }), JSON.stringify(change)).not.toBe(matter(report));
});
