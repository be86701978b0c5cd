import { describe, expect, test } from "vitest";
import { busyMinutes, parseBusy } from "./busy.ts";
import {
  middle,
  parseDuration,
  parseFrequency,
  parseMoney,
  parseMoneyRate,
  parsePercent,
  UnitError,
} from "./units.ts";

describe("quantities are read as people write them", () => {
  test.each([
    ["30 min", 1800, 1800],
    ["4 h to 24 h", 14_400, 86_400],
    ["4 to 24 h", 14_400, 86_400],
    ["30 s to 2 min", 30, 120],
    ["1 year", 31_536_000, 31_536_000],
    ["2 days", 172_800, 172_800],
    ["0.2 s", 0.2, 0.2],
    ["60 ms", 0.06, 0.06],
  ])("duration %s", (text, low, high) => {
    expect(parseDuration(text)).toEqual({ low, high });
  });

  test.each([
    ["2 per year", 2, 2],
    ["2 to 6 / year", 2, 6],
    ["once in 5 years", 0.2, 0.2],
    ["once in 5 to 10 years", 0.1, 0.2],
    ["once in a year", 1, 1],
    ["1 per month", 12, 12],
    ["never", 0, 0],
  ])("frequency %s", (text, low, high) => {
    const range = parseFrequency(text);
    expect(range.low).toBeCloseTo(low, 9);
    expect(range.high).toBeCloseTo(high, 9);
  });

  test("percent, money, money per time", () => {
    expect(parsePercent("5 % to 15 %")).toEqual({ low: 0.05, high: 0.15 });
    expect(parsePercent("5 to 15 %")).toEqual({ low: 0.05, high: 0.15 });
    expect(parseMoney("£1,250")).toEqual({ low: 1250, high: 1250, currency: "GBP" });
    expect(parseMoney("250 to 400 EUR")).toEqual({ low: 250, high: 400, currency: "EUR" });
    expect(parseMoneyRate("£240/h", 60)).toEqual({ low: 4, high: 4, currency: "GBP" });
    expect(parseMoneyRate("£4/min to £6/min", 60)).toEqual({ low: 4, high: 6, currency: "GBP" });
    expect(parseMoneyRate("£4 to £6 / min", 60)).toEqual({ low: 4, high: 6, currency: "GBP" });
  });

  test("the middle of a range that is uncertain by a factor is the geometric mean", () => {
    expect(middle({ low: 4, high: 16 })).toBe(8);
    expect(middle({ low: 0, high: 16 })).toBe(8);
  });
});

describe("mistakes are refused with what to write instead", () => {
  test.each([
    [parseDuration, 4, /4 has no unit.*"4 s", "4 min", "4 h" or "4 days"/],
    [parseDuration, "4", /'4' has no unit.*"4 min"/],
    [parseDuration, "-4 h", /negative/],
    [parseDuration, -4, /negative/],
    [parseDuration, "4 hors", /not a length of time; write "30 s"/],
    [parseDuration, "24 h to 4 h", /runs backwards/],
    [parseDuration, "", /write "4 s"/],
    [parsePercent, "120 %", /over 100 %/],
    [parsePercent, 5, /5 has no unit.*"5 %"/],
    [parsePercent, "0.5", /has no unit/],
    [parseFrequency, "often", /"once in 5 to 10 years"/],
    [parseFrequency, 2, /"2 per year"/],
    [parseMoney, 250, /"£250" or "250 GBP"/],
    [parseMoney, "£250/h", /money per time; write one amount/],
    [parseMoney, "£5 to 10 EUR", /mixes two currencies/],
    [(input: unknown) => parseMoneyRate(input, 60), "£250", /not money per time; write "£250\/h"/],
    [(input: unknown) => parseMoneyRate(input, 60), "£4/min to £6/h", /two different times|same time/],
  ])("%#: %s", (parse, input, message) => {
    expect(() => parse(input)).toThrow(UnitError);
    expect(() => parse(input)).toThrow(message);
  });
});

describe("busy hours", () => {
  test("count the minutes between two moments of the week", () => {
    const busy = parseBusy("Mon-Fri 09:00-17:00, Sat 10:00-12:00");
    expect(busy.share).toBeCloseTo((5 * 8 + 2) / 168, 9);
    const minutes = (from: number, to: number) => busyMinutes(busy, to) - busyMinutes(busy, from);
    expect(minutes(8, 10)).toBeCloseTo(60, 6);
    expect(minutes(0, 168)).toBeCloseTo(42 * 60, 6);
    expect(minutes(168 * 3 + 16.5, 168 * 3 + 33.5)).toBeCloseTo(60, 6);
  });
  test.each(["Mon-Fri", "Mon-Fri 17:00-09:00", "Mo-Fr 9-5", "Fri-Mon 09:00-17:00"])("refuse %s", (text) => {
    expect(() => parseBusy(text)).toThrow(/write "Mon-Fri 08:30-17:30"/);
  });
});
