import { resolve } from "node:path";
import type { Command } from "commander";
import { HostAgent } from "../agent/agent.ts";
import { preflight } from "../agent/preflight.ts";
import { hostDirs, hostNamed } from "../cluster/facts.ts";
import { findClusterFile, loadCluster, loadSecrets } from "../cluster/load.ts";
import { release } from "../cluster/release.ts";
import { componentsOf } from "../components/index.ts";

/** Where a real host keeps its data. */
export const defaultData = "/var/lib/dialtone";

/** `dialtone up`: this host's agent, in the foreground. */
export function registerUp(program: Command): void {
  program
    .command("up")
    .description("run this host's agent and all its parts, until it is stopped")
    .requiredOption("--host <name>", "which host of cluster.yaml this is")
    .option("--data <directory>", "where this host keeps its data", defaultData)
    .addHelpText(
      "after",
      `
Runs in the foreground and writes what happens to the terminal. Ctrl-C stops the host in order: the address moves first.
For production let systemd run it: 'dialtone systemd --host NAME' prints the unit.`,
    )
    .action(async (options: { host: string; data: string }, command: Command) => {
      const file = findClusterFile(command.optsWithGlobals<{ config?: string }>().config);
      const cluster = loadCluster(file);
      const self = hostNamed(cluster, options.host);
      const context = {
        cluster,
        secrets: loadSecrets(file),
        self,
        dirs: hostDirs(resolve(options.data)),
        clusterFile: file,
      };
      await preflight(context);
      // A full disk below our output must not end us; the incident log is elsewhere, and in memory.
      for (const output of [process.stdout, process.stderr]) output.on("error", () => {});
      const stop = new AbortController();
      for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => stop.abort());
      await new HostAgent(context, componentsOf(self.role), release()).start(stop.signal);
    });
}
