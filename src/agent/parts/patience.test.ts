import { expect, it, test } from "vitest";
import { meaningOf, patience, type Silence, type Strikes, strike } from "./patience.ts";

/** The factor after kills at these seconds, at a later one. */
const factor = (kills: number[], at: number) =>
  patience(
    kills.reduce<Strikes | undefined>((before, second) => strike(before, second * 1000), undefined),
    at * 1000,
  );

it("is the part's own as long as nothing was killed, and for kills that are far apart", () => {
  expect(factor([], 0)).toBe(1);
  expect(factor([0], 20)).toBe(1);
  expect(factor([0, 30, 60], 80)).toBe(1);
});

it("doubles with each kill that follows soon, for a time that doubles too", () => {
  expect(factor([0], 1)).toBe(2);
  expect(factor([0, 5], 6)).toBe(4);
  expect(factor([0, 5], 44)).toBe(4);
  expect(factor([0, 5], 45)).toBe(1);
  expect(factor([0, 5, 15, 30], 31)).toBe(16);
});

it("has an end", () => {
  expect(factor([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 10)).toBe(32);
});

const silence = (verdict: Silence["says"]["verdict"], silentMs: number, factor = 1): Silence => ({
  silentMs,
  sickAfterMs: 900,
  killAfterMs: 0,
  factor,
  says: { verdict, why: verdict },
});

test.each<[string, Silence, ReturnType<typeof meaningOf>]>([
  ["stuck, but not for long enough", silence("stuck", 900), { sick: false, kill: false }],
  ["stuck", silence("stuck", 901), { sick: true, kill: true }],
  ["stuck, soon after a kill", silence("stuck", 1800, 2), { sick: false, kill: false }],
  ["asleep: it may wait for another", silence("asleep", 1900), { sick: false, kill: false }],
  ["asleep", silence("asleep", 1901), { sick: true, kill: true }],
  ["stopped: found before", silence("stopped", 501), { sick: true, kill: true }],
  ["stopped, soon after a kill: it is certain", silence("stopped", 501, 8), { sick: true, kill: true }],
  [
    "stopped, with time to come back by itself",
    { ...silence("stopped", 800), killAfterMs: 30_000 },
    { sick: false, kill: false },
  ],
  ["a debugger, for a moment", silence("stopped", 400), { sick: false, kill: false }],
  ["nothing is known yet", silence("unknown", 1400), { sick: false, kill: false }],
  ["nothing can be known", silence("unknown", 1501), { sick: true, kill: true }],
  ["others have the processors", silence("starved", 5000), { sick: false, busy: "starved", kill: false }],
  ["it works", silence("works", 10_900), { sick: false, busy: "works", kill: false }],
  [
    "busy for so long that it does not do its job",
    silence("works", 10_901),
    { sick: true, busy: "works", kill: false },
  ],
  [
    "no excuse holds for ever",
    silence("waits-for-disk", 60_901),
    { sick: true, busy: "waits-for-disk", kill: true },
  ],
  ["never to be killed", { ...silence("stuck", 99_999), killAfterMs: null }, { sick: true, kill: false }],
  [
    "its own time to recover",
    { ...silence("stuck", 30_000), killAfterMs: 30_000 },
    { sick: true, kill: false },
  ],
])("%s", (_, given, meaning) => {
  expect(meaningOf(given)).toEqual(meaning);
});
