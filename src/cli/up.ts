import { resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Command } from "commander";
import { z } from "zod";
import { HostAgent } from "../agent/agent.ts";
import { recordedDigests, restartsFor } from "../change/check.ts";
import type { Checked } from "../change/releases.ts";
import { toChosenRelease } from "../change/start.ts";
import { defaultData, type HostContext, hostDirs, hostNamed, runFiles } from "../cluster/facts.ts";
import { ConfigError, findClusterFile, loadCluster, loadSecrets } from "../cluster/load.ts";
import { release } from "../cluster/release.ts";
import { componentsOf } from "../components/index.ts";
import { preflight, requirements } from "../host/preflight.ts";
import { askSocket } from "../http/socket.ts";

/** An agent that wants to be restarted ends with this code: EX_TEMPFAIL, sysexits.h(3head). */
const restartCode = 75;

const firstSchema = z.object({ link: z.string().nullable() });

/**
 * As long as there is no administrator: where the first one is made, once, to the terminal. Never where the output is kept: the link
 * opens everything. Never throws.
 */
async function tellFirst({ self, dirs }: HostContext, signal: AbortSignal): Promise<void> {
  if (self.role !== "node") return;
  while (!signal.aborted)
    try {
      const { link } = firstSchema.parse(
        await askSocket(runFiles(dirs).appSocket, "GET", "/v1/session/first", { signal }),
      );
      if (link !== null) process.stdout.write(`\nthe first administrator is made at ${link}\n\n`);
      return;
    } catch {
      // The app or its database is not there yet.
      await delay(2000, undefined, { signal }).catch(() => {}); // aborted: the loop ends
    }
}

/** `dialtone up`: this host's agent, in the foreground. */
export function registerUp(program: Command): void {
  program
    .command("up")
    .description("run this host's agent and all its parts, until it is stopped")
    .requiredOption("--host <name>", "which host of cluster.yaml this is")
    .option("--data <directory>", "where this host keeps its data", defaultData)
    .option("--check", "only say whether this release could run this host, and which parts it would restart")
    .addHelpText(
      "after",
      `
Runs in the foreground and writes what happens to the terminal. Ctrl-C stops the host in order: the address moves first.
For production let systemd run it: 'dialtone systemd --host NAME' prints the unit.`,
    )
    .action(async (options: { host: string; data: string; check?: boolean }, command: Command) => {
      const file = findClusterFile(command.optsWithGlobals<{ config?: string }>().config);
      const dirs = hostDirs(resolve(options.data));
      if (!options.check) toChosenRelease(dirs, file);
      // It was for this process (host/systemd.ts); the parts get our environment.
      delete process.env.NODE_OPTIONS;
      const cluster = loadCluster(file);
      const self = hostNamed(cluster, options.host);
      const context = {
        cluster,
        secrets: loadSecrets(file),
        self,
        dirs,
        clusterFile: file,
      };
      if (options.check) {
        const problems = await requirements(context);
        if (problems.length > 0) throw new ConfigError(problems);
        const checked: Checked = {
          release: release(),
          restarts: restartsFor(context, recordedDigests(dirs)),
        };
        process.stdout.write(`${JSON.stringify(checked)}\n`);
        return;
      }
      await preflight(context);
      // A full disk below our output must not end us; the incident log is elsewhere, and in memory.
      for (const output of [process.stdout, process.stderr]) output.on("error", () => {});
      const stop = new AbortController();
      for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => stop.abort());
      if (process.stdout.isTTY) void tellFirst(context, stop.signal);
      const ending = await new HostAgent(context, componentsOf(context), release()).start(stop.signal);
      // Connections to parts that go on (the database's) would keep this process alive.
      if (ending !== "stop") process.exit(restartCode);
    });
}
