import { expect, test } from "vitest";
import { type Standing, weightOf } from "./weight.ts";

const comesBack: Standing = {
  othersCarry: true,
  carries: false,
  mayHold: false,
  wasGreen: false,
  donates: false,
  forMs: 3000,
};

test("a host that comes back under the other one's calls starts everything behind them, and before other programs", () => {
  for (const name of ["kamailio", "rtpengine", "redis", "app", "mariadb"] as const)
    expect(weightOf(name, -12, comesBack)).toBe(-3);
  expect(weightOf("app", 5, comesBack)).toBe(5);
});

test("what a takeover needs has its weight as soon as there may be one; the rest when all is well", () => {
  const mayHold = { ...comesBack, mayHold: true };
  expect(weightOf("kamailio", -19, mayHold)).toBe(-19);
  expect(weightOf("mariadb", -5, mayHold)).toBe(-3);
  expect(weightOf("mariadb", -5, { ...mayHold, wasGreen: true })).toBe(-5);
});

test("a database that gives a copy of itself comes after the calls of its host", () => {
  const donor = { ...comesBack, othersCarry: false, carries: true, wasGreen: true, donates: true };
  expect(weightOf("mariadb", -5, donor)).toBe(-3);
  expect(weightOf("app", -8, donor)).toBe(-8);
});

test.each<[string, Partial<Standing>]>([
  ["nobody else carries calls: they wait for this host", { othersCarry: false }],
  ["it carries calls itself", { carries: true }],
  ["it takes too long: a busy machine must not starve it", { forMs: 5000 }],
])("its own weight: %s", (_, change) => {
  expect(weightOf("app", -8, { ...comesBack, ...change })).toBe(-8);
});
