import { existsSync, readFileSync } from "node:fs";
import { type HostContext, type HostDirs, runFiles } from "../cluster/facts.ts";
import type { Cluster } from "../cluster/schema.ts";
import { componentsOf } from "../components/index.ts";
import { startDigest } from "../host/files.ts";
import { requirements } from "../host/preflight.ts";
import { isAlive, type ProcessId } from "../host/process.ts";
import type { PartName } from "../report/parts.ts";
import { refusedChanges, settingChanges } from "./settings.ts";

/** What a host says to a change before anything happens. */

/** With what each running part was started: the digest in parts.json. */
export type PartDigests = Partial<Record<PartName, string>>;

/** The same, of an agent that is another process. */
export function recordedDigests(dirs: HostDirs): PartDigests {
  const { parts } = runFiles(dirs);
  if (!existsSync(parts)) return {};
  const records = JSON.parse(readFileSync(parts, "utf8")) as Record<string, ProcessId & { digest: string }>;
  return Object.fromEntries(
    Object.entries(records).flatMap(([name, record]) => (isAlive(record) ? [[name, record.digest]] : [])),
  );
}

/** Why this host can not run with that cluster.yaml while the cluster goes on; empty: it can. */
export async function stageProblems(context: HostContext, next: Cluster): Promise<string[]> {
  const refused = refusedChanges(settingChanges(context.cluster, next));
  if (refused.length > 0) return refused;
  return requirements({ ...context, cluster: next });
}

/** The running parts of this host that would be restarted with this context and this release's code. Pure. */
export const restartsFor = (next: HostContext, running: PartDigests): PartName[] =>
  componentsOf(next).flatMap((component) => {
    const digest = running[component.name];
    return digest === undefined || digest === startDigest(component, next) ? [] : [component.name];
  });
