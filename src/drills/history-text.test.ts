import { expect, it } from "vitest";
import type { DrillRun } from "../drill-runs/run-record.ts";
import { catalogue } from "./catalogue.ts";
import { catalogueText, historyText, sparkline, trendOf } from "./history-text.ts";

const drill = (day: number, z: number, passed = true): DrillRun => ({
  id: "00000000-0000-4000-8000-000000000001",
  kind: "host-death",
  place: "lab",
  runs: 1,
  passed,
  started_at: `2026-11-${10 + day}T01:00:00.000Z`,
  finished_at: `2026-11-${10 + day}T01:01:00.000Z`,
  release: "0.1.0",
  config: "abc",
  aborted: null,
  started_by: "schedule",
  summary: passed ? "1 run, outage 200 ms: passed" : "BROKEN: 1 redials failed",
  figures: {
    d_ms: null,
    f_ms: null,
    z_ms: { min: z, median: z, max: z },
    attempts: 9,
    lost: 0,
    redials: 0,

    redials_failed: 0,
    records_expected: 9,
    records_missing: 0,
    records_doubled: 0,
    records_unexpected: 0,
  },
});

it("draws values as blocks, the highest full, the absent as dots", () => {
  expect(sparkline([100, 200, null, 800])).toBe("▁▂·█");
  expect(sparkline([0, 0])).toBe("▁▁");
});

it("says where figures are going only when there are enough of them", () => {
  expect(trendOf([100, 200, 300])).toBe("");
  expect(trendOf([200, 210, 205, 200])).toBe("steady");
  expect(trendOf([200, 200, 400, 400])).toBe("longer by 100 %");
  expect(trendOf([400, 400, 200, 200])).toBe("shorter by 50 %");
});

it("shows one line for each kind, and what did not pass", () => {
  const text = historyText([drill(4, 400, false), drill(3, 390), drill(2, 200), drill(1, 200)]);
  expect(text).toMatch(/host-death .* 4 .* 3 .* 2026-11-14 01:01:00 .* 400 ms .*▄▄██.*longer/);
  expect(text).toMatch(/did not pass[\s\S]*2026-11-14 01:01:00Z host-death \(schedule\): BROKEN/);
  expect(historyText([])).toMatch(/nothing was drilled yet/);
});

it("lists the catalogue with what is safe where", () => {
  expect(catalogueText(catalogue)).toMatch(/switchover .*planned|switchover[\s\S]*safe/);
});
