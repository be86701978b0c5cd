import type { DrillFigures } from "../drill-runs/run-record.ts";
import type { DrillResult } from "./result.ts";

/** A drill's result as the database keeps it. Pure. */

export const figuresOf = ({ summary }: DrillResult): DrillFigures => ({
  d_ms: summary.d_ms,
  f_ms: summary.f_ms,
  z_ms: summary.z_ms,
  attempts: summary.attempts,
  lost: summary.lost,
  redials: summary.redials,
  redials_failed: summary.redials_failed,
  records_expected: summary.records.expected,
  records_missing: summary.records.missing,
  records_doubled: summary.records.doubled,
  records_unexpected: summary.records.wrong + summary.records.stray + summary.records.open,
});

/** One line for people. */
export function sentenceOf(result: DrillResult): string {
  const z = result.summary.z_ms;
  const outage = z ? `outage ${Math.round(z.median)} ms (most ${Math.round(z.max)})` : "no outage measured";
  const verdict = result.broken.length === 0 ? "passed" : `BROKEN: ${result.broken.join("; ")}`;
  return `${result.runs.length} run${result.runs.length === 1 ? "" : "s"}, ${outage}: ${verdict}`.slice(
    0,
    512,
  );
}
