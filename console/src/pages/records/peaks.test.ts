import { expect, test } from "vitest";
import { peaksOf } from "./peaks.ts";

test("the loudest sample of each part, either way", () => {
  expect([...peaksOf(new Float32Array([0, 0.5, -1, 0.25, 0, 0]), 3)]).toEqual([0.5, 1, 0]);
  expect([...peaksOf(new Float32Array(0), 2)]).toEqual([0, 0]);
});
