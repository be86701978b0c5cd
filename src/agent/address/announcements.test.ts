import { expect, test } from "vitest";
import { type Claims, noPlan, type Plan, planAnnouncements } from "./announcements.ts";

const b = { name: "b", holds: false, term: 1 };
const holder: Claims = { entitled: true, alone: false, others: [b] };
const noHolder: Claims = { ...holder, entitled: false };

/** Looks every 50 ms; @returns when it announced, ms. */
function announced(life: [from: number, claims: Claims][], untilMs: number): number[] {
  let plan: Plan = noPlan;
  const moments: number[] = [];
  for (let now = 0; now <= untilMs; now += 50) {
    const claims = life.findLast(([from]) => from <= now)?.[1] ?? noHolder;
    const next = planAnnouncements(plan, claims, now);
    plan = next.plan;
    if (next.announce) moments.push(now);
  }
  return moments;
}

test("whoever gains the address says so at once and a few times more, then now and then", () => {
  expect(announced([[500, holder]], 12_000)).toEqual([500, 600, 800, 1500, 11_500]);
});

test("who does not hold it says nothing", () => {
  expect(announced([], 12_000)).toEqual([]);
});

test("a rival came and went, seen by way of the witness: at once", () => {
  const rival: Claims = { ...holder, others: [{ ...b, holds: true, term: 2 }] };
  const alone: Claims = { ...holder, others: [{ ...b, term: 2 }] };
  const moments = announced([[0, holder], [5000, rival], [5500, alone]], 7000); // biome-ignore format: a life in one line
  expect(moments.slice(4)).toEqual([5000, 5100, 5300, 5500, 5600, 5800, 6500]);
});

test("a rival that held it between two looks is known by its term", () => {
  const after: Claims = { ...holder, others: [{ ...b, term: 2 }] };
  expect(announced([[0, holder], [5000, after]], 5000)).toContain(5000); // biome-ignore format: a life in one line
});

test("where the other node is not heard: at once, and every second", () => {
  const alone: Claims = { ...holder, alone: true };
  const moments = announced([[0, holder], [5000, alone]], 9000); // biome-ignore format: a life in one line
  expect(moments.slice(4)).toEqual([5000, 5100, 5300, 6000, 7000, 8000, 9000]);
});

test("the other node is gone for good (nobody knows it any more), or heard again: at once", () => {
  const gone: Claims = { entitled: true, alone: true, others: [] };
  const moments = announced([[0, holder], [5000, gone], [6500, holder]], 6500); // biome-ignore format: a life in one line
  expect(moments.slice(4)).toEqual([5000, 5100, 5300, 6000, 6500]);
});

test("silent from the moment it hands over, whatever was planned; at once when that failed", () => {
  const taken: Claims = { ...noHolder, others: [{ ...b, holds: true, term: 2 }] };
  const back: Claims = { ...holder, others: [{ ...b, term: 2 }] };
  const life: [number, Claims][] = [
    [0, holder],
    [200, noHolder],
    [250, taken],
    [2000, back],
  ];
  expect(announced(life, 2000)).toEqual([0, 100, 2000]);
});
