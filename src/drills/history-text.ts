import Table from "cli-table3";
import { utc, utcMoment } from "../base/moment.ts";
import type { DrillRun } from "../drill-runs/run-record.ts";
import type { DrillKind } from "./catalogue.ts";

/** The catalogue and the history of drills, for people. Pure. */

export function catalogueText(kinds: readonly DrillKind[]): string {
  const table = new Table({
    head: ["drill", "what happens", "z allowed", "production", "undone by"],
    style: { head: [], border: [] },
    wordWrap: true,
    colWidths: [28, 52, 11, 12, 30],
  });
  for (const kind of kinds)
    table.push([
      kind.name,
      kind.title,
      `${kind.outageMs} ms`,
      kind.production ? "safe" : "lab only",
      kind.undo,
    ]);
  return table.toString();
}

const blocks = "▁▂▃▄▅▆▇█";

/** One block for each value, oldest first; the highest is full, what is absent is a dot. */
export function sparkline(values: readonly (number | null)[]): string {
  const most = Math.max(...values.map((value) => value ?? 0));
  return values
    .map((value) => {
      if (value === null) return "·";
      const index = most === 0 ? 0 : Math.ceil((value / most) * blocks.length) - 1;
      return blocks[Math.max(0, index)] ?? "█";
    })
    .join("");
}

const shown = 30;
const ms = (value: number | null | undefined): string => (value == null ? "–" : `${Math.round(value)} ms`);

/** Middle value. */
const median = (values: number[]): number | undefined =>
  values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)];

/** Rising or falling: the middle of the newer half against that of the older one. */
export function trendOf(values: readonly number[]): string {
  if (values.length < 4) return "";
  const half = values.length >> 1;
  const [before, now] = [median(values.slice(0, half)), median(values.slice(-half))];
  if (before === undefined || now === undefined || before === 0) return "";
  const change = (now - before) / before;
  if (Math.abs(change) < 0.15) return "steady";
  return `${change > 0 ? "longer" : "shorter"} by ${Math.round(Math.abs(change) * 100)} %`;
}

/** One line per kind with its trend, and below it what failed. @param drills newest first, as the API gives them. */
export function historyText(drills: readonly DrillRun[]): string {
  if (drills.length === 0) return "nothing was drilled yet: dialtone drill run host-death";
  const table = new Table({
    head: [
      "drill",
      "times",
      "passed",
      "last (UTC)",
      "release",
      "config",
      "z last",
      "z over time (oldest first)",
      "trend",
    ],
    style: { head: [], border: [] },
  });
  for (const [kind, all] of [...Map.groupBy(drills, (drill) => drill.kind)].sort(([a], [b]) =>
    a < b ? -1 : 1,
  )) {
    const [last] = all;
    if (!last) continue;
    const z = all.toReversed().map((drill) => drill.figures?.z_ms?.median ?? null);
    table.push([
      ...[kind, String(all.length), `${all.filter(({ passed }) => passed).length}`],
      ...[utc(last.finished_at, 0), last.release, last.config],
      ...[ms(last.figures?.z_ms?.median), sparkline(z.slice(-shown))],
      trendOf(z.filter((value) => value !== null)),
    ]);
  }
  const failures = drills
    .filter(({ passed }) => !passed)
    .slice(0, 10)
    .map(
      (drill) => `  ${utcMoment(drill.finished_at, 0)} ${drill.kind} (${drill.started_by}): ${drill.summary}`,
    );
  return [
    table.toString(),
    ...(failures.length > 0 ? ["did not pass, newest first:", ...failures] : []),
  ].join("\n");
}
