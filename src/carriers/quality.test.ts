import { expect, it } from "vitest";
import { Quality } from "./quality.ts";

const many = (quality: Quality, count: number, more: object) => {
  for (let index = 0; index < count; index++)
    quality.note({ kind: "outcome", carrier: "gold", answered: true, ...more });
};

it("judges by kind of destination where there were enough calls, else by all", () => {
  const quality = new Quality();
  many(quality, 30, { destination: "mobile DE" });
  many(quality, 20, { destination: "premium DE", answered: false });
  many(quality, 5, { destination: "mobile FR", answered: false });
  expect(quality.answeredPercent("gold", "mobile DE")).toBe(100);
  expect(quality.answeredPercent("gold", "premium DE")).toBe(0);
  expect(quality.answeredPercent("gold", "mobile FR")).toBe(54);
  expect(quality.answeredPercent("gold")).toBe(54);
  expect(quality.answeredPercent("iron")).toBeUndefined();
});

it("knows how soon it rings, of the calls that rang", () => {
  const quality = new Quality();
  many(quality, 50, { answered: false });
  expect(quality.ringMs("gold")).toBeUndefined();
  many(quality, 15, { ring_ms: 700 });
  many(quality, 10, { ring_ms: 90 });
  expect(quality.ringMs("gold")).toBe(700);
});

it("forgets what is long ago, and takes what others know better", () => {
  const [one, other] = [new Quality(), new Quality()];
  many(one, 100, { answered: false });
  many(one, 100, {});
  expect(one.answeredPercent("gold")).toBe(100);
  many(other, 20, { answered: false, destination: "mobile DE" });
  other.takeAll(one.all());
  expect(other.answeredPercent("gold")).toBe(100);
  one.takeAll([]);
  expect(one.all()).toHaveLength(100);
});
