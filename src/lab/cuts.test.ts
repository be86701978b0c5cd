import { expect, test } from "vitest";
import { addCut, cutsWithout, rulesFor } from "./cuts.ts";
import type { Cut } from "./state.ts";

const cut = (from: string, to: string, more: Partial<Cut> = {}): Cut => ({
  from,
  to,
  oneWay: false,
  loss: 100,
  ...more,
});
const dropsOf = (cuts: Cut[]): string[] =>
  rulesFor(cuts)
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line.endsWith("drop"));

test("a cut between two hosts drops both directions", () => {
  expect(dropsOf([cut("a", "b")])).toEqual([
    'iifname "p-a" oifname "p-b" drop',
    'iifname "p-b" oifname "p-a" drop',
  ]);
});

test("a cut from everyone needs no second port", () => {
  expect(dropsOf([cut("a", "*")])).toEqual(['iifname "p-a" drop', 'oifname "p-a" drop']);
});

test("one way, and with loss", () => {
  expect(dropsOf([cut("a", "machine", { oneWay: true, loss: 20 })])).toEqual([
    'iifname "p-a" oifname "p-machine" numgen random mod 100 < 20 drop',
  ]);
});

test("the table is replaced as a whole, also by nothing", () => {
  expect(rulesFor([])).toContain("delete table bridge dialtone");
  expect(dropsOf([])).toEqual([]);
});

test("a new cut takes the place of the old one between the same hosts", () => {
  expect(addCut([cut("a", "b")], cut("b", "a", { loss: 30 }))).toEqual([cut("b", "a", { loss: 30 })]);
  const oneWay = [cut("a", "b", { oneWay: true })];
  expect(addCut(oneWay, cut("b", "a", { oneWay: true }))).toHaveLength(2);
  expect(addCut(oneWay, cut("b", "a"))).toEqual([cut("b", "a")]);
});

test("healing a host repairs all its cuts", () => {
  expect(cutsWithout([cut("a", "b"), cut("b", "w"), cut("w", "*")], "b")).toEqual([cut("w", "*")]);
});
