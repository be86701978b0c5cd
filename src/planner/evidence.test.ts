import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { ConfigError } from "../cluster/load.ts";
import { compareEvidence, drillsNeeded } from "./compare.ts";
import { chanceInterval, parseEvidence, rateInterval, withEvidence } from "./evidence.ts";
import { parsePlan } from "./load.ts";

const plan = parsePlan(readFileSync("docs/examples/five-servers/plan.yaml", "utf8"), "plan.yaml");
const text = readFileSync("docs/examples/five-servers/cluster-status.json", "utf8");
const evidence = parseEvidence(text, "cluster-status.json");
const now = new Date("2026-11-21T12:00:00Z");
const line = (what: string, given = evidence, at = now) =>
  compareEvidence(plan, given, at).find((each) => each.what.startsWith(what));

describe("intervals", () => {
  test("Clopper and Pearson: 9 of 10 at 90 % is 60.6 % to 99.5 %", () => {
    const { low, high } = chanceInterval(9, 10);
    expect(low).toBeCloseTo(0.606, 3);
    expect(high).toBeCloseTo(0.9949, 3);
    expect(chanceInterval(0, 5).low).toBe(0);
    expect(chanceInterval(5, 5).high).toBe(1);
  });
  test("Garwood: none in 3 years is 0 to 1 a year (the rule of three)", () => {
    expect(rateInterval(0, 3)).toEqual({ low: 0, high: expect.closeTo(0.9986, 3) });
    expect(rateInterval(2, 1).low).toBeCloseTo(0.355, 2);
  });
  test("59 drills without a failure prove 95 %", () => {
    expect(drillsNeeded(0.95)).toBe(59);
  });
});

describe("prediction against measurement", () => {
  test("measured times take the place of assumed ones", () => {
    const measured = withEvidence(plan, evidence).equipment["telephone-server"];
    expect(measured?.detect?.high).toBeCloseTo(0.264, 3);
    expect(measured?.takeover_works).toEqual(chanceInterval(4, 5));
  });

  test("times within the prediction are as predicted, few drills prove little", () => {
    expect(line("z = d + f")?.verdict).toBe("as predicted");
    const works = line("take-over works");
    expect(works?.verdict).toBe("not proven");
    expect(works?.words).toMatch(/too few drills to prove 90 %: 29 without a failure would/);
  });

  test("no drill: everything that rests on the take-over is unproven", () => {
    const none = { ...evidence, drills: [] };
    expect(line("take-over works", none)?.words).toMatch(/no drill was ever made/);
    expect(line("time since", none)?.verdict).toBe("not proven");
    expect(line("z = d + f", none)?.words).toMatch(/no drill has measured it/);
  });

  test("a slow drill is worse, an old one proves nothing any more, lost records are worse", () => {
    const [first, ...rest] = evidence.drills;
    if (!first) throw new Error("no drill");
    expect(line("z = d + f", { ...evidence, drills: [{ ...first, z_ms: 9000 }, ...rest] })?.verdict).toBe(
      "worse",
    );
    expect(line("time since", evidence, new Date("2027-11-21T12:00:00Z"))?.verdict).toBe("not proven");
    expect(
      line("records", { ...evidence, drills: [{ ...first, records_missing: 2 }, ...rest] })?.verdict,
    ).toBe("worse");
  });

  test("a cluster that is not as planned is shown", () => {
    expect(line("set-up")).toBeUndefined();
    expect(line("set-up", { ...evidence, policy: "hot/warm-passive" })?.verdict).toBe("worse");
  });

  test("equipment that the plan does not know, and a wrong file, are refused with what to write", () => {
    expect(() => withEvidence(plan, { ...evidence, equipment: "pbx" })).toThrow(
      /write one of .*telephone-server/,
    );
    expect(() => parseEvidence(text.replace('"passed": true', '"passed": "yes"'), "c.json")).toThrow(
      ConfigError,
    );
    expect(() => parseEvidence(text.replace('"passed": true', '"passed": "yes"'), "c.json")).toThrow(
      /c\.json:\d+: drills\.\d\.passed/,
    );
  });
});
