import { describe, expect, it } from "vitest";
import { badLines } from "../../explain/lossy-lines.ts";
import { Line } from "./line.ts";

/** `count` pulses, one each 50 ms, of which those arrive that `arrives` says. */
function hearing(count: number, arrives: (n: number) => boolean) {
  const line = new Line();
  for (let n = 0; n < count; n++) if (arrives(n)) line.heard(n, n * 50);
  return { line, now: count * 50 };
}

describe("line", () => {
  it("all arrive", () => {
    const { line, now } = hearing(300, () => true);
    expect(line.percent(now)).toBe(100);
  });
  it("every fifth is lost", () => {
    const { line, now } = hearing(300, (n) => n % 5 !== 0);
    expect(line.percent(now)).toBe(80);
  });
  it("has become good again: what was lost before the window does not count", () => {
    const { line, now } = hearing(600, (n) => n > 300 || n % 5 !== 0);
    expect(line.percent(now)).toBe(100);
  });
  it("too few to tell, and silence", () => {
    expect(new Line().percent(0)).toBeUndefined();
    const { line, now } = hearing(30, () => true);
    expect(line.percent(now)).toBeUndefined();
    const long = hearing(300, () => true);
    expect(long.line.percent(long.now + 60_000)).toBeUndefined();
  });
  it("pulses that a starving host sends late are not lost", () => {
    const line = new Line();
    for (let n = 0; n < 100; n++) line.heard(n, n * 200);
    expect(line.percent(20_000)).toBe(100);
  });
  it("another life of the sender counts from the start", () => {
    const { line, now } = hearing(300, () => true);
    for (let n = 0; n < 100; n++) line.heard(n, now + n * 50);
    expect(line.percent(now + 5000)).toBe(100);
  });
  it("the worse direction counts, as far as it is known", () => {
    const news = (percent: number) => ({ report: { host: "b", heardPercent: { a: percent } } });
    expect(badLines("a", { b: { report: { host: "b" } }, w: undefined }, {})).toEqual([]);
    expect(badLines("a", { b: news(99) }, { b: 90 })).toEqual([]);
    expect(badLines("a", { b: news(99) }, { b: 89 })).toEqual([{ name: "b", percent: 89 }]);
    expect(badLines("a", { b: news(70) }, { b: 99 })).toEqual([{ name: "b", percent: 70 }]);
  });
});
