import { describe, expect, it } from "vitest";
import { type Code, codeSchema } from "./code-schema.ts";
import { codeIn, featureCodes, fits } from "./codes.ts";
import { featuresSchema } from "./features-schema.ts";
import { ordered, said } from "./order-features.ts";

const { index } = featureCodes;
if (!index) throw new Error("codes have an index");
const own = (...codes: Code[]) =>
  codes.reduce((all, code) => index.changed(all, undefined, code), index.empty).codes;
const codes = own();

describe("star codes", () => {
  it("are found as telephones dial them, with or without the last #", () => {
    const found = (dialled: string) => codeIn(codes, dialled);
    expect(found("*21*0171#")).toEqual({ type: "feature", order: "forward-always-set", to: "0171" });
    expect(found("*21*+49171")).toEqual({ type: "feature", order: "forward-always-set", to: "+49171" });
    expect(found("#21#")).toEqual({ type: "feature", order: "forward-always-clear" });
    expect(found("*#21#")).toEqual({ type: "feature", order: "forward-always-ask" });
    expect(found("*61*1002*15#")).toEqual({
      ...{ type: "feature", order: "forward-no-answer-set", to: "1002", after_s: 15 },
    });
    expect(found("*61*1002#")).toEqual({ type: "feature", order: "forward-no-answer-set", to: "1002" });
    expect(found("*26#")).toEqual({ type: "feature", order: "dnd-set" });
    expect(found("#31#0711123")).toEqual({ type: "hide", to: "0711123" });
    expect(found("*8#")).toEqual({ type: "call", order: "pickup-group" });
    expect(found("*8*1002")).toEqual({ type: "call", order: "pickup", to: "1002" });
    expect(found("*5*701#")).toEqual({ type: "call", order: "park", to: "701" });
    expect(found("*6*701#")).toEqual({ type: "call", order: "park-take", to: "701" });
    for (const none of ["1001", "*99#", "#31#", "*21*#", "", "*"]) expect(found(none)).toBeUndefined();
  });

  it("can be changed and switched off", () => {
    const changed = own(
      codeSchema.parse({ name: "dnd-set", dial: "*78" }),
      codeSchema.parse({ name: "hide-once", dial: "*67*{number}", enabled: false }),
    );
    expect(codeIn(changed, "*78")).toEqual({ type: "feature", order: "dnd-set" });
    expect(codeIn(changed, "*26#")).toBeUndefined();
    expect(codeIn(changed, "#31#1")).toBeUndefined();
    expect(fits({ name: "dnd-set", dial: "*78*{number}", enabled: true })).toBe(false);
    expect(fits({ name: "forward-busy-set", dial: "*78", enabled: true })).toBe(false);
    expect(fits({ name: "forward-busy-set", dial: "*78*{number}", enabled: true })).toBe(true);
  });
});

describe("orders", () => {
  const order = (dialled: string) => {
    const found = codeIn(codes, dialled);
    if (found?.type !== "feature") throw new Error(`${dialled} is no order`);
    return found;
  };

  it("set, clear and tell a forwarding; those with conditions stay and come first", () => {
    const before = featuresSchema.parse({
      forward: [
        { when: "always", to: ["1"], callers: ["2*"] },
        { when: "always", to: ["3"] },
      ],
    });
    const set = ordered(before, order("*21*9#"));
    expect(set?.forward.map(({ to }) => to)).toEqual([["1"], ["9"]]);
    expect(said(set, order("*#21#"))).toBe("Forwarding: 9");
    const cleared = ordered(set, order("#21#"));
    expect(cleared?.forward.map(({ to }) => to)).toEqual([["1"]]);
    expect(said(cleared, order("#21#"))).toBe("Forwarding: Off");
    expect(ordered(before, order("*#21#"))).toBeUndefined();
    expect(said(ordered(undefined, order("*61*7*15#")), order("*#61#"))).toBe(
      "Forwarding Without Answer: 7 after 15 s",
    );
  });

  it("switch do not disturb and hiding", () => {
    expect(said(ordered(undefined, order("*26#")), order("*26#"))).toBe("Do Not Disturb: On");
    expect(said(ordered(undefined, order("#26#")), order("*#26#"))).toBe("Do Not Disturb: Off");
    expect(ordered(undefined, order("*32#"))?.hide_caller).toBe(true);
  });
});
