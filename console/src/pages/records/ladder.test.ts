import { expect, test } from "vitest";
import { ladderOf } from "./ladder.ts";
import type { CallEvent, CallRecord } from "./record-types.ts";

const record = {
  from: "sip:1001@198.18.77.100",
  source: "198.18.77.11",
  started_at: "2026-11-29T12:00:00.000Z",
  nodes: ["a", "b"],
  target: "sip:1002@198.18.77.13",
  interruptions: [{ at: "2026-11-29T12:00:20.000Z", from: "a", to: "b", by_plan: false, gap_ms: 240 }],
} as CallRecord;

const event = (kind: CallEvent["kind"], second: number, more: Partial<CallEvent> = {}): CallEvent =>
  ({
    id: `${kind}-${second}`,
    kind,
    time: `2026-11-29T12:00:${String(second).padStart(2, "0")}.000Z`,
    to: "sip:1002@198.18.77.100",
    target: "",
    code: 0,
    reason: "",
    node: "a",
    ...more,
  }) as CallEvent;

test("lanes are who took part, steps what was said, moves lie across", () => {
  const ladder = ladderOf(record, [
    event("end", 40),
    event("answer", 6, { target: "sip:1002@198.18.77.13", code: 200, reason: "OK" }),
    event("attempt", 5, { target: "sip:1002@198.18.77.12", code: 486, reason: "Busy Here", carrier: "iron" }),
    event("start", 0),
  ]);
  expect(ladder.lanes.map(({ name, place }) => [name, place])).toEqual([
    ["1001", "198.18.77.11"],
    ["a, b", ""],
    ["1002", "198.18.77.12"],
    ["1002", "198.18.77.13"],
  ]);
  expect(
    ladder.steps.map((step) =>
      step.kind === "band"
        ? [step.at, step.pauseMs, `${step.from} to ${step.to}`]
        : [step.at, step.pauseMs, step.from, step.to, step.text],
    ),
  ).toEqual([
    [0, 0, 0, 1, "INVITE 1002"],
    [5000, 5000, 2, 1, "486 Busy Here"],
    [6000, 0, 3, 0, "200 OK"],
    [20_000, 14_000, "a to b"],
    [40_000, 20_000, 0, 3, "BYE"],
  ]);
});

test("a call that no target was asked for ends at the service", () => {
  const lone = { ...record, target: "", interruptions: [] } as unknown as CallRecord;
  const { lanes, steps } = ladderOf(lone, [
    event("start", 0),
    event("fail", 0, { code: 404, reason: "Not Found" }),
  ]);
  expect(lanes).toHaveLength(2);
  expect(steps.at(-1)).toMatchObject({ from: 1, to: 0, text: "404 Not Found", tone: "bad" });
});
