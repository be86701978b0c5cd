import { expect, test } from "vitest";
import { Refusals } from "./refusals.ts";

const load = (refused: number, limit = 0) => ({ limit, refused, lag: 0, served: refused + 100 });

test("refused calls are told when they begin, as a rate, and when they end", () => {
  const told: string[] = [];
  const refusals = new Refusals((text) => void told.push(text));
  refusals.look(load(0), 0);
  refusals.look(load(0), 400);
  expect(refusals.report(400)).toBeUndefined();
  refusals.look(load(40, 60), 800);
  refusals.look(load(80, 60), 1200);
  expect(refusals.report(1200)).toMatchObject({ perSecond: 67, limit: 60, total: 80, sinceMs: 400 });
  for (const at of [1600, 2000, 2400, 2800, 3200, 3600]) refusals.look(load(80), at);
  expect(refusals.report(3600)).toBeUndefined();
  expect(told).toHaveLength(2);
  expect(told[0]).toMatch(/^refusing \d+ calls\/s: more than this node can carry/);
  expect(told[1]).toMatch(/^takes all calls again after \d\.\d s; 80 were refused$/);
});

test("a restarted SIP server counts from zero: no refusals of the past, none negative", () => {
  const refusals = new Refusals(() => undefined);
  refusals.look(load(500), 0);
  refusals.look(load(0), 400);
  expect(refusals.report(400)).toBeUndefined();
  refusals.look(undefined, 800);
  refusals.look(load(0), 1200);
  expect(refusals.report(1200)).toBeUndefined();
});
