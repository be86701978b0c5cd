import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { drillNamed } from "../src/drills/catalogue.ts";
import { resultText } from "../src/drills/result.ts";
import { runDrill } from "../src/drills/run-drill.ts";
import type { Lab } from "../src/lab/lab.ts";
import { brokenPromises } from "./support/harm.ts";
import { sharedLab } from "./support/shared-lab.ts";

/** In short: the whole cluster, real calls, power cuts. Twenty runs are a bench. */

let lab: Lab;
const hostDeath = drillNamed("host-death");
const never = new AbortController().signal;
const tell = (text: string) => void process.stderr.write(`${text}\n`);

beforeAll(async () => {
  lab = await sharedLab(tell);
});

it("a host's death costs no redial and no record, twice in a row", async () => {
  // How long callers wait is the business of bench/host-death.ts, on a machine that does nothing else.
  const result = await runDrill(
    lab,
    { ...hostDeath, outageMs: 15_000 },
    {
      runs: 2,
      rate: 20,
      startedBy: "test",
      tell,
      signal: never,
    },
  );
  tell(resultText(result));
  expect(brokenPromises(result)).toEqual([]);
  // The second run kills the node that took over in the first: the healed one carries the calls.
  expect(new Set(result.runs.map((run) => run.killed))).toEqual(new Set(["a", "b"]));
  expect(result.runs.every((run) => run.master !== null && run.master !== run.killed)).toBe(true);
  expect(result.summary.z_ms?.max).toBeGreaterThan(0);
  expect(result.summary.records.expected).toBeGreaterThan(200);
  const history = readFileSync(join(lab.paths.root, "drills.jsonl"), "utf8").trim().split("\n");
  expect(JSON.parse(history.at(-1) ?? "")).toMatchObject({ drill: "host-death", broken: result.broken });
  expect(existsSync(result.logs)).toBe(false);
});

it("refuses to begin while something is not green", async () => {
  await lab.pause("b", "kamailio");
  try {
    await expect(
      runDrill(lab, hostDeath, { runs: 1, rate: 20, startedBy: "test", tell, signal: never }),
    ).rejects.toThrow(/needs a green cluster[\s\S]*b/);
  } finally {
    await lab.heal();
  }
});
