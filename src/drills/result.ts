import Table from "cli-table3";
import { type Spread, spread } from "./measure.ts";
import type { Outcome } from "./session.ts";

/** What a drill found, for programs (JSON) and for people (text). Pure. */

/** One run of a drill. */
export interface Run extends Outcome {
  run: number;
  killed: string;
}

export interface DrillResult {
  drill: string;
  lab: string;
  rate: number;
  patience_ms: number;
  /** z may be so long; absent in results of earlier releases. */
  allowed_outage_ms?: number;
  /** Nothing could answer during the fault: redials in it do not count. */
  fatal?: boolean;
  /** The address had to stay where it was. */
  stays?: boolean;
  started: string;
  finished: string;
  /** Where the callers' logs lie; deleted when nothing was broken. */
  logs: string;
  /** Why it ended before all runs were done; null: it did not. */
  stopped: string | null;
  runs: Run[];
  summary: {
    d_ms: Spread | null;
    f_ms: Spread | null;
    z_ms: Spread | null;
    slowest_call_ms: Spread | null;
    heal_ms: Spread | null;
    repair_gap_ms: Spread | null;
    attempts: number;
    lost: number;
    saved_by_retransmission: number;
    redials: number;
    redials_failed: number;
    records: {
      expected: number;
      found: number;
      missing: number;
      doubled: number;
      wrong: number;
      open: number;
      pending: number;
      stray: number;
      estimated: number;
      unheard: number;
      /** Refused because there were too many: in no record. */
      refused: number;
    };
  };
  /** Promises that were not kept; empty: the drill passed. */
  broken: string[];
}

const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0);

/** Callers were told so by a node that was healthy. */
export const refusedText =
  "redials refused: more calls than the nodes could carry beside what else ran there";

/** In how many of the runs the address went to another node. */
export const movedIn = (runs: readonly Run[]): number => runs.filter(({ master }) => master !== null).length;

/** Adds summary and verdict to the runs. */
export function summarise(drill: Omit<DrillResult, "summary" | "broken">): DrillResult {
  const { runs } = drill;
  const total = (pick: (run: Run) => number) => sum(runs.map(pick));
  const summary: DrillResult["summary"] = {
    d_ms: spread(runs.map((run) => run.figures.d)),
    f_ms: spread(runs.map((run) => run.figures.f)),
    z_ms: spread(runs.map((run) => run.figures.z)),
    slowest_call_ms: spread(runs.map((run) => run.figures.slowestMs)),
    heal_ms: spread(runs.map((run) => run.healMs)),
    repair_gap_ms: spread(runs.map((run) => run.figures.repairGap)),
    attempts: total((run) => run.figures.attempts),
    lost: total((run) => run.figures.lost),
    saved_by_retransmission: total((run) => run.figures.savedByRetransmission),
    redials: total((run) => run.figures.redials),
    redials_failed: total((run) => run.figures.redialsFailed),
    records: {
      expected: total((run) => run.ledger.expected),
      found: total((run) => run.ledger.found),
      missing: total((run) => run.ledger.missing.length),
      doubled: total((run) => run.ledger.doubled.length),
      wrong: total((run) => run.ledger.wrong.length),
      open: total((run) => run.ledger.open),
      pending: total((run) => run.ledger.pending),
      stray: total((run) => run.ledger.stray.length),
      estimated: total((run) => run.ledger.estimated),
      unheard: total((run) => run.ledger.unheard),
      refused: total((run) => run.ledger.refused),
    },
  };
  const { records } = summary;
  const refused = total((run) => run.figures.redialsToLoad);
  const promises: [number, string][] = [
    [runs.filter((run) => run.figures.z === null).length, "runs after which calls did not come back"],
    [runs.filter((run) => !run.back).length, "runs after which calls did not flow steadily"],
    [
      runs.filter((run) => (run.figures.z ?? 0) > (drill.allowed_outage_ms ?? Number.POSITIVE_INFINITY))
        .length,
      `runs with an outage of more than ${drill.allowed_outage_ms} ms`,
    ],
    [drill.stays ? movedIn(runs) : 0, "runs in which the address moved although its holder served"],
    [drill.fatal ? 0 : summary.redials_failed - refused, "redials failed"],
    [drill.fatal ? 0 : refused, refusedText],
    [records.missing, "call records missing"],
    [records.doubled, "call records doubled"],
    [records.wrong, "call records that say something else than the caller's log"],
    [records.stray, "call records of calls that nobody placed"],
    [records.open, "answered and ended calls whose record was never closed"],
  ];
  const broken = promises.filter(([count]) => count > 0).map(([count, text]) => `${count} ${text}`);
  if (drill.stopped !== null) broken.push(`the drill stopped after ${runs.length} runs: ${drill.stopped}`);
  return { ...drill, summary, broken };
}

const figure = (value: number | null): string => (value === null ? "–" : String(Math.round(value)));
const spreadText = (value: Spread | null): string =>
  value ? `${figure(value.min)} / ${figure(value.median)} / ${figure(value.max)}` : "–";

/** One line per class of 20 ms that has members, as wide as it has; a gap between classes is one line. */
export function histogram(values: number[], width = 20): string[] {
  const classes = Map.groupBy(values, (value) => Math.floor(value / width) * width);
  const lines: string[] = [];
  let next: number | undefined;
  for (const [from, members] of [...classes].sort(([a], [b]) => a - b)) {
    if (next !== undefined && from > next) lines.push("      …");
    lines.push(`${String(from).padStart(6)}–${String(from + width).padEnd(6)} ${"█".repeat(members.length)}`);
    next = from + width;
  }
  return lines;
}

/** The result for people: a table of the runs, the distribution of z, the verdict. */
export function resultText(result: DrillResult): string {
  const table = new Table({
    head: [
      "run",
      "on",
      "d",
      "f",
      "z",
      "slowest",
      "green",
      "calls",
      "saved",
      "lost",
      "redials",
      "failed",
      "records",
      "missing",
      "doubled",
    ],
    style: { head: [], border: [] },
    colAligns: ["right", "left", ...Array.from({ length: 13 }, () => "right" as const)],
  });
  for (const { run, killed, figures, healMs, ledger } of result.runs)
    table.push(
      [
        ...[run, killed, figure(figures.d), figure(figures.f), figure(figures.z), figure(figures.slowestMs)],
        ...[figure(healMs), figures.attempts, figures.savedByRetransmission, figures.lost, figures.redials],
        ...[
          figures.redialsFailed,
          `${ledger.found}/${ledger.expected}`,
          ledger.missing.length,
          ledger.doubled.length,
        ],
      ].map(String),
    );
  const relapses = result.runs.filter((run) => run.figures.gaps.length > 1);
  const { summary } = result;
  const { records } = summary;
  return [
    table.toString(),
    "min / median / max in ms:",
    `  d  fault → another node is VRRP master              ${spreadText(summary.d_ms)}`,
    `  f  master → first 200 OK                            ${spreadText(summary.f_ms)}`,
    `  z  last 200 OK before → first 200 OK after          ${spreadText(summary.z_ms)}   (a call every ${Math.round(1000 / result.rate)} ms)`,
    `  slowest set-up of an answered call                  ${spreadText(summary.slowest_call_ms)}`,
    `  repair → all green                                  ${spreadText(summary.heal_ms)}`,
    `  longest silence after the repair began              ${spreadText(summary.repair_gap_ms)}`,
    ...relapses.map(
      ({ run, figures }) =>
        `  run ${run}: the outage came back: ${figures.gaps.map(({ from, to }) => `${from} to ${to}`).join(", ")} ms after the fault`,
    ),
    "z:",
    ...histogram(result.runs.flatMap((run) => run.figures.z ?? [])),
    `calls ${summary.attempts}, saved by SIP's retransmission ${summary.saved_by_retransmission}, lost ${summary.lost}, redials ${summary.redials}, redials failed ${summary.redials_failed}`,
    `records expected ${records.expected}, found ${records.found}, missing ${records.missing}, doubled ${records.doubled}, wrong ${records.wrong}, open ${records.open}, closed by estimate ${records.estimated}, to be closed by estimate ${records.pending}; calls that nobody heard ${records.unheard}, refused as too many ${records.refused}`,
    result.broken.length === 0
      ? "passed: no redial failed, no record lost or doubled"
      : `BROKEN: ${result.broken.join("; ")}\ncallers' logs: ${result.logs}`,
  ].join("\n");
}
