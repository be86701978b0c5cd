import { expect, test } from "vitest";
import { nextTerm } from "./claim.ts";

test("a new claim is newer than the own last one and all that are known", () => {
  expect(nextTerm(0, [])).toBe(1);
  expect(nextTerm(4, [2, 3])).toBe(5);
  expect(nextTerm(1, [7, 3])).toBe(8);
});
