import { existsSync } from "node:fs";
import { resolve } from "node:path";
import Table from "cli-table3";
import type { Command } from "commander";
import { defaultData, hostDirs, runFiles } from "../cluster/facts.ts";
import { askSocket } from "../http/socket.ts";
import { agentSocketOf } from "../lab/agents.ts";
import { openLab } from "../lab/lab.ts";
import { askReport } from "../report/ask.ts";

/** `dialtone fence …`: who can be switched off, who is, and a person's word for it. */

interface Options {
  data: string;
  lab?: string;
  host?: string;
}

function socketOf(options: Options): string {
  if (options.lab === undefined) return runFiles(hostDirs(resolve(options.data))).agentSocket;
  const { hosts } = openLab(options.lab).state();
  const host = Object.entries(hosts).find(
    ([name, one]) => one.role === "node" && one.powered && name === (options.host ?? name),
  )?.[1];
  if (!host?.data) throw new Error(`lab '${options.lab}' has no such node with power`);
  return agentSocketOf(host.data);
}

const withPlace = (command: Command): Command =>
  command
    .option("--data <directory>", "where this host keeps its data", defaultData)
    .option("--lab <name>", "a lab's node instead of this host")
    .option("--host <name>", "with --lab: which node");

export function registerFence(program: Command): void {
  const group = program
    .command("fence")
    .description("switching off a node that can not be asked, before its address is taken");

  withPlace(group.command("status"))
    .description("which nodes this one can switch off, and whether their devices answer")
    .addHelpText(
      "after",
      "\nExit code: 0 all devices answer, 1 one does not (or there are none).\n\nExample:\n  dialtone fence status",
    )
    .action(async (options: Options, command: Command) => {
      const report = await askReport(socketOf(options));
      const { fencing } = report;
      if (command.optsWithGlobals<{ json?: boolean }>().json)
        process.stdout.write(`${JSON.stringify(fencing ?? null)}\n`);
      else if (!fencing) process.stdout.write("cluster.yaml has no fencing: see docs/real-hosts.md\n");
      else {
        const table = new Table({
          head: ["node", "device", "answers", "state"],
          style: { head: [], border: [] },
        });
        for (const [name, node] of Object.entries(fencing.nodes))
          table.push([
            ...[name, node.device, node.ok === null ? "not tried yet" : node.ok ? "yes" : "NO"],
            { none: "on", running: "is being switched off", off: "switched off", failed: "FAILED" }[
              node.state
            ],
          ]);
        process.stdout.write(
          `seen from ${report.host}; ${fencing.required ? "required before a takeover" : "not required"}\n${table.toString()}\n`,
        );
      }
      if (!fencing || Object.values(fencing.nodes).some((node) => node.ok === false)) process.exitCode = 1;
    });

  withPlace(group.command("confirm <node>"))
    .description("say that a node is switched off for certain: the other one takes its address")
    .requiredOption("--i-have-checked", "you have seen that it is off, or pulled its plug")
    .addHelpText(
      "after",
      "\nA wrong word makes two nodes serve with one address.\n\nExample:\n  dialtone fence confirm a --i-have-checked",
    )
    .action(async (node: string, options: Options, command: Command) => {
      const socket = socketOf(options);
      if (!existsSync(socket))
        throw new Error(`no agent runs here (${socket}): run it on the node that shall take over`);
      await askSocket(socket, "POST", `/fencing/confirm?host=${encodeURIComponent(node)}`);
      process.stdout.write(
        command.optsWithGlobals<{ json?: boolean }>().json
          ? `${JSON.stringify({ confirmed: node })}\n`
          : `${node} counts as switched off\n`,
      );
    });
}
