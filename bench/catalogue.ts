import { join } from "node:path";
import { parseArgs } from "node:util";
import { release } from "../src/cluster/release.ts";
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
 * it stopped: results are in bench/results/catalogue-RELEASE.json after each run.
 *
 *   node bench/catalogue.ts [--runs 10] [--host-death 50] [--minutes 180] [--lab catalogue] [--labs 1] [--only NAME,NAME…] [--table]
 *
 * --table only prints what the file has. --labs: so many labs at the same time share the machine and the work.
 */
/** Figures of two releases are evidence for neither. */
const defaultFile = join(
  import.meta.dirname,
  "results",
  `catalogue-${release().split("+")[1] ?? release()}.json`,
);
const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "10" },
    "host-death": { type: "string", default: "50" },
    labs: { type: "string", default: "1" },
    minutes: { type: "string" },
    lab: { type: "string", default: "catalogue" },
    only: { type: "string", default: "" },
    rate: { type: "string", default: "20" },
    file: { type: "string", default: defaultFile },
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
  const labs = Array.from({ length: Number(values.labs) }, (_, index) =>
    openLab(index === 0 ? values.lab : `${values.lab}${index + 1}`),
  );
  const ours: typeof labs = [];
  try {
    for (const lab of labs) {
      await lab.up({ isolated: true, detach: false, fresh: true });
      ours.push(lab);
      const waiting = (why: string[]) => tell(`${lab.name}: waiting: ${why.join("; ")}`);
      await waitForGreen(lab, 180_000, waiting, stop.signal);
    }
    return await runCatalogue(labs, {
      wanted,
      file: values.file,
      rate: Number(values.rate),
      tell,
      signal: stop.signal,
      minutes: values.minutes === undefined ? null : Number(values.minutes),
      startedBy: "bench",
    });
  } finally {
    for (const lab of ours) await lab.down({ wipe: true });
  }
}

// Only read: a walk that goes on may be writing the file.
const evidence = values.table ? readEvidence(values.file) : await measure();
if (!evidence) throw new Error(`${values.file} is not there yet`);
process.stdout.write(`${evidenceText(evidence, catalogue)}\n`);
const rows = wanted.map(({ kind }) => rowOf(kind, evidence.drills[kind.name]?.runs ?? []));
tell(`${rows.filter(({ ok, runs }) => ok && runs > 0).length} of ${rows.length} faults kept every promise`);
if (!allKept(evidence, wanted)) process.exitCode = 1;
