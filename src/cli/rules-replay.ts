import { utc } from "../base/moment.ts";
import type { ReplayReport } from "../versions/replay-schema.ts";
import { table } from "./table.ts";

/** It ends itself before. */
export const replayPatience = { answerMs: 21 * 60_000 };

const unpriced = (count: number): string => (count === 0 ? "" : ` (${count} calls of unknown price)`);

/** For people. Pure. */
export function replayText(report: ReplayReport): string {
  const { compared, calls, changed, groups, more_groups: more, seconds } = report;
  const share = calls === 0 ? "" : ` (${((100 * changed) / calls).toFixed(1)} %)`;
  return [
    `${calls} calls from ${utc(report.since)} to ${utc(report.until)} (UTC), in ${seconds} s`,
    compared === "draft"
      ? `${changed}${share} would be decided otherwise`
      : `${changed}${share} would be decided by another rule than they were`,
    ...(groups.length === 0
      ? []
      : [
          table(
            ["CALLS", "BEFORE", "AFTER", "COST", "THEN", "E.G."],
            groups.map((group) => [
              group.calls,
              group.before,
              group.after,
              group.cost_before,
              group.cost_after,
              group.examples.map(({ caller, number }) => `${caller} → ${number}`)[0] ?? "",
            ]),
          ),
        ]),
    ...(more > 0 ? [`… and ${more} more groups`] : []),
    ...(compared === "draft"
      ? [
          `cost: ${report.cost_before}${unpriced(report.unpriced_before)}, then ${report.cost_after}${unpriced(report.unpriced_after)}`,
        ]
      : [`cost by these rules: ${report.cost_after}${unpriced(report.unpriced_after)}`]),
  ].join("\n");
}
