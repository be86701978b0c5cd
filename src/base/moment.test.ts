import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseMoment, utc, utcMoment, utcTime } from "./moment.ts";

const now = Date.parse("2026-11-21T12:00:00.000Z");
const read = (text: string): string | undefined => {
  const moment = parseMoment(text, now);
  return moment === undefined ? undefined : new Date(moment).toISOString();
};

describe("moments", () => {
  it.each([
    ["2026-11-21 10:00:00.123", "2026-11-21T10:00:00.123Z"],
    ["2026-11-21 10:00:00.123Z", "2026-11-21T10:00:00.123Z"],
    ["2026-11-21 10:00:00 UTC", "2026-11-21T10:00:00.000Z"],
    ["2026-11-21T10:00", "2026-11-21T10:00:00.000Z"],
    ["2026-11-21 10:00", "2026-11-21T10:00:00.000Z"],
    ["2026-11-21", "2026-11-21T00:00:00.000Z"],
    ["2026-11-21T10:00:00+01:00", "2026-11-21T09:00:00.000Z"],
    ["2026-11-21 10:00 -0330", "2026-11-21T13:30:00.000Z"],
    ["2026-11-21T10:00:00.123456789Z", "2026-11-21T10:00:00.123Z"],
    // The hour that comes twice in Amsterdam comes once here.
    ["2026-10-25 02:30", "2026-10-25T02:30:00.000Z"],
    // A leap second, RFC 3339 5.7.
    ["2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z"],
    ["10:00", "2026-11-21T10:00:00.000Z"],
    ["13:00:00.5", "2026-11-20T13:00:00.500Z"],
    ["12:00:00Z", "2026-11-21T12:00:00.000Z"],
    ["00:30 +02:00", "2026-11-20T22:30:00.000Z"],
    ["23:30 -05:00", "2026-11-21T04:30:00.000Z"],
    ["2026-02-30", undefined],
    ["2026-13-01", undefined],
    ["2026-11-21 24:01", undefined],
    ["2026-11-21 10", undefined],
    ["yesterday", undefined],
    ["1763719200", undefined],
    ["Z", undefined],
    ["", undefined],
  ])("%s is %s", (text, expected) => {
    expect(read(text)).toBe(expected);
  });

  it("what is shown can be typed back", () => {
    const moments = fc.integer({ min: Date.UTC(1970, 0, 1), max: Date.UTC(2099, 11, 31) });
    fc.assert(
      fc.property(moments, fc.constantFrom(0, 1, 3), (moment, digits) => {
        const rounded = Math.floor(moment / 10 ** (3 - digits)) * 10 ** (3 - digits);
        expect(parseMoment(utc(moment, digits), now)).toBe(rounded);
        expect(parseMoment(utcMoment(moment, digits), now)).toBe(rounded);
        expect(parseMoment(utcTime(moment, digits), moment)).toBe(rounded);
      }),
    );
  });
});
