import { resolve } from "node:path";
import type { Command } from "commander";
import { runApp } from "../app/run.ts";
import { hostDirs, hostNamed } from "../cluster/facts.ts";
import { findClusterFile, loadCluster, loadSecrets } from "../cluster/load.ts";
import { createLogger } from "../telemetry/log.ts";

/** `dialtone app`: the app alone; the agent starts it this way. */
export function registerApp(program: Command): void {
  program
    .command("app")
    .description("run only this host's app (the agent does this; useful for development)")
    .requiredOption("--host <name>", "which host of cluster.yaml this is")
    .requiredOption("--data <directory>", "where this host keeps its data")
    .option("--log-level <level>", "trace, debug, info, warn or error", "info")
    .action(async (options: { host: string; data: string; logLevel: string }, command: Command) => {
      const file = findClusterFile(command.optsWithGlobals<{ config?: string }>().config);
      const cluster = loadCluster(file);
      const context = {
        cluster,
        secrets: loadSecrets(file),
        self: hostNamed(cluster, options.host),
        dirs: hostDirs(resolve(options.data)),
        clusterFile: file,
      };
      const stop = new AbortController();
      for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => stop.abort());
      await runApp(context, createLogger(options.host, options.logLevel), stop.signal);
    });
}
