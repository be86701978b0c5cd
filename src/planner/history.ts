import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import { allHosts } from "../cluster/facts.ts";
import { ConfigError, loadCluster } from "../cluster/load.ts";
import type { Cluster } from "../cluster/schema.ts";
import type { Plan } from "./checked-plan.ts";
import { type Evidence, parseEvidence } from "./evidence.ts";

/** Evidence out of what the cluster itself writes: cluster.yaml and the history of its drills (drills.jsonl). */

const time = z.number().nullable();
const list = z.array(z.unknown());

/** What is read of a drill's result; drills/result.ts writes more. The tests check that the types fit. */
const resultSchema = z.object({
  drill: z.string(),
  runs: z.array(
    z.object({
      at: z.string(),
      figures: z.object({ d: time, f: time, z: time, lost: z.number(), redialsFailed: z.number() }),
      ledger: z.object({ missing: list, doubled: list, wrong: list, stray: list }),
    }),
  ),
});
export type HistoryLine = z.infer<typeof resultSchema>;

/** One entry for each run: passed when calls came back, every redial got through and no record is lost or wrong. */
function drillsOf(results: readonly HistoryLine[]): Evidence["drills"] {
  return results.flatMap(({ drill, runs }) =>
    runs.map(({ at, figures, ledger }) => ({
      at: new Date(at).toISOString(),
      fault: drill,
      passed:
        figures.z !== null &&
        figures.redialsFailed === 0 &&
        [ledger.missing, ledger.doubled, ledger.wrong, ledger.stray].every((each) => each.length === 0),
      ...(figures.d !== null && { d_ms: Math.max(0, figures.d) }),
      ...(figures.f !== null && { f_ms: Math.max(0, figures.f) }),
      ...(figures.z !== null && { z_ms: Math.max(0, figures.z) }),
      calls_lost: figures.lost,
      records_missing: ledger.missing.length,
    })),
  );
}

/** The equipment of the plan that is the cluster: the one named, else the only one that takes over by itself. */
export function clusterEquipment(plan: Plan, named: string | undefined): string {
  if (named !== undefined && named in plan.equipment) return named;
  const known = Object.keys(plan.equipment).join(", ");
  if (named !== undefined) throw new Error(`no equipment '${named}' in the plan: write one of ${known}`);
  const able = Object.entries(plan.equipment).flatMap(([name, { policy }]) => (policy ? [name] : []));
  const [only, ...more] = able;
  if (only !== undefined && more.length === 0) return only;
  throw new Error(`which equipment of the plan is the cluster? Say --equipment with one of ${known}`);
}

/** @throws ConfigError with the line of a result that is none */
export function parseHistory(text: string, file: string): HistoryLine[] {
  return text.split("\n").flatMap((line, index) => {
    if (line.trim() === "") return [];
    try {
      return [resultSchema.parse(JSON.parse(line))];
    } catch (error) {
      throw new ConfigError([
        `${file}:${index + 1}: not the result of a drill (${(error as Error).message})`,
      ]);
    }
  });
}

/** Results of drills as the database keeps them; what is none (another kind of drill) is left out. Pure. */
export const historyOf = (results: readonly unknown[]): HistoryLine[] =>
  results.flatMap((result) => resultSchema.safeParse(result).data ?? []);

/** Evidence of a cluster and its drills. Pure. Every cluster of this release is hot/warm-active. */
export function evidenceOf(
  {
    cluster,
    results,
    equipment,
  }: { cluster: Cluster | undefined; results: HistoryLine[]; equipment: string },
  plan: Plan,
  now: Date,
): Evidence {
  const hosts = cluster && allHosts(cluster);
  const planned = plan.equipment[equipment];
  return {
    evidence: 1,
    cluster: cluster?.cluster ?? "unnamed",
    taken: now.toISOString(),
    equipment,
    policy: "hot/warm-active",
    nodes: hosts?.filter((host) => host.role === "node").length ?? planned?.units ?? 2,
    arbiter: hosts
      ? hosts.length > hosts.filter((host) => host.role === "node").length
      : planned?.arbiter === true,
    drills: drillsOf(results),
  };
}

export interface Given {
  /** Evidence as JSON (docs/planning.md), or a drill history ending in .jsonl. */
  file: string;
  /** cluster.yaml; when absent, the one beside a history is used if there is one. */
  clusterFile: string | undefined;
  equipment: string | undefined;
}

/** Reads what was given about the running cluster. @throws ConfigError, or Error when a file can not be read */
export function loadGiven({ file, clusterFile, equipment }: Given, plan: Plan, now: Date): Evidence {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new ConfigError([
      `${file}: can not be read (${(error as NodeJS.ErrnoException).code}): give the drill history of a lab (drills.jsonl) or a file as in docs/planning.md`,
    ]);
  }
  if (!file.endsWith(".jsonl")) return parseEvidence(text, file);
  const beside = join(dirname(file), "cluster.yaml");
  const config = clusterFile ?? (existsSync(beside) ? beside : undefined);
  const cluster = config === undefined ? undefined : loadCluster(config);
  const results = parseHistory(text, file);
  return evidenceOf({ cluster, results, equipment: clusterEquipment(plan, equipment) }, plan, now);
}
