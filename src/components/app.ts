import { fileURLToPath } from "node:url";
import { type HostContext, runFiles } from "../cluster/facts.ts";
import { release } from "../cluster/release.ts";
import { socketClient } from "../http/socket.ts";
import { type AppHealth, healthSchema } from "../report/app-health.ts";
import type { Component, Health } from "./common/component.ts";

const main = fileURLToPath(new URL("../main.ts", import.meta.url));

/** Our own web application: decisions, directory, records. */
export const app: Component = {
  name: "app",
  files: () => [],
  command: ({ self, dirs, clusterFile }) => ({
    nice: -8,
    argv: [
      process.execPath,
      "--disable-warning=ExperimentalWarning",
      main,
      "--config",
      clusterFile,
      "app",
      "--host",
      self.name,
      "--data",
      dirs.data,
    ],
  }),
  // It reads cluster.yaml itself, and its code is our release.
  reads: ({ cluster }) => JSON.stringify([cluster, release()]),
  probe: askHealth,
  // One that hangs just after an answer has failed two probes when it counts as sick, and not later than with more of them.
  probeEveryMs: 1000,
  probeDeadlineMs: 300,
  sickAfterMs: 2000,
  startTimeoutMs: 20_000,
  killAfterMs: 0,
  stopGraceMs: 5000,
};

/**
 * GET /v1/health by the unix socket. Any well-formed answer means that the app does its job: what it says about
 * the database or a full disk is told in `detail`, and restarting the app would cure neither.
 */
async function askHealth(context: HostContext, signal: AbortSignal): Promise<Health<AppHealth>> {
  const app = socketClient(runFiles(context.dirs).appSocket);
  const { text } = await app.ask({ path: "/v1/health", signal });
  const facts = healthSchema.parse(JSON.parse(text));
  const detail =
    facts.problems.length > 0
      ? facts.problems.join("; ")
      : `rules version ${facts.rules.version}, ${facts.shipper.pending_bytes} bytes to ship`;
  return { ok: true, detail, facts };
}
