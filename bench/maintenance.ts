import { parseArgs } from "node:util";
import { isSettled } from "../src/drills/ledger.ts";
import { type MaintenanceKind, maintain, maintenanceKinds } from "../src/drills/maintenance.ts";
import { openSession } from "../src/drills/session.ts";
import { openLab } from "../src/lab/lab.ts";
import { report } from "./common.ts";

/**
 * Maintenance while people call: planned switchover, rolling restart of everything, rolling upgrade, a changed
 * cluster.yaml. Exit code 1: an attempt failed, or the ledger is not complete.
 *
 *   node bench/maintenance.ts [--lab lab] [--runs 3] [--rate 20] [--only upgrade]
 */
const { values } = parseArgs({
  options: {
    lab: { type: "string", default: "lab" },
    runs: { type: "string", default: "3" },
    rate: { type: "string", default: "20" },
    only: { type: "string" },
  },
});
const lab = openLab(values.lab);
const kinds = maintenanceKinds.filter((kind) => values.only === undefined || kind === values.only);
if (kinds.length === 0) throw new Error(`--only: one of ${maintenanceKinds.join(", ")}`);
const signal = new AbortController().signal;
const rate = Number(values.rate);
const rows: Record<string, string | number>[] = [];

async function measured(kind: MaintenanceKind, run: number): Promise<void> {
  const tell = (text: string) => void process.stderr.write(`${kind} ${run}: ${text}\n`);
  await using session = await openSession(lab, { name: kind, rate, patienceMs: 4000, tell, signal });
  let seconds = 0;
  const { figures, ledger } = await session.run({
    inject: async () => {
      const began = performance.now();
      const moment = await maintain(lab, kind, signal);
      seconds = Math.round((performance.now() - began) / 100) / 10;
      return moment;
    },
    repair: () => Promise.resolve(),
  });
  const bad = figures.lost + figures.redialsFailed > 0 || !isSettled(ledger);
  if (bad) {
    session.keepLogs();
    tell(`callers' logs: ${session.directory}`);
    process.exitCode = 1;
  }
  rows.push({
    maintenance: kind,
    run,
    "took s": seconds,
    calls: figures.attempts,
    failed: figures.lost,

    saved: figures.savedByRetransmission,
    "slowest ms": figures.slowestMs,
    "longest gap ms": figures.z ?? 0,
    records: ledger.found,
    missing: ledger.missing.length,
    doubled: ledger.doubled.length,
    why: Object.entries(figures.failures)
      .map(([code, count]) => `${count} × ${code}`)
      .join(", "),
  });
}

for (const kind of kinds) for (let run = 1; run <= Number(values.runs); run++) await measured(kind, run);
await report("maintenance", rows);
