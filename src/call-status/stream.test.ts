import { expect, it } from "vitest";
import { placeAfter } from "./stream.ts";

it("an id is a place in the feed, and what is wanted is behind it", () => {
  expect(placeAfter("7-0")).toEqual({ position: 6, within: 1 });
  expect(placeAfter("7-12")).toEqual({ position: 6, within: 13 });
  for (const id of ["", "7", "-1-0", "7-0x", "9999999999999999-0"]) expect(placeAfter(id)).toBeUndefined();
});
