import { expect, test } from "vitest";
import { moneyFormat, oftenText, rangeText, timeText } from "./format.ts";

test.each([
  [0, "0 s"],
  [0.0004, "0.4 ms"],
  [0.63, "630 ms"],
  [1.4, "1.4 s"],
  [118, "2 min"],
  [134, "2.2 min"],
  [1800, "30 min"],
  [5400, "1.5 h"],
  [86_400, "24 h"],
  [7 * 86_400, "7 days"],
  [7_884_000, "3 months"],
  [31_536_000, "1 year"],
  [Number.POSITIVE_INFINITY, "everything"],
])("%d s is written %s", (seconds, text) => {
  expect(timeText(seconds)).toBe(text);
});

test("how often, money, ranges", () => {
  expect(oftenText(2.44)).toBe("2.4 times a year");
  expect(oftenText(0.08)).toBe("once in 13 years");
  expect(moneyFormat("GBP")(-123_456)).toBe("-£123,000");
  expect(moneyFormat("EUR")(0.3)).toBe("€0");
  const range = (low: number, high: number, unit: "per year" | "share") =>
    rangeText({ id: "equipment.x.y", range: { low, high }, unit });
  expect(range(0.05, 0.15, "per year")).toBe("once in 6.7 to 20 years");
  expect(range(1, 4, "per year")).toBe("1 to 4 times a year");
  expect(range(0.9, 0.99, "share")).toBe("90 % to 99 %");
});
