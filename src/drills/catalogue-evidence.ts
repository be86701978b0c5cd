import { existsSync, readFileSync } from "node:fs";
import Table from "cli-table3";
import writeFileAtomic from "write-file-atomic";
import type { DrillKind } from "./catalogue.ts";
import { spread } from "./measure.ts";
import { movedIn, type Run } from "./result.ts";

/** What a walk through the catalogue has found so far: a file that survives an interruption, and its table. */

export interface CatalogueEvidence {
  v: 1;
  started: string;
  updated: string;
  release: string;
  /** Calls per second. */
  rate: number;
  machine: { cpu: string; cores: number; memory_gib: number; node: string };
  /** How often the lab had to be made from scratch because it did not become green again. */
  labs_made_anew: { at: string; after: string; why: string }[];
  drills: Record<string, { runs: Run[]; seconds: number[]; errors: { at: string; text: string }[] }>;
}

/** What was found before; undefined when there is none. @throws Error when it is of another kind. */
export function readEvidence(file: string): CatalogueEvidence | undefined {
  if (!existsSync(file)) return undefined;
  const evidence = JSON.parse(readFileSync(file, "utf8")) as CatalogueEvidence;
  if (evidence.v !== 1 || typeof evidence.drills !== "object")
    throw new Error(`${file} is not the evidence of a catalogue; move it away to begin again`);
  return evidence;
}

/** Figures of two releases are evidence for neither. @throws Error with the way out when it is of another release. */
export function ofThisRelease(
  evidence: CatalogueEvidence | undefined,
  file: string,
  now: string,
): CatalogueEvidence | undefined {
  if (evidence && evidence.release !== now)
    throw new Error(
      `${file} has the runs of release ${evidence.release}, and this is ${now}: move it away, or name another file`,
    );
  return evidence;
}

export const writeEvidence = (file: string, evidence: CatalogueEvidence): Promise<void> =>
  writeFileAtomic(
    file,
    `${JSON.stringify({ ...evidence, updated: new Date().toISOString() }, null, 1)}\n`,
  ) as Promise<void>;

/** What one line of the table says. Pure. */
export function rowOf(kind: DrillKind, runs: readonly Run[]) {
  const sum = (pick: (run: Run) => number) => runs.reduce((total, run) => total + pick(run), 0);
  const redialsFailed = kind.fatal ? 0 : sum((run) => run.figures.redialsFailed);
  const lost = sum((run) => run.ledger.missing.length);
  const doubled = sum((run) => run.ledger.doubled.length);
  const unexpected = sum(({ ledger }) => ledger.stray.length + ledger.wrong.length + ledger.open);
  const late = runs.filter((run) => (run.figures.z ?? 0) > kind.outageMs).length;
  const gone = runs.filter((run) => !run.back).length;
  const moved = kind.stays ? movedIn(runs) : 0;
  return {
    name: kind.name,
    runs: runs.length,
    allowed_ms: kind.outageMs,
    d_ms: spread(runs.map((run) => run.figures.d)),
    f_ms: spread(runs.map((run) => run.figures.f)),
    z_ms: spread(runs.map((run) => run.figures.z)),
    calls: sum((run) => run.figures.attempts),
    lost_calls: sum((run) => run.figures.lost),
    redials_failed: redialsFailed,
    records_lost: lost,
    records_doubled: doubled,
    records_unexpected: unexpected,
    too_long: late,
    not_back: gone,
    moved,
    ok: redialsFailed + lost + doubled + unexpected + late + gone + moved === 0,
  };
}

const figure = (value: ReturnType<typeof spread>): string =>
  value ? [value.min, value.median, value.max].map((one) => Math.round(one)).join(" / ") : "–";

/** The table for people. Pure. */
export function evidenceText(evidence: CatalogueEvidence, kinds: readonly DrillKind[]): string {
  const table = new Table({
    head: [
      ...["fault", "runs", "d", "f", "z", "z allowed", "calls", "lost", "redials failed"],
      ...["records lost", "doubled", "unexpected", ""],
    ],
    style: { head: [], border: [] },
    colAligns: ["left", ...Array.from({ length: 11 }, () => "right" as const), "left"],
  });
  const rows = kinds.flatMap((kind) => {
    const found = evidence.drills[kind.name];
    return found && found.runs.length + found.errors.length > 0
      ? [{ row: rowOf(kind, found.runs), errors: found.errors.length }]
      : [];
  });
  for (const { row, errors } of rows)
    table.push([
      ...[row.name, String(row.runs), figure(row.d_ms), figure(row.f_ms), figure(row.z_ms)],
      ...[row.allowed_ms, row.calls, row.lost_calls, row.redials_failed].map(String),
      ...[row.records_lost, row.records_doubled, row.records_unexpected].map(String),
      [
        ...(row.ok ? [] : ["BROKEN"]),
        ...(row.too_long > 0 ? [`${row.too_long} too long`] : []),
        ...(row.not_back > 0 ? [`${row.not_back} not back`] : []),
        ...(row.moved > 0 ? [`moved ${row.moved} times`] : []),
        ...(errors > 0 ? [`${errors} could not run`] : []),
      ].join(", "),
    ]);
  const broken = rows.filter(({ row, errors }) => !row.ok || errors > 0).length;
  const total = rows.reduce((sum, { row }) => sum + row.runs, 0);
  return [
    table.toString(),
    `min / median / max in ms, ${evidence.rate} calls/s, ${total} runs of ${rows.length} faults`,
    ...evidence.labs_made_anew.map(
      ({ at, after, why }) => `the lab was made from scratch at ${at}, after ${after}: ${why}`,
    ),
    broken === 0
      ? "passed: no redial failed, no record lost, doubled or unexpected"
      : `${broken} faults broke a promise`,
  ].join("\n");
}

/** Everything that was asked for was run, and every promise kept. Pure. */
export const allKept = (
  evidence: CatalogueEvidence,
  wanted: readonly { kind: DrillKind; runs: number }[],
): boolean =>
  wanted.every(({ kind, runs }) => {
    const found = evidence.drills[kind.name];
    return found !== undefined && found.runs.length >= runs && rowOf(kind, found.runs).ok;
  });
