import { expect, it } from "vitest";
import { Failures } from "./failures.ts";

it("rests after so many failures in a row, and after each one that follows, until it succeeds", () => {
  const failures = new Failures(3, 1000);
  failures.failed(0);
  failures.failed(1);
  expect(failures.rests(2)).toBe(false);
  failures.failed(2);
  expect(failures.rests(3)).toBe(true);
  expect(failures.rests(1002)).toBe(false);
  failures.failed(1002);
  expect(failures.rests(1003)).toBe(true);
  failures.wake();
  expect(failures.rests(1003)).toBe(false);
  failures.succeeded();
  failures.failed(3000);
  expect(failures.rests(3001)).toBe(false);
});
