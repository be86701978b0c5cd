import { expect, test } from "vitest";
import { Weighing } from "./weighing.ts";

test("a process is touched only when it should weigh something else than it does", () => {
  const changes: [number, number][] = [];
  const weighing = new Weighing(-5, (pid, nice) => void changes.push([pid, nice]));
  weighing.follow(undefined, 0);
  expect(weighing.wanted).toBe(0);
  weighing.started(0);
  weighing.follow(17, 0);
  expect(changes).toEqual([]);
  weighing.follow(17, -5);
  weighing.follow(17, -5);
  expect(changes).toEqual([[17, -5]]);
});

test("of one that another agent started nobody knows what it weighs", () => {
  const changes: [number, number][] = [];
  const weighing = new Weighing(-5, (pid, nice) => void changes.push([pid, nice]));
  weighing.started(-5);
  weighing.adopted();
  weighing.follow(18, -5);
  expect(changes).toEqual([[18, -5]]);
});
