import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { drillNamed } from "../src/drills/catalogue.ts";
import { type DrillResult, resultText } from "../src/drills/result.ts";
import { runDrill } from "../src/drills/run-drill.ts";
import { openLab } from "../src/lab/lab.ts";
import { report } from "./common.ts";

/**
 * The drill host-death as a bench: power cuts of the active node under calls.
 *
 *   node bench/host-death.ts [--lab lab] [--runs 20] [--rate 50]
 *   node bench/host-death.ts --last      report the lab's last drill instead of running one
 */
const { values } = parseArgs({
  options: {
    lab: { type: "string", default: "lab" },
    runs: { type: "string", default: "20" },
    rate: { type: "string", default: "50" },
    last: { type: "boolean", default: false },
  },
});
const lab = openLab(values.lab);

const result: DrillResult = values.last
  ? JSON.parse(readFileSync(join(lab.paths.root, "drills.jsonl"), "utf8").trim().split("\n").at(-1) ?? "")
  : await runDrill(lab, drillNamed("host-death"), {
      runs: Number(values.runs),
      rate: Number(values.rate),
      startedBy: "bench",
      tell: (text) => void process.stderr.write(`${text}\n`),
      signal: new AbortController().signal,
    });
process.stdout.write(`${resultText(result)}\n`);
await report(
  "host-death",
  result.runs.map(({ run, killed, figures, healMs, ledger }) => ({
    run,
    killed,
    "d ms": figures.d ?? "–",
    "f ms": figures.f ?? "–",
    "z ms": figures.z ?? "–",
    "slowest ms": figures.slowestMs,
    "green ms": healMs,
    calls: figures.attempts,
    saved: figures.savedByRetransmission,
    lost: figures.lost,
    redials: figures.redials,
    "redials failed": figures.redialsFailed,
    records: ledger.found,
    missing: ledger.missing.length,
    doubled: ledger.doubled.length,
    wrong: ledger.wrong.length,
  })),
);
if (result.broken.length > 0) process.exitCode = 1;
