import { describe, expect, it } from "vitest";
import { type Attempt, hasFailed } from "../callers/attempt.ts";
import { measure, spread } from "./measure.ts";

/** A call every 20 ms; those that begin between `from` and `to` are answered when it ends, half a second later. */
const calls = (from: number, to: number): Attempt[] =>
  Array.from({ length: 500 }, (_, index) => {
    const started = index * 20;
    const hit = started > from && started <= to;
    const answered = hit ? Math.max(to, started + 500) + 5 : started + 5;
    return {
      callId: `c${index}`,
      started,
      answered,
      firstReply: answered,
      retransmissions: hit ? 1 : 0,
      redial: false,
    };
  });

describe("measure", () => {
  it("tells detection, takeover and outage from the log", () => {
    const figures = measure(calls(4000, 4250), { fault: 4003, master: 4203 }, 50);
    expect(figures).toMatchObject({ d: 200, f: 62, z: 260, lost: 0, redials: 0, savedByRetransmission: 12 });
    expect(figures.slowestMs).toBe(505);
  });

  it("finds the outage by the longest gap when the agents told nothing", () => {
    expect(measure(calls(4000, 4250), { fault: 4003 }, 50)).toMatchObject({ d: null, f: null, z: 260 });
  });

  it("an outage that comes back counts from its first to its last moment, one of the repair by itself", () => {
    const silences = [
      [4000, 4250],
      [4500, 5600],
      [6000, 6150],
      [9000, 9150],
    ] as const;
    // INVITEs get lost in the first two; in the others the machine was only slow.
    const flapping = calls(0, 0).flatMap((call) => {
      const silence = silences.findIndex(([from, to]) => call.started >= from && call.started <= to);
      if (silence < 0) return [call];
      return silence > 1 ? [] : [{ ...call, answered: call.started + 3000, retransmissions: 2 }];
    });
    const figures = measure(flapping, { fault: 4003, master: 4203, repair: 7000 }, 50);
    expect(figures).toMatchObject({ f: 62, z: 1640, repairGap: 180 });
    expect(figures.gaps).toEqual([
      { from: -18, to: 262 },
      { from: 482, to: 1622 },
    ]);
  });

  it("counts lost calls and failed redials", () => {
    const lost: Attempt = {
      callId: "x",
      started: 4010,
      firstReply: 4011,
      cancelled: 8011,
      retransmissions: 0,
      redial: false,
    };
    const redial: Attempt = {
      callId: "y",
      started: 8020,
      firstReply: 8021,
      retransmissions: 0,
      redial: true,
      rejected: { at: 8021, code: 503, reason: "Service Unavailable" },
    };
    const figures = measure([...calls(4000, 4250), lost, redial], { fault: 4003, master: 4203 }, 50);
    expect(figures).toMatchObject({ lost: 1, redials: 1, redialsFailed: 1 });
    expect(figures.failures).toEqual({ "no answer": 1, "503 Service Unavailable": 1 });
  });

  it("says nothing about an outage that did not end", () => {
    expect(measure(calls(4000, 4250).slice(0, 200), { fault: 4003, master: 4203 }, 50)).toMatchObject({
      z: null,
      f: null,
    });
  });
});

describe("hasFailed", () => {
  const call = { callId: "x", started: 1000, retransmissions: 0 };
  it("judges silence by the clock only after the patience", () => {
    expect(hasFailed(call, 5400, 4000)).toBe(false);
    expect(hasFailed(call, 5501, 4000)).toBe(true);
  });
  it("an answered call never fails", () => {
    expect(hasFailed({ ...call, answered: 1001, firstReply: 1001 }, 99_999, 4000)).toBe(false);
  });
});

describe("spread", () => {
  it("knows even, odd and no values", () => {
    expect(spread([3, null, 1, 2])).toEqual({ min: 1, median: 2, max: 3 });
    expect(spread([4, 1, 2, 3])).toEqual({ min: 1, median: 2.5, max: 4 });
    expect(spread([null])).toBeNull();
  });
});
