import { describe, expect, it } from "vitest";
import { histogram, type Run, resultText, summarise } from "./result.ts";

const run = (more: Partial<Run["figures"]> = {}, ledger: Partial<Run["ledger"]> = {}): Run => ({
  run: 1,
  at: "2026-11-21T02:00:00.000Z",
  killed: "a",
  master: "b",
  back: true,
  healMs: 6100,
  settledMs: 400,
  figures: {
    d: 190,
    f: 21,
    z: 230,
    slowestMs: 512,
    gaps: [{ from: -10, to: 220 }],
    repairGap: 21,
    attempts: 900,
    answered: 900,
    savedByRetransmission: 12,
    lost: 0,
    redials: 0,
    lostToLoad: 0,
    redialsFailed: 0,
    redialsToLoad: 0,
    failures: {},
    ...more,
  },
  ledger: {
    expected: 900,
    found: 900,
    missing: [],
    doubled: [],
    wrong: [],
    unheard: 0,
    refused: 0,
    estimated: 0,
    open: 0,
    pending: 0,
    stray: [],
    ...ledger,
  },
});
const drill = (runs: Run[]) =>
  summarise({
    drill: "host-death",
    lab: "lab",
    rate: 50,
    patience_ms: 4000,
    started: "",
    finished: "",
    logs: "/logs",
    stopped: null,
    runs,
  });

describe("summarise", () => {
  it("passes when nothing is lost, doubled or failed, whatever the times", () => {
    expect(drill([run(), run({ z: 5000, lost: 3, redials: 3 })]).broken).toEqual([]);
  });
  it.each([
    ["a failed redial", run({ redialsFailed: 1 })],
    ["a refused redial", run({ redialsFailed: 1, redialsToLoad: 1 })],
    ["a missing record", run({}, { missing: ["x"] })],
    ["a doubled record", run({}, { doubled: ["x"] })],
    [
      "a record that tells something else",
      run({}, { wrong: [{ call_id: "x", caller: "answered", record: "failed" }] }),
    ],
    ["a record of no call", run({}, { stray: ["x"] })],
    ["a record that stays open", run({}, { open: 1 })],
    ["calls that do not come back", run({ z: null })],
  ])("breaks on %s", (_what, bad) => {
    const result = drill([run(), bad]);
    expect(result.broken).toHaveLength(1);
    expect(resultText(result)).toContain("BROKEN: 1 ");
  });
});

describe("resultText", () => {
  it("has min, median and max", () => {
    const text = resultText(drill([run(), run({ z: 250 }), run({ z: 310 })]));
    expect(text).toContain("230 / 250 / 310");
    expect(text).toContain("passed");
  });
});

describe("histogram", () => {
  it("has a line for each class, and one for what lies between", () => {
    expect(histogram([210, 215, 330])).toHaveLength(3);
    expect(histogram([])).toEqual([]);
  });
});
