import { expect, test } from "vitest";
import { aliasTable, random } from "./random.ts";
import { quantile } from "./results.ts";

const moments = (draw: () => number, count = 500_000) => {
  let sum = 0;
  let squares = 0;
  let beyond = 0;
  for (let index = 0; index < count; index++) {
    const x = draw();
    sum += x;
    squares += x * x;
    if (x > 3) beyond++;
  }
  return { mean: sum / count, variance: squares / count - (sum / count) ** 2, beyond: beyond / count };
};

test("exponential: mean 1, variance 1, e^-3 beyond 3, and a tail beyond the ziggurat's", () => {
  const rng = random(1);
  const { mean, variance, beyond } = moments(() => rng.exponential(1));
  expect(mean).toBeCloseTo(1, 2);
  expect(variance).toBeCloseTo(1, 1);
  expect(beyond).toBeCloseTo(Math.exp(-3), 3);
  let tail = 0;
  for (let index = 0; index < 2_000_000; index++) if (rng.exponential(1) > 8) tail++;
  expect(tail / 2_000_000 / Math.exp(-8)).toBeGreaterThan(0.9);
  expect(tail / 2_000_000 / Math.exp(-8)).toBeLessThan(1.1);
});

test("lognormal: the mean that was asked for, coefficient of variation 2", () => {
  const rng = random(2);
  const { mean, variance } = moments(() => rng.lognormal(5));
  expect(mean / 5).toBeCloseTo(1, 1);
  expect(Math.sqrt(variance) / mean).toBeGreaterThan(1.8);
  expect(Math.sqrt(variance) / mean).toBeLessThan(2.2);
});

test("the alias table draws in proportion to the weights", () => {
  const rng = random(3);
  const pick = aliasTable([1, 0, 5, 4]);
  const counts = [0, 0, 0, 0];
  for (let index = 0; index < 100_000; index++) {
    const drawn = pick(rng.uniform());
    counts[drawn] = (counts[drawn] ?? 0) + 1;
  }
  expect(counts[1]).toBe(0);
  expect((counts[0] ?? 0) / 100_000).toBeCloseTo(0.1, 1);
  expect((counts[2] ?? 0) / 100_000).toBeCloseTo(0.5, 1);
});

test("streams of one seed differ", () => {
  expect(random(9, 0).uniform()).not.toBe(random(9, 1).uniform());
});

test("quantiles of years are those of the sorted list", () => {
  const rng = random(4);
  const values = Float32Array.from({ length: 1001 }, () => (rng.uniform() < 0.3 ? 0 : rng.exponential(7)));
  const sorted = values.toSorted();
  for (const part of [0, 0.2, 0.5, 0.9, 0.99, 1])
    expect(quantile(values, part)).toBe(sorted[Math.min(1000, Math.floor(1001 * part))]);
});
