import { expect, it } from "vitest";
import { Alarms } from "./alarms.ts";

it("tells what guards found for ten minutes after the last call, each guard and subject once", () => {
  let now = 0;
  const alarms = new Alarms(() => now);
  const ada = { guard: "g", subject: "ada", why: "2 calls today, of 2" };
  alarms.note([ada]);
  now = 300_000;
  alarms.note([
    { ...ada, why: "3 calls today, of 2" },
    { ...ada, subject: "bob" },
  ]);
  alarms.note(undefined);
  expect(alarms.all()).toEqual([
    { guard: "g", subject: "ada", why: "3 calls today, of 2", sinceMs: 300_000 },
    { ...ada, subject: "bob", sinceMs: 0 },
  ]);
  now = 900_001;
  expect(alarms.all()).toEqual([]);
});
