import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AgentEvent } from "../report/watch.ts";
import { mergeTimeline, type Source } from "./merge.ts";

/** A host with a clock that is off, logging at true times (ms). */
function host(name: string, skew: number, times: readonly number[], boot = "boot-1"): Source {
  const monotonicOf = (time: number) => time + 7_000_000;
  const events = times.map(
    (time, index): AgentEvent => ({
      seq: index + 1,
      wallMs: time + skew,
      monotonicMs: monotonicOf(time),
      boot,
      host: name,
      kind: "part-started",
      subject: "app",
      text: "",
    }),
  );
  const now = { wallMs: 10_000 + skew, monotonicMs: monotonicOf(10_000), boot };
  return { host: name, from: "itself", now, clock: { offsetMs: skew, withinMs: 2 }, events };
}

const times = fc
  .array(fc.integer({ min: 0, max: 10_000 }), { maxLength: 30 })
  .map((list) => list.sort((x, y) => x - y));

describe("the logs of all hosts in one order", () => {
  test("whatever the clocks say, the true order comes out, and nothing is lost or doubled", () => {
    fc.assert(
      fc.property(times, times, fc.integer({ min: -1e7, max: 1e7 }), (one, other, skew) => {
        const merged = mergeTimeline([host("a", 0, one), host("b", skew, other)]);
        expect(merged.map((entry) => entry.at)).toEqual([...one, ...other].sort((x, y) => x - y));
        expect(new Set(merged.map((entry) => `${entry.host}${entry.seq}`)).size).toBe(
          one.length + other.length,
        );
      }),
    );
  });

  test("a wall clock that was set in between does not move what the monotonic clock has seen", () => {
    const source = host("b", 0, [1000, 2000, 3000]);
    const [first] = source.events;
    if (first) first.wallMs += 3_600_000;
    expect(mergeTimeline([source]).map((entry) => entry.at)).toEqual([1000, 2000, 3000]);
  });

  test("of an earlier boot there is only the wall clock, but never after what the host wrote later", () => {
    const before = host("b", 0, [1000, 9500], "boot-0").events;
    const source = host("b", 0, [5000, 6000]);
    source.events = [...before, ...source.events.map((event) => ({ ...event, seq: event.seq + 2 }))];
    expect(mergeTimeline([source]).map((entry) => entry.at)).toEqual([1000, 5000, 5000, 6000]);
  });

  test("what was noticed late stands where it began", () => {
    const b = host("b", 0, [1000, 2000]);
    const noticed = b.events[1];
    if (noticed) noticed.beganMsAgo = 1500;
    expect(mergeTimeline([b]).map((entry) => entry.at)).toEqual([500, 1000]);
  });
});
