import { expect, test } from "vitest";
import { nextAfter, seenPage } from "./paging.ts";

/** The numbers below 10, three at once; whoever asks sees the even ones. */
const evens = {
  page: async (after = "-1") => {
    const from = Number(after) + 1;
    const rows = [0, 1, 2].map((more) => from + more).filter((number) => number < 10);
    return { rows, next: nextAfter(rows, 3, String) };
  },
  placeOf: String,
  sees: (number: number) => number % 2 === 0,
};

test("a page of what somebody sees is filled from further down, and the next one goes on behind its last row", async () => {
  expect(await seenPage(evens, undefined, 3)).toEqual({ rows: [0, 2, 4], next: "4" });
  expect(await seenPage(evens, "4", 3)).toEqual({ rows: [6, 8], next: null });
});

test("who sees nothing gets nothing, and no next page", async () => {
  expect(await seenPage({ ...evens, sees: () => false }, undefined, 3)).toEqual({ rows: [], next: null });
});
