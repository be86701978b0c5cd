import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { ConfigError } from "../cluster/load.ts";
import type { DrillResult } from "../drills/result.ts";
import { compareEvidence } from "./compare.ts";
import { withEvidence } from "./evidence.ts";
import { clusterEquipment, type HistoryLine, loadGiven, parseHistory } from "./history.ts";
import { parsePlan } from "./load.ts";
import { linksOf } from "./promise.ts";

const text = readFileSync("docs/examples/five-servers/plan.yaml", "utf8");
const plan = parsePlan(text, "plan.yaml");
const now = new Date("2026-11-21T12:00:00Z");

/** Does not compile when the drills write something else than is read here. */
const read = (result: DrillResult): HistoryLine => result;

const run = (at: string, z: number | null, missing: string[] = []) => ({
  at,
  figures: { d: 190.2, f: 12.4, z, lost: 0, redialsFailed: 0 },
  ledger: { missing, doubled: [], wrong: [], stray: [] },
});
const line = (runs: unknown[]) =>
  JSON.stringify({ drill: "host-death", lab: "trial", runs, more: "is not read" });
const history = [
  line([run("2026-11-20T10:00:00.000Z", 204), run("2026-11-20T10:05:00+01:00", 214)]),
  "",
  line([run("2026-11-21T10:00:00Z", null), run("2026-11-21T11:00:00Z", 208, ["a"])]),
].join("\n");

const directory = mkdtempSync(join(tmpdir(), "dialtone-history-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const file = join(directory, "drills.jsonl");
writeFileSync(file, history);
const given = { file, clusterFile: undefined, equipment: undefined };

test("each run of a drill is a drill; lost records and calls that do not come back fail it", () => {
  const evidence = loadGiven(given, plan, now);
  expect(evidence).toMatchObject({ equipment: "telephone-server", nodes: 2, arbiter: true });
  expect(evidence.drills.map((drill) => drill.passed)).toEqual([true, true, false, false]);
  expect(evidence.drills[1]).toMatchObject({
    at: "2026-11-20T09:05:00.000Z",
    fault: "host-death",
    z_ms: 214,
  });
  expect(read).toBeTypeOf("function");
});

test("measured d and f give z, and the comparison does not ask for the parts of f", () => {
  const evidence = loadGiven(given, plan, now);
  const measured = linksOf(withEvidence(plan, evidence), "telephones").find((link) => link.policy);
  expect(measured?.z).toBeCloseTo(0.1902 + 0.0124, 4);
  const what = compareEvidence(plan, evidence, now).map((each) => each.what);
  expect(what).not.toContain("b, boot");
  expect(what).toContain("f = b + i, take-over");
});

test("the cluster.yaml beside the history says how many nodes there are", () => {
  const host = (role: string, last: number) => `{ role: ${role}, address: 192.0.2.${last} }`;
  const yaml = `cluster: trial\nservice: { address: 192.0.2.100/24 }\nhosts:\n  a: ${host("node", 1)}\n  b: ${host("node", 2)}\n  c: ${host("node", 3)}\n`;
  writeFileSync(join(directory, "cluster.yaml"), yaml);
  expect(loadGiven(given, plan, now)).toMatchObject({ cluster: "trial", nodes: 3, arbiter: false });
});

test("faults say what to do", () => {
  expect(() => parseHistory(`${history}\n{"drill":1}`, "drills.jsonl")).toThrow(
    /drills\.jsonl:4: not the result/,
  );
  expect(() => loadGiven({ ...given, file: "/nonexistent" }, plan, now)).toThrow(ConfigError);
  expect(() => clusterEquipment(plan, "pbx")).toThrow(/write one of telephone-server, /);
  const none = parsePlan(
    text.replace("    units: 2\n    needed: 1\n    policy: hot/warm-active\n", ""),
    "plan.yaml",
  );
  expect(() => clusterEquipment(none, undefined)).toThrow(/--equipment with one of/);
});
