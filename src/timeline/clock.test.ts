import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { addSample, type ClockSample, clockSample, estimateClock } from "./clock.ts";

/** A poll of a peer whose clock is off by `offset`: the way there and back take what they take. */
const poll = (at: number, offset: number, there: number, back: number): ClockSample =>
  clockSample(1_000_000 + Math.floor(at), there + back, Math.floor(1_000_000 + at + there + offset), at);

describe("the other host's clock", () => {
  test("the true offset lies within the bound, whatever the network does", () => {
    const delays = fc.array(
      fc.tuple(fc.double({ min: 0, max: 400, noNaN: true }), fc.double({ min: 0, max: 400, noNaN: true })),
      { minLength: 1, maxLength: 60 },
    );
    fc.assert(
      fc.property(fc.integer({ min: -1e7, max: 1e7 }), delays, (offset, trips) => {
        const samples = trips.reduce<ClockSample[]>(
          (sofar, [there, back], index) => addSample(sofar, poll(index * 250, offset, there, back)),
          [],
        );
        const found = estimateClock(samples, trips.length * 250);
        expect(found).toBeDefined();
        expect(Math.abs((found?.offsetMs ?? 0) - offset)).toBeLessThanOrEqual((found?.withinMs ?? 0) + 1e-6);
      }),
    );
  });

  test("one quick answer among slow ones makes it sharp", () => {
    const slow = Array.from({ length: 10 }, (_, index) => poll(index * 250, 5000, 300, 10));
    const samples = [...slow, poll(2600, 5000, 1, 1)].reduce(addSample, [] as ClockSample[]);
    expect(estimateClock(samples, 2700)?.withinMs).toBeLessThan(3);
  });

  test("a clock that was set is believed at once", () => {
    const before = Array.from({ length: 10 }, (_, index) => poll(index * 250, 0, 1, 1)).reduce(
      addSample,
      [] as ClockSample[],
    );
    const samples = addSample(before, poll(2750, 3_600_000, 40, 40));
    expect(estimateClock(samples, 2800)?.offsetMs).toBeCloseTo(3_600_000, -2);
  });

  test("nothing is known without samples", () => expect(estimateClock([], 0)).toBeUndefined());
});
