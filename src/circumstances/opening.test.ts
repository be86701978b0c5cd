import fc from "fast-check";
import { DateTime } from "luxon";
import { describe, expect, it } from "vitest";
import { type Window, weekdays, windowSchema } from "../directory/time-schema.ts";
import { type CalendarInput, calendarSchema } from "./calendar-schema.ts";
import { inDates, inWindow, sameUntil, wallAt } from "./clock.ts";
import { withHolidays } from "./holidays.ts";
import { compiled, openingAt } from "./opening.ts";

const at = (text: string, zone = "Europe/Berlin"): number => DateTime.fromISO(text, { zone }).toMillis();

const calendar = (more: Partial<CalendarInput>) =>
  compiled(calendarSchema.parse({ name: "c", time_zone: "Europe/Berlin", ...more }));

const office = calendar({
  hours: [
    { days: ["mon", "tue", "wed", "thu", "fri"], from: "08:00", to: "18:00" },
    { days: ["sat"], from: "22:00", to: "06:00" },
  ],
  holidays: [
    { date: "2026-12-25", name: "Christmas" },
    { date: "2026-10-31", name: "Reformation" },
    { date: "2026-05-01", name: "May Day" },
  ],
  except: ["10-31"],
  days: [
    { from: "12-24", name: "Christmas Eve", hours: [{ from: "09:00", to: "12:00" }] },
    { from: "2026-12-28", to: "2026-12-31", name: "between the years" },
  ],
});

describe("a calendar", () => {
  it.each([
    ["2026-11-30T07:59:59", "closed", ""],
    ["2026-11-30T08:00", "open", ""],
    ["2026-11-30T17:59:59", "open", ""],
    ["2026-11-30T18:00", "closed", ""],
    ["2026-11-29T05:59", "open", ""], // Sunday: the night that began on Saturday
    ["2026-11-29T06:00", "closed", ""],
    ["2026-11-28T23:00", "open", ""],
    ["2026-12-24T08:30", "holiday", "Christmas Eve"],
    ["2026-12-24T09:30", "open", "Christmas Eve"],
    ["2027-12-24T11:59", "open", "Christmas Eve"],
    ["2026-12-25T10:00", "holiday", "Christmas"],
    ["2026-12-29T10:00", "holiday", "between the years"],
    ["2027-12-29T10:00", "open", ""],
    ["2026-10-31T23:00", "open", ""], // a Saturday that is no holiday here
    ["2026-05-01T10:00", "holiday", "May Day"],
  ])("at %s is %s %s", (text, state, day) => {
    expect(openingAt(office, at(text))).toMatchObject({ state, day });
  });

  it("says until when that holds", () => {
    expect(openingAt(office, at("2026-11-30T07:59:59")).until).toBe(at("2026-11-30T08:00"));
    expect(openingAt(office, at("2026-11-30T08:00")).until).toBeLessThanOrEqual(at("2026-11-30T18:00"));
  });

  it("has the holidays of its country and region", async () => {
    const found = await withHolidays(
      calendarSchema.parse({ name: "c", time_zone: "Europe/Berlin", country: "DE", region: "BW" }),
    );
    const year = new Date().getUTCFullYear();
    const dates = found.holidays.map(({ date }) => date);
    expect(dates).toContain(`${year}-01-06`); // Epiphany, there and in few other regions
    expect(dates).toContain(`${year + 9}-10-03`);
    expect(dates).not.toContain(`${year}-10-31`);
    await expect(
      withHolidays(calendarSchema.parse({ name: "c", time_zone: "UTC", country: "DE", region: "XX" })),
    ).rejects.toThrow("DE has no region XX; it has BB");
  });
});

const zones = [
  "Europe/Berlin",
  "America/New_York",
  "Australia/Lord_Howe",
  "America/Sao_Paulo",
  "Asia/Kathmandu",
];
/** Nights in which clocks change, midnights that do not exist, leap days, ends of years. */
const moments = [
  Date.UTC(2026, 2, 29, 1),
  Date.UTC(2026, 9, 25, 1),
  Date.UTC(2026, 10, 1, 6),
  Date.UTC(2026, 3, 4, 15),
  Date.UTC(2018, 10, 4, 3),
  Date.UTC(2028, 1, 29, 12),
  Date.UTC(2026, 11, 31, 23),
];
const time = fc
  .tuple(fc.integer({ min: 0, max: 23 }), fc.constantFrom("00", "01", "30", "59"))
  .map(([hour, minute]) => `${String(hour).padStart(2, "0")}:${minute}`);
const arbitraryWindow: fc.Arbitrary<Window> = fc
  .record({
    from: time,
    to: time,
    days: fc.option(fc.subarray([...weekdays], { minLength: 1 }), { nil: undefined }),
  })
  .filter((window) => windowSchema.safeParse(window).success)
  .map((window) => windowSchema.parse(window));
const moment = fc
  .tuple(fc.constantFrom(...moments), fc.integer({ min: -30 * 3_600_000, max: 30 * 3_600_000 }))
  .map(([middle, off]) => middle + off);

describe("the clock on the wall", () => {
  it("shows what the library shows, whatever the clocks do", () => {
    fc.assert(
      fc.property(fc.constantFrom(...zones), moment, (zone, now) => {
        const shown = DateTime.fromMillis(now, { zone });
        expect(wallAt(now, zone)).toEqual({
          date: shown.toFormat("yyyy-MM-dd"),
          weekday: shown.weekday - 1,
          minute: shown.hour * 60 + shown.minute,
        });
      }),
      { numRuns: 500 },
    );
  });

  it("does not change what a window says before it said so", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        moment,
        arbitraryWindow,
        fc.double({ min: 0, max: 1, noNaN: true }),
        (zone, now, window, share) => {
          const minutes = [window.from, window.to].map(
            (text) => (Number(text.slice(0, 2)) * 60 + Number(text.slice(3))) % 1440,
          );
          const until = sameUntil(now, zone, minutes);
          expect(until).toBeGreaterThan(now);
          expect(until - now).toBeLessThanOrEqual(25 * 3_600_000);
          const later = Math.min(until - 1, Math.floor(now + share * (until - now)));
          expect(inWindow(window, wallAt(later, zone))).toBe(inWindow(window, wallAt(now, zone)));
        },
      ),
      { numRuns: 1000 },
    );
  });

  it("knows dates of every year, also across its end, and leap days", () => {
    expect(inDates({ from: "12-28", to: "01-03" }, "2027-01-02")).toBe(true);
    expect(inDates({ from: "12-28", to: "01-03" }, "2026-12-27")).toBe(false);
    expect(inDates({ from: "02-29" }, "2028-02-29")).toBe(true);
    expect(inDates({ from: "2026-12-24" }, "2027-12-24")).toBe(false);
  });
});
