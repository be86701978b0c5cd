import { expect, it } from "vitest";
import { drillNamed } from "./catalogue.ts";
import { type CatalogueEvidence, ofThisRelease } from "./catalogue-evidence.ts";
import { planOf } from "./run-catalogue.ts";

const wanted = [
  { kind: drillNamed("host-death"), runs: 3 },
  { kind: drillNamed("clock-back-active"), runs: 7 },
  { kind: drillNamed("partition"), runs: 2 },
];
const short = (plan: ReturnType<typeof planOf>) => plan.map(({ kind, runs }) => `${kind.name} ×${runs}`);

it("walks through all faults before it does any a second time; those that need a restart do several at once", () => {
  expect(short(planOf(wanted, () => 0))).toEqual([
    ...["host-death ×1", "clock-back-active ×5", "partition ×1"],
    ...["host-death ×1", "partition ×1", "host-death ×1", "clock-back-active ×2"],
  ]);
});

it("goes on where it stopped", () => {
  const done: Record<string, number> = { "host-death": 2, "clock-back-active": 5, partition: 2 };
  expect(short(planOf(wanted, (name) => done[name] ?? 0))).toEqual(["host-death ×1", "clock-back-active ×2"]);
});

it("refuses to mix the runs of two releases", () => {
  const evidence = { v: 1, release: "0.1.0+old", drills: {} } as unknown as CatalogueEvidence;
  expect(() => ofThisRelease(evidence, "drills.json", "0.1.0+new")).toThrow(
    "drills.json has the runs of release 0.1.0+old, and this is 0.1.0+new: move it away, or name another file",
  );
  expect(ofThisRelease(evidence, "drills.json", "0.1.0+old")).toBe(evidence);
});
