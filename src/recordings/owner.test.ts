import { describe, expect, it } from "vitest";
import { type AddressView, whyNotOwner, whyRefused } from "./owner.ts";

const sighting = (holds: boolean, term: number, ageMs = 100) => ({
  holds,
  term,
  ageMs,
  mayHold: true,
  primary: true,
});
const view = (more: Partial<AddressView> = {}): AddressView => ({
  host: "b",
  holds: false,
  term: 3,
  sees: { a: sighting(true, 4), w: sighting(false, 0) },
  ...more,
});
const names = ["a", "b"];

describe("who may change recordings where", () => {
  it("obeys the holder of the service address", () => {
    expect(whyRefused({ host: "a", term: 4 }, view(), names, 4)).toBeUndefined();
  });

  it.each([
    ["one that does not hold it", { host: "a", term: 4 }, view({ sees: { a: sighting(false, 4) } }), 0],
    ["an older term of the holder", { host: "a", term: 3 }, view(), 0],
    ["a term that somebody made up", { host: "a", term: 9 }, view(), 0],
    ["a term older than one obeyed before", { host: "a", term: 4 }, view(), 5],
    ["when it holds the address itself", { host: "a", term: 4 }, view({ holds: true }), 0],
    ["when its agent has lost sight of it", { host: "a", term: 4 }, view({ sees: {} }), 0],
    ["on old news", { host: "a", term: 4 }, view({ sees: { a: sighting(true, 4, 5000) } }), 0],
    ["a stranger", { host: "x", term: 4 }, view({ sees: { x: sighting(true, 4) } }), 0],
    ["the witness", { host: "w", term: 4 }, view({ sees: { w: sighting(true, 4) } }), 0],
    ["itself", { host: "b", term: 3 }, view(), 0],
    [
      "two holders",
      { host: "a", term: 4 },
      view({ sees: { a: sighting(true, 4), c: sighting(true, 2) } }),
      0,
    ],
  ])("refuses %s", (_what, claim, seen, highest) => {
    expect(whyRefused(claim, seen, names, highest)).toBeTypeOf("string");
  });

  it("lets only the single holder work", () => {
    expect(whyNotOwner(view({ holds: true, sees: { a: sighting(false, 3) } }))).toBeUndefined();
    expect(whyNotOwner(view({ holds: true }))).toContain("a holds");
    expect(whyNotOwner(view())).toContain("does not hold");
  });
});
