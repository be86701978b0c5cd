import { expect, test } from "vitest";
import type { CallRecord } from "../records/call-record.ts";
import { countTraffic, trafficText } from "./traffic.ts";

const now = Date.parse("2026-11-21T02:00:00Z");
const call = (secondsAgo: number, closed: boolean): CallRecord => ({
  id: "0".repeat(32),
  call_id: "1",
  from_tag: "1",
  from: "1001",
  to: "1002",
  number: "1002",
  meant: "",
  user: "",

  source: "198.18.77.1",
  started_at: new Date(now - 1000 * secondsAgo).toISOString(),
  answered_at: null,
  ended_at: null,
  duration_ms: null,
  status: 200,
  outcome: "answered",
  reason: "",
  target: "",

  origin: "a",
  nodes: ["a"],
  attempts: [],
  tags: {},
  rule: "",
  decided_by: "own",
  taken_by: "",
  interruptions: [],
  transfers: [],
  carrier: "",
  charge: null,
  transferred_by: "",
  replaces: "",
  passes: [],
  note: "",
  events: 1,
  recording: null,
  closed_how: closed ? "bye" : null,
});

test("counts the last minute, whatever the order, and shows the newest call", () => {
  const traffic = countTraffic([call(70, true), call(5, false), call(59, true)], now);
  expect(traffic).toMatchObject({ lastMinute: 2, open: 1, more: false });
  expect(trafficText(traffic)).toBe(
    "2 in the last minute, 1 in progress · last: 01:59:55 1001 → 1002 answered 200",
  );
  expect(trafficText(undefined)).toBe("no app answers");
});

test("says when there are more than it asked for", () => {
  const many = Array.from({ length: 200 }, () => call(1, true));
  expect(trafficText(countTraffic(many, now))).toMatch(/^200 or more in the last minute/);
});
