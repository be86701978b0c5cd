import { expect, test } from "vitest";
import { differences, type Figures, peakOf, rest, withRest } from "./figures.ts";
import { shownCounts, spansOf } from "./read.ts";

const none = { busy: 0, no_answer: 0, cancelled: 0, failed: 0, trying: 0, talk_ms: 0, wait_ms: 0 };
const row = (value: string, calls: number, dimension = "number"): Figures => ({
  ...{ dimension, value, calls, answered: calls },
  ...none,
});

test("only what is different is written, and what is no more is removed", () => {
  expect(
    differences([row("1", 3), row("2", 5), row("3", 1)], [row("1", 3), row("2", 6), row("4", 1)]),
  ).toEqual({
    write: [row("2", 6), row("4", 1)],
    remove: [{ dimension: "number", value: "3" }],
  });
});

test("what was cut off is one value, so that all together are still all calls", () => {
  const all = row("", 20, "all");
  expect(withRest([row("1", 9), row("2", 5)], all, 2)).toEqual([row("1", 9), row("2", 5), row(rest, 6)]);
  expect(withRest([row("1", 9), row("2", 5)], all, 3)).toHaveLength(2);
});

test("calls at a time: those from before, and each that begins and ends", () => {
  const deltas = new Map([
    [100, 2],
    [102, -1],
  ]);
  expect(peakOf(3, deltas, 100, 4)).toEqual({ peak: 5, average: 4.5 });
});

test("whole days are read as days, the hours at both ends as hours", () => {
  const at = (text: string) => Date.parse(`2026-11-${text}:00Z`);
  expect(spansOf(at("01T22:00"), at("04T03:00"))).toEqual({
    days: [at("02T00:00"), at("04T00:00")],
    hours: [
      [at("01T22:00"), at("02T00:00")],
      [at("04T00:00"), at("04T03:00")],
    ],
  });
  expect(spansOf(at("01T10:00"), at("01T12:00"))).toEqual({
    days: undefined,
    hours: [[at("01T10:00"), at("01T12:00")]],
  });
});

test("the answer-seizure ratio counts no call that is still being tried", () => {
  const counts = { ...row("", 10), answered: 6, busy: 2, trying: 2, talk_ms: 90_000 };
  expect(shownCounts(counts)).toMatchObject({
    answer_seizure_ratio: 0.75,
    talk_seconds: 90,
    average_talk_seconds: 15,
  });
  expect(shownCounts({ ...row("", 0) }).answer_seizure_ratio).toBeNull();
});
