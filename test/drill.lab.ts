import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { drillNamed } from "../src/drills/catalogue.ts";
import { waitForGreen } from "../src/drills/cluster-view.ts";
import { resultText } from "../src/drills/result.ts";
import { runDrill } from "../src/drills/run-drill.ts";
import { openLab } from "../src/lab/lab.ts";

/** In short: the whole cluster, real calls, power cuts. Twenty runs are a bench. */

const lab = openLab("drilltest");
const hostDeath = drillNamed("host-death");
const never = new AbortController().signal;
const tell = (text: string) => void process.stderr.write(`${text}\n`);

/** Somebody else's lab of this name is not ours to take down. */
let ours = false;

beforeAll(async () => {
  await lab.up({ isolated: true, detach: false, fresh: true });
  ours = true;
  await waitForGreen(lab, 120_000, (why) => tell(`waiting: ${why.join("; ")}`), never);
});

afterAll(async () => {
  if (ours) await lab.down({ wipe: true });
});

it("a host's death costs no redial and no record, twice in a row", { timeout: 240_000 }, async () => {
  // How long callers wait is the business of bench/host-death.ts, on a machine that does nothing else.
  const result = await runDrill(
    lab,
    { ...hostDeath, outageMs: 15_000 },
    {
      runs: 2,
      rate: 50,
      startedBy: "test",
      tell,
      signal: never,
    },
  );
  tell(resultText(result));
  expect(result.broken).toEqual([]);
  // The second run kills the node that took over in the first: the healed one carries the calls.
  expect(new Set(result.runs.map((run) => run.killed))).toEqual(new Set(["a", "b"]));
  expect(result.runs.every((run) => run.master !== null && run.master !== run.killed)).toBe(true);
  expect(result.summary.z_ms?.max).toBeGreaterThan(0);
  expect(result.summary.records.expected).toBeGreaterThan(500);
  const history = readFileSync(join(lab.paths.root, "drills.jsonl"), "utf8").trim().split("\n");
  expect(JSON.parse(history.at(-1) ?? "")).toMatchObject({ drill: "host-death", broken: [] });
  expect(existsSync(result.logs)).toBe(false);
});

it("refuses to begin while something is not green", { timeout: 60_000 }, async () => {
  await lab.pause("b", "kamailio");
  try {
    await expect(
      runDrill(lab, hostDeath, { runs: 1, rate: 50, startedBy: "test", tell, signal: never }),
    ).rejects.toThrow(/needs a green cluster[\s\S]*b/);
  } finally {
    await lab.heal();
  }
});
