import { expect, it } from "vitest";
import { patience, type Strikes, strike } from "./patience.ts";

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
