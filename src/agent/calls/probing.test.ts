import { expect, it } from "vitest";
import { type Asked, type Down, judged, numbersIn, soonMs } from "./probing.ts";

const probed = { name: "gold", addresses: [], every_s: 30 };
const fresh: Asked = { nextAt: 0, answers: false, misses: 0 };
const well: Asked = { nextAt: 0, answers: true, misses: 0 };

/** One question after the other, from this on. */
function run(before: Asked, answers: boolean[], down?: Down) {
  let asked = before;
  const all = answers.map((answered, index) => {
    const found = judged(probed, asked, answered, down, index * 1000, 1000 + index);
    asked = found.asked;
    return found;
  });
  return { asked, last: all.at(-1), orders: all.flatMap(({ orders }) => orders) };
}

it("leaves a carrier alone after three questions without an answer, if it ever answered one", () => {
  expect(run(well, [false, false]).orders).toEqual([]);
  expect(run(well, [false, true, false, false]).orders).toEqual([]);
  const { orders, last } = run(well, [false, false, false]);
  expect(orders).toEqual([
    ["htable.seti", "ill", "gold", 408],
    ["htable.seti", "pause", "gold", 10],
    ["htable.seti", "down", "gold", 1012],
  ]);
  expect(last?.tell).toMatch(/does not answer/);
  expect(run(fresh, [false, false, false, false, false]).orders).toEqual([]);
});

it("asks a silent one soon again, one that is well after its time", () => {
  expect(run(well, [true]).asked.nextAt).toBe(30_000);
  expect(run(well, [false]).asked.nextAt).toBe(soonMs);
});

it("has it called again as soon as it answers, when it was silent", () => {
  const down = { until: 1200, pause: 160, code: 408 };
  expect(run(well, [true], down).orders).toContainEqual(["htable.delete", "down", "gold"]);
  expect(run(fresh, [true], down).orders).toContainEqual(["htable.delete", "down", "gold"]);
  // It answered calls with 503: OPTIONS says nothing of that.
  expect(run(well, [true], { ...down, code: 503 }).orders).toEqual([]);
});

it("makes the pause longer before it ends, so that no call has to try", () => {
  expect(run(well, [false], { until: 1200, pause: 20, code: 408 }).orders).toEqual([]);
  expect(run(well, [false], { until: 1005, pause: 20, code: 408 }).orders).toContainEqual([
    "htable.seti",
    "down",
    "gold",
    1040,
  ]);
  expect(run(well, [false], { until: 1000, pause: 300, code: 408 }).orders).toContainEqual([
    "htable.seti",
    "pause",
    "gold",
    300,
  ]);
  // Nobody knows whether it answers OPTIONS at all: a call tries.
  expect(run(fresh, [false], { until: 1000, pause: 20, code: 408 }).orders).toEqual([]);
});

it("reads Kamailio's tables", () => {
  const slot = { entry: 3, size: 1, slot: [{ name: "gold", value: 1234, type: "int" }] };
  expect(numbersIn([slot, { entry: 4, size: 0, slot: [] }])).toEqual(new Map([["gold", 1234]]));
});
