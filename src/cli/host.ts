import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Command } from "commander";
import { messageOf } from "../base/message.ts";
import { defaultData, hostDirs, hostNamed, runFiles } from "../cluster/facts.ts";
import { findClusterFile, loadCluster } from "../cluster/load.ts";
import { notGreen } from "../explain/green.ts";
import { diagnose, freshMs, sightsOf } from "../explain/problems.ts";
import { describeCluster } from "../explain/text.ts";
import { isAlive, type ProcessId } from "../host/process.ts";
import { systemdUnit, watchdogAdvice, watchdogDropIn } from "../host/systemd.ts";
import { askSocket } from "../http/socket.ts";
import { askCluster } from "../report/ask.ts";

interface Global {
  config?: string;
  json?: boolean;
}

const noAgent = (data: string, error: unknown): Error =>
  new Error(
    `no agent answers at ${runFiles(hostDirs(data)).agentSocket} (${messageOf(error)}). ` +
      "Is 'dialtone up' running on this host, and are you root? For a lab: 'dialtone lab status'.",
  );

/** `dialtone status | down | systemd`: a real host, by its own agent. */
export function registerHost(program: Command): void {
  program
    .command("status")
    .description("what is wrong with the cluster, since when, what it means for callers, what to do")
    .option("--data <directory>", "where this host keeps its data", defaultData)
    .addHelpText(
      "after",
      "\nExample: dialtone status --json | jq .problems\nExit code: 0 somebody answers calls and all is green, 1 something is missing, 2 nobody answers calls.",
    )
    .action(async (options: { data: string }, command: Command) => {
      const socket = runFiles(hostDirs(resolve(options.data))).agentSocket;
      const entries = await askCluster(socket).catch((error: unknown) => {
        throw noAgent(options.data, error);
      });
      const json = command.optsWithGlobals<Global>().json;
      const { headline, state, problems } = diagnose(sightsOf(entries));
      process.stdout.write(
        json
          ? `${JSON.stringify({ summary: headline, state, problems, hosts: entries })}\n`
          : `${describeCluster(entries)}\n`,
      );
      const asked = entries.map(({ ageMs, report }) => ({
        name: report.host,
        report: ageMs <= freshMs ? report : null,
      }));
      if (problems.some(({ code }) => code === "address")) process.exitCode = 2;
      else if (notGreen(asked).length > 0) process.exitCode = 1;
    });

  program
    .command("down")
    .description("stop this host in order: the service address moves first, the database stops last")
    .option("--data <directory>", "where this host keeps its data", defaultData)
    .option("--timeout <seconds>", "how long to wait", Number, 60)
    .action(async (options: { data: string; timeout: number }, command: Command) => {
      const run = runFiles(hostDirs(resolve(options.data)));
      await askSocket(run.agentSocket, "POST", "/stop").catch((error: unknown) => {
        throw noAgent(options.data, error);
      });
      const agent = JSON.parse(readFileSync(run.agentPid, "utf8")) as ProcessId;
      const began = performance.now();
      while (isAlive(agent)) {
        if (performance.now() - began > 1000 * options.timeout)
          throw new Error(
            `the agent (process ${agent.pid}) still runs after ${options.timeout} s; see 'dialtone status'`,
          );
        await new Promise((done) => setTimeout(done, 50));
      }
      const seconds = ((performance.now() - began) / 1000).toFixed(1);
      process.stdout.write(
        command.optsWithGlobals<Global>().json
          ? `${JSON.stringify({ stopped: true, seconds: Number(seconds) })}\n`
          : `stopped in ${seconds} s\n`,
      );
    });

  program
    .command("systemd")
    .description("print the systemd unit for this host, or the drop-in for a watchdog")
    .option("--host <name>", "which host of cluster.yaml this is")
    .option(
      "--watchdog",
      "print the drop-in that lets /dev/watchdog reset a hung host; says whether there is one",
    )
    .option("--data <directory>", "where this host keeps its data", defaultData)
    .addHelpText(
      "after",
      "\nExample:\n  dialtone systemd --host a > /etc/systemd/system/dialtone.service && systemctl daemon-reload && systemctl enable --now dialtone\n  dialtone systemd --watchdog > /etc/systemd/system.conf.d/dialtone-watchdog.conf && systemctl daemon-reexec",
    )
    .action((options: { host?: string; data: string; watchdog?: true }, command: Command) => {
      if (options.watchdog) {
        process.stderr.write(`${watchdogAdvice(existsSync("/dev/watchdog"))}\n`);
        process.stdout.write(watchdogDropIn);
        return;
      }
      if (options.host === undefined) throw new Error("which host is this? give --host NAME (or --watchdog)");
      const file = findClusterFile(command.optsWithGlobals<Global>().config);
      hostNamed(loadCluster(file), options.host);
      process.stdout.write(
        systemdUnit({
          program: resolve(import.meta.dirname, "../../bin/dialtone"),
          host: options.host,
          clusterFile: file,
          data: resolve(options.data),
        }),
      );
    });
}
