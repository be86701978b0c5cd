import { expect, it } from "vitest";
import { guardSchema } from "./guard-schema.ts";
import { Spending, tooMuch } from "./spending.ts";

const ada = { guard: "premium", subject: "ada" };
const minute = 60_000;
const noon = 12 * 60 * minute;

it("counts calls in progress, and answered ones and their minutes of today", () => {
  let now = noon;
  const spending = new Spending(() => now);
  spending.call("1", [ada], false);
  spending.call("2", [ada], false);
  spending.call("1", [], true);
  now += 5 * minute;
  expect(spending.usage(ada)).toEqual({ calls: 2, callsToday: 1, minutesToday: 5, costToday: 0 });
  spending.ended("1");
  spending.ended("2");
  spending.ended("2");
  now += minute;
  expect(spending.usage(ada)).toEqual({ calls: 0, callsToday: 1, minutesToday: 5, costToday: 0 });
  expect(spending.usage({ ...ada, subject: "bob" }).calls).toBe(0);
  // Of the ledger: what was before.
  spending.add(ada, 10 * minute, 70_000);
  expect(spending.usage(ada)).toEqual({ calls: 0, callsToday: 2, minutesToday: 15, costToday: 70_000 });
});

it("begins anew at midnight, of a call that goes on with its part of the new day", () => {
  let now = 24 * 60 * minute - 10 * minute;
  const spending = new Spending(() => now);
  spending.add(ada, minute, 1);
  spending.call("1", [ada], true);
  now += 13 * minute;
  expect(spending.usage(ada)).toEqual({ calls: 1, callsToday: 1, minutesToday: 3, costToday: 0 });
});

it("counts what calls cost, while they go on too, by the minutes that are begun", () => {
  let now = noon;
  const spending = new Spending(() => now);
  const tariff = { perMinute: 100_000, fee: 50_000, first: 60, next: 60, minimum: 0 };
  spending.call("1", [ada], false);
  expect(spending.usage(ada).costToday).toBe(0);
  spending.call("1", [], true, tariff);
  now += 61_000;
  expect([spending.usage(ada).costToday, spending.tariffOf("1")]).toEqual([250_000, tariff]);
  spending.call("2", [ada], true);
  spending.ended("1");
  now += 10 * minute;
  expect(spending.usage(ada)).toMatchObject({ calls: 1, callsToday: 2, costToday: 250_000 });
});

it("says what is too much", () => {
  const guard = guardSchema.parse({
    name: "g",
    calls: 2,
    calls_per_day: 10,
    minutes_per_day: 60,
    cost_per_day: "5000.5",
  });
  const usage = { calls: 1, callsToday: 9, minutesToday: 59, costToday: 5_000_499_999 };
  expect(tooMuch(guard, usage)).toBeUndefined();
  expect(tooMuch(guard, { ...usage, calls: 2 })).toBe("2 calls at a time, of 2");
  expect(tooMuch(guard, { ...usage, callsToday: 10 })).toBe("10 calls today, of 10");
  expect(tooMuch(guard, { ...usage, minutesToday: 61 })).toBe("61 minutes today, of 60");
  expect(tooMuch(guard, { ...usage, costToday: 5_000_500_000 })).toBe("calls for 5000.5 today, of 5000.5");
});
