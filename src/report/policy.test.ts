import { describe, expect, it } from "vitest";
import type { PartReport } from "./parts.ts";
import { type Duty, inOrder, restReason, sipObjection } from "./policy.ts";

const duty = (changes: Partial<Duty> = {}): Duty => ({
  policy: "cold-passive",
  holds: false,
  stopping: false,
  expected: false,
  proven: true,
  shipped: true,
  heldMs: 0,
  sipDownMs: 0,
  ...changes,
});
const part = (phase: PartReport["phase"], detail = "x"): PartReport => ({
  phase,
  ok: phase === "running",
  detail,
  restarts: 0,
  sinceMs: 0,
});

describe("which part rests", () => {
  it("a cold standby's call parts rest once they were proven; database, keepalived and arbitrator never do", () => {
    for (const name of ["redis", "rtpengine", "app", "kamailio"] as const)
      expect(restReason(name, duty())).toMatch(/on purpose/);
    for (const name of ["mariadb", "keepalived", "garbd"] as const)
      expect(restReason(name, duty())).toBeUndefined();
  });
  it("not where the policy is another one, on the holder, before a handover, or before it was proven", () => {
    for (const changes of [
      { policy: "warm-passive" },
      { policy: "warm-active" },
      { policy: "hot-hot" },
      { holds: true },
      { expected: true },
      { proven: false },
    ] satisfies Partial<Duty>[])
      expect(restReason("kamailio", duty(changes))).toBeUndefined();
  });
  it("a former holder's app stays until its journal is in the ledger", () => {
    expect(restReason("app", duty({ shipped: false }))).toBeUndefined();
    expect(restReason("kamailio", duty({ shipped: false }))).toBeDefined();
  });
});

describe("the SIP server as an objection", () => {
  it("a resting one is none on a proven cold standby, and is one everywhere else", () => {
    expect(sipObjection(part("resting"), duty())).toBeUndefined();
    expect(sipObjection(part("starting"), duty({ proven: false }))).toMatch(/SIP server/);
    expect(sipObjection(part("backoff"), duty({ policy: "warm-passive" }))).toMatch(/SIP server/);
    expect(sipObjection(part("backoff"), duty({ policy: "warm-active" }))).toMatch(/SIP server/);
    expect(sipObjection(part("backoff"), undefined)).toMatch(/SIP server/);
  });
  it("a passive holder has 20 s to start at the takeover, then 3 s to restart in place", () => {
    const down = part("starting");
    const holder = (heldMs: number, sipDownMs: number) =>
      sipObjection(down, duty({ holds: true, heldMs, sipDownMs }));
    expect(holder(19_000, 19_000)).toBeUndefined();
    expect(holder(21_000, 21_000)).toMatch(/SIP server/);
    expect(holder(60_000, 2_000)).toBeUndefined();
    expect(holder(60_000, 4_000)).toMatch(/SIP server/);
  });
  it("a warm-active holder gives up at once", () => {
    const active = duty({ policy: "warm-active", holds: true, heldMs: 60_000, sipDownMs: 1 });
    expect(sipObjection(part("backoff"), active)).toMatch(/SIP server/);
  });
});

it("resting is in order, everything else that does not run is not", () => {
  expect(inOrder(part("resting"))).toBe(true);
  expect(inOrder(part("running"))).toBe(true);
  expect(inOrder(part("starting"))).toBe(false);
  expect(inOrder(undefined)).toBe(false);
});
