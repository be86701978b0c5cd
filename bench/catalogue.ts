import { join } from "node:path";
import { parseArgs } from "node:util";
import { catalogue } from "../src/drills/catalogue.ts";
import {
  allKept,
  type CatalogueEvidence,
  evidenceText,
  readEvidence,
  rowOf,
} from "../src/drills/catalogue-evidence.ts";
import { waitForGreen } from "../src/drills/cluster-view.ts";
import { runCatalogue } from "../src/drills/run-catalogue.ts";
import { openLab } from "../src/lab/lab.ts";

/**
 * Every fault of the catalogue, `--runs` times each (host-death 50 times), unattended, in a lab of its own. Goes on where
 * it stopped: results are in bench/results/catalogue.json after each run.
 *
 *   node bench/catalogue.ts [--runs 10] [--host-death 50] [--minutes 180] [--lab catalogue] [--only NAME,NAME…] [--table]
 *
 * --table only prints what the file has.
 */
const { values } = parseArgs({
  options: {
    ...{ runs: { type: "string", default: "10" }, "host-death": { type: "string", default: "50" } },
    ...{ minutes: { type: "string" }, lab: { type: "string", default: "catalogue" } },
    ...{ only: { type: "string", default: "" }, rate: { type: "string", default: "20" } },
    ...{ file: { type: "string", default: join(import.meta.dirname, "results", "catalogue.json") } },
    table: { type: "boolean", default: false },
  },
});
const names = values.only.split(",").filter(Boolean);
const wanted = catalogue
  .filter(({ name }) => names.length === 0 || names.includes(name))
  .map((kind) => ({
    kind,
    runs: Number(kind.name === "host-death" ? values["host-death"] : values.runs),
  }));
const tell = (text: string) =>
  void process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`);
const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.on(signal, () => stop.abort(new Error("interrupted: what was found is in the file")));

async function measure(): Promise<CatalogueEvidence> {
  const lab = openLab(values.lab);
  await lab.up({ isolated: true, detach: false, fresh: true });
  try {
    await waitForGreen(lab, 180_000, (why) => tell(`waiting: ${why.join("; ")}`), stop.signal);
    return await runCatalogue(lab, {
      ...{ wanted, file: values.file, rate: Number(values.rate), tell, signal: stop.signal },
      ...{ minutes: values.minutes === undefined ? null : Number(values.minutes), startedBy: "bench" },
    });
  } finally {
    await lab.down({ wipe: true });
  }
}

// Only read: a walk that goes on may be writing the file.
const evidence = values.table ? readEvidence(values.file) : await measure();
if (!evidence) throw new Error(`${values.file} is not there yet`);
process.stdout.write(`${evidenceText(evidence, catalogue)}\n`);
const rows = wanted.map(({ kind }) => rowOf(kind, evidence.drills[kind.name]?.runs ?? []));
tell(`${rows.filter(({ ok, runs }) => ok && runs > 0).length} of ${rows.length} faults kept every promise`);
if (!allKept(evidence, wanted)) process.exitCode = 1;
