import fc from "fast-check";
import { expect, it } from "vitest";
import { blockOf, blocks, prefixesOf } from "./blocks.ts";
import { rangeSchema } from "./range-schema.ts";

it("covers a block with the fewest prefixes", () => {
  expect(prefixesOf("+100", "+199")).toEqual(["+1"]);
  expect(prefixesOf("00", "99")).toEqual([""]);
  expect(prefixesOf("195", "203")).toEqual(["195", "196", "197", "198", "199", "200", "201", "202", "203"]);
  expect(prefixesOf("42", "42")).toEqual(["42"]);
});

it("finds the range of every number, whatever was added and removed", () => {
  const three = (value: number) => `+${String(value).padStart(3, "0")}`;
  const range = fc.tuple(fc.integer({ min: 0, max: 999 }), fc.integer({ min: 0, max: 300 }));
  fc.assert(
    fc.property(
      fc.array(range, { maxLength: 8 }),
      fc.integer({ min: 0, max: 999 }),
      fc.nat(8),
      (made, number, gone) => {
        const all = made.map(([first, more], at) =>
          rangeSchema.parse({
            name: `r${at}`,
            first: three(first),
            last: three(Math.min(999, first + more)),
          }),
        );
        const apart = all.filter(
          (one, at) => !all.slice(0, at).some(({ first, last }) => one.first <= last && first <= one.last),
        );
        const full = apart.reduce((index, one) => blocks.changed(index, undefined, one), blocks.empty);
        const removed = apart[gone];
        const index = removed ? blocks.changed(full, removed, undefined) : full;
        const found = apart.find(
          (one) => one !== removed && one.first <= three(number) && three(number) <= one.last,
        );
        expect(blockOf(index, three(number))).toBe(found?.name);
        expect(blockOf(index, three(number).slice(1))).toBeUndefined();
      },
    ),
  );
});
