import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import type { Lab } from "../lab/lab.ts";
import { activeNodes } from "./cluster-view.ts";
import { type DrillResult, type Run, summarise } from "./result.ts";
import { openSession, type SessionOptions } from "./session.ts";

/** The drill "host death": calls go on, the active node loses its power; what did callers and ledger see? */

export interface HostDeathOptions extends Omit<SessionOptions, "name"> {
  runs: number;
  /** Keep the callers' logs even when all was well. */
  keepLogs?: boolean;
}

/**
 * Runs the drill against a running lab, leaves it with power and cables in place, and appends the result to the lab's
 * drills.jsonl.
 * @throws Error when the cluster is not green before a run, or calls do not go through before the fault.
 */
export async function hostDeath(lab: Lab, options: HostDeathOptions): Promise<DrillResult> {
  const started = new Date().toISOString();
  await using session = await openSession(lab, { ...options, name: "host-death" });
  const runs: Run[] = [];
  let stopped: string | null = null;
  try {
    for (let run = 1; run <= options.runs; run++) {
      options.signal.throwIfAborted();
      const tell = (text: string) => options.tell(`run ${run}/${options.runs}: ${text}`);
      const { hosts } = await lab.status();
      const [killed = ""] = activeNodes(hosts);
      tell(`cutting the power of ${killed}`);
      const survivors = hosts
        .filter((host) => host.role === "node" && host.name !== killed)
        .map((host) => host.name);
      const outcome = await session.run({ inject: () => lab.kill(killed), survivors }, tell);
      runs.push({ run, killed, ...outcome });
    }
  } catch (error) {
    // What was measured so far is worth keeping.
    if (runs.length === 0) throw error;
    stopped = error instanceof Error ? error.message : String(error);
    session.keepLogs();
  } finally {
    await lab.heal();
  }
  const result = summarise({
    ...{ drill: "host-death", lab: lab.name, rate: options.rate, patience_ms: options.patienceMs },
    ...{ started, finished: new Date().toISOString(), logs: session.directory, stopped, runs },
  });
  await appendFile(join(lab.paths.root, "drills.jsonl"), `${JSON.stringify(result)}\n`);
  // The callers' logs are evidence only when something went wrong.
  if (result.broken.length > 0 || options.keepLogs) session.keepLogs();
  return result;
}
