import { expect, it } from "vitest";
import { beginOf } from "./past-calls.ts";

it.each([1, 2, 3, 200, 4097])("cuts all ids into %d slices, each after the one before", (slices) => {
  const begins = Array.from({ length: slices }, (_, at) => beginOf(at, slices).toString("hex"));
  expect(begins[0]).toBe("0".repeat(32));
  expect(begins).toEqual([...new Set(begins)].sort());
});
