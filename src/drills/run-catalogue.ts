import { cpus, totalmem } from "node:os";
import { messageOf } from "../base/message.ts";
import { release } from "../cluster/release.ts";
import type { Lab } from "../lab/lab.ts";
import type { DrillKind } from "./catalogue.ts";
import { type CatalogueEvidence, ofThisRelease, readEvidence, writeEvidence } from "./catalogue-evidence.ts";
import { waitForGreen } from "./cluster-view.ts";
import { runDrill } from "./run-drill.ts";

/** Many drills, unattended: goes on where it stopped, repairs the lab or makes it from scratch, ends in time. */

export interface CatalogueOptions {
  wanted: { kind: DrillKind; runs: number }[];
  /** Evidence is written here after each run, and read at the beginning. */
  file: string;
  rate: number;
  /** No new drill begins after so many minutes. */
  minutes: number | null;
  startedBy: string;
  tell: (text: string) => void;
  signal: AbortSignal;
}

/** A lab whose nodes have to be restarted for a drill does several runs at once. */
const fittedBatch = 5;
/** A guess, until it is known. */
const secondsOfARun = 25;
const repairMs = 150_000;

const empty = (rate: number): CatalogueEvidence => ({
  v: 1,
  started: new Date().toISOString(),
  updated: new Date().toISOString(),
  release: release(),
  rate,
  machine: {
    cpu: cpus()[0]?.model ?? "unknown",
    cores: cpus().length,
    memory_gib: Math.round(totalmem() / 2 ** 30),
    node: process.version,
  },
  labs_made_anew: [],
  drills: {},
});

/** What is to be done, in order: each fault once, then each a second time, and so on. Pure. */
export function planOf(
  wanted: CatalogueOptions["wanted"],
  done: (name: string) => number,
): { kind: DrillKind; runs: number }[] {
  const plan: { kind: DrillKind; runs: number }[] = [];
  const counts = new Map(wanted.map(({ kind }) => [kind.name, done(kind.name)]));
  const most = Math.max(0, ...wanted.map(({ runs }) => runs));
  for (let pass = 1; pass <= most; pass++)
    for (const { kind, runs } of wanted) {
      const count = counts.get(kind.name) ?? 0;
      if (count >= Math.min(pass, runs)) continue;
      const batch = kind.fitting === undefined ? 1 : Math.min(fittedBatch, runs - count);
      plan.push({ kind, runs: batch });
      counts.set(kind.name, count + batch);
    }
  return plan;
}

/**
 * In each of `labs` one drill at a time; more than one lab needs a machine that can carry them.
 * @throws Error when the file is of another release, no lab can be made, or the signal aborts; what was found so far is
 * in the file.
 */
export async function runCatalogue(labs: Lab[], options: CatalogueOptions): Promise<CatalogueEvidence> {
  const { file, tell, signal } = options;
  const evidence = ofThisRelease(readEvidence(file), file, release()) ?? empty(options.rate);
  const plan = planOf(options.wanted, (name) => evidence.drills[name]?.runs.length ?? 0);
  const queue = [...plan];
  const began = performance.now();
  const failed = new Set<string>();
  const next = () => {
    for (;;) {
      const item = queue.shift();
      // What could not run this time will not run a minute later.
      if (!item || !failed.has(item.kind.name)) return item;
    }
  };
  const work = async (lab: Lab) => {
    for (let item = next(); item; item = next()) {
      signal.throwIfAborted();
      const spent = (performance.now() - began) / 1000;
      if (options.minutes !== null && spent + secondsOf(evidence, item) > options.minutes * 60) {
        queue.unshift(item);
        tell(
          `${lab.name}: ${options.minutes} minutes are over: ${queue.length} drills are left for the next time`,
        );
        return;
      }
      const left = [item, ...queue].reduce((sum, one) => sum + secondsOf(evidence, one), 0) / labs.length;
      tell(
        `[${plan.length - queue.length}/${plan.length}] ${item.kind.name}; about ${Math.round(left / 60)} min left`,
      );
      const why = await runItem(lab, item, evidence, options);
      if (why === undefined) continue;
      failed.add(item.kind.name);
      tell(`${item.kind.name}: ${why}`);
      await recover(lab, item.kind.name, evidence, tell, signal);
      await writeEvidence(file, evidence);
    }
  };
  await Promise.all(labs.map(work));
  await writeEvidence(file, evidence);
  return evidence;
}

interface Item {
  kind: DrillKind;
  runs: number;
}

function secondsOf(evidence: CatalogueEvidence, { kind, runs }: Item): number {
  const known = evidence.drills[kind.name]?.seconds ?? [];
  return runs * (known.length > 0 ? known.reduce((sum, one) => sum + one, 0) / known.length : secondsOfARun);
}

/** @returns why it could not run, or not to its end; undefined: it did. @throws Error when the signal aborts. */
async function runItem(
  lab: Lab,
  { kind, runs }: Item,
  evidence: CatalogueEvidence,
  { file, rate, startedBy, tell, signal }: CatalogueOptions,
): Promise<string | undefined> {
  const found = evidence.drills[kind.name] ?? { runs: [], seconds: [], errors: [] };
  evidence.drills[kind.name] = found;
  let last = performance.now();
  try {
    // The drill before may have left a part that is just being restarted.
    await waitForGreen(lab, repairMs, (why) => tell(`waiting: ${why.join("; ")}`), signal);
    const result = await runDrill(lab, kind, {
      runs,
      rate,
      startedBy,
      tell,
      signal,
      onRun: async (run) => {
        found.runs.push({ ...run, run: found.runs.length + 1 });
        found.seconds.push(Math.round((performance.now() - last) / 100) / 10);
        last = performance.now();
        await writeEvidence(file, evidence);
      },
    });
    if (result.broken.length > 0) tell(`${kind.name}: BROKEN: ${result.broken.join("; ")}`);
    if (result.stopped === null) return undefined;
    throw new Error(result.stopped);
  } catch (error) {
    signal.throwIfAborted();
    const text = messageOf(error);
    found.errors.push({ at: new Date().toISOString(), text });
    return text;
  }
}

/** Back to green: by repair, else by a new lab of the same name, which is noted. */
async function recover(
  lab: Lab,
  after: string,
  evidence: CatalogueEvidence,
  tell: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const waiting = (why: string[]) => tell(`waiting: ${why.join("; ")}`);
  try {
    await lab.heal();
    await waitForGreen(lab, repairMs, waiting, signal);
  } catch (error) {
    signal.throwIfAborted();
    const why = messageOf(error);
    evidence.labs_made_anew.push({ at: new Date().toISOString(), after, why });
    tell(`making the lab from scratch: ${why}`);
    await lab.down({ graceMs: 5000 });
    await lab.up({ isolated: true, detach: true, fresh: true });
    await waitForGreen(lab, repairMs, waiting, signal);
  }
}
