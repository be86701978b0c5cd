import fc from "fast-check";
import { expect, it } from "vitest";
import { amountText, converted, microsOf } from "./money.ts";
import { billedSeconds, costOf } from "./tariff.ts";

it.each([
  ["0.0123", 12_300],
  ["0,0123", 12_300],
  ["1.234,50", 1_234_500_000],
  ["1,234.50", 1_234_500_000],
  [".5", 500_000],
  ["2", 2_000_000],
  ["1,234", 1_234_000],
  ["0.012300000", 12_300],
])("reads %s", (text, micros) => expect(microsOf(text)).toBe(micros));

it.each(["", "-1", "a", "1.2.3", "1e-3", "0.0000001", "5000", "1,23,4"])("refuses '%s'", (text) =>
  expect(() => microsOf(text)).toThrow(/'/),
);

it("writes what it reads", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4_000_000_000 }), (micros) => {
      expect(microsOf(amountText(micros))).toBe(micros);
    }),
  );
});

it("converts exactly, half up", () => {
  expect(converted(4_000_000_000, 1_000_000)).toBe(4_000_000_000);
  expect(converted(1, 500_000)).toBe(1);
  expect(converted(1, 499_999)).toBe(0);
  expect(converted(4_000_000_000, 923_456_789)).toBe(3_693_827_156_000);
});

const tariff = { perMinute: 10_000, fee: 0, first: 60, next: 1, minimum: 0 };
it.each([
  [1, tariff, 60],
  [60_000, tariff, 60],
  [60_001, tariff, 61],
  [0, { ...tariff, first: 1 }, 1],
  [61_000, { ...tariff, next: 60 }, 120],
  [5000, { ...tariff, first: 1, minimum: 30 }, 30],
  [31_000, { ...tariff, first: 30, next: 6 }, 36],
])("%d ms by %j are %d seconds", (ms, by, seconds) => expect(billedSeconds(by, ms)).toBe(seconds));

it("costs whole micros, half up", () => {
  expect(costOf({ ...tariff, fee: 50_000 }, 90)).toBe(65_000);
  expect(costOf({ ...tariff, perMinute: 1 }, 30)).toBe(1);
  expect(costOf({ ...tariff, perMinute: 1 }, 29)).toBe(0);
});
