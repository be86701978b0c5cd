import { expect, test } from "vitest";
import { isBusy, waitOf } from "./tcp-wait.ts";

const before = { at: 1000, taken: 50_000 };
/** 400 ms later, so many bytes more were taken. */
const after = (bytes: number) => ({ at: 1400, taken: 50_000 + bytes });

test.each([
  // 400 kB in 400 ms: a byte waits for as many microseconds as there are before it.
  ["an empty queue", 400_000, 0, 0],
  ["a request that has just come", 400_000, 800, 0],
  ["a queue", 400_000, 300_000, 300],
  ["a long one", 400_000, 20_000_000, 20_000],
  ["nobody believes a minute", 400_000, 90_000_000, 30_000],
  ["a slow server", 40_000, 300_000, 3000],
  ["next to nothing is taken: a hang, or half a message of somebody's", 800, 300_000, 0],
  ["Kamailio was started again meanwhile", -40_000, 300_000, 0],
])("%s", (_, bytes, queued, ms) => {
  expect(waitOf(before, after(bytes), queued)).toBe(ms);
});

test("with few requests nobody looks", () => {
  expect([0, 800, -40_000].map((bytes) => isBusy(before, after(bytes)))).toEqual([false, false, false]);
  expect(isBusy(before, after(8000))).toBe(true);
  expect(isBusy(before, before)).toBe(false);
});
