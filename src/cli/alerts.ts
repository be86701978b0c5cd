import { resolve } from "node:path";
import type { Command } from "commander";
import { z } from "zod";
import { messageOf } from "../base/message.ts";
import { defaultData, hostDirs, runFiles } from "../cluster/facts.ts";
import { findClusterFile, loadCluster, loadSecrets } from "../cluster/load.ts";
import { webhookKey } from "../cluster/secrets.ts";
import { askSocket } from "../http/socket.ts";
import { table } from "./table.ts";

interface Options {
  data: string;
  config?: string;
  json?: boolean;
}

const openSchema = z.array(
  z.object({
    key: z.string(),
    severity: z.string(),
    title: z.string(),
    text: z.string(),
    sinceMs: z.number(),
    told: z.boolean(),
  }),
);
const testSchema = z.array(z.object({ channel: z.string(), problem: z.string().nullable() }));
/** SMTP servers may think for a while. */
const testMs = 40_000;

const ask = async (options: Options, method: "GET" | "POST", path: string): Promise<unknown> => {
  const socket = runFiles(hostDirs(resolve(options.data))).agentSocket;
  return await askSocket(socket, method, path, { deadlineMs: testMs }).catch((error: unknown) => {
    throw new Error(
      `no agent answers at ${socket} (${messageOf(error)}). ` +
        "Is 'dialtone up' running on this host, and are you root?",
    );
  });
};

/** `dialtone alerts …` */
export function registerAlerts(program: Command): void {
  const group = program
    .command("alerts")
    .description("what is wrong now, and whether people are told")
    .option("--data <directory>", "where this host keeps its data", defaultData)
    .addHelpText(
      "after",
      `
Who is told stands in cluster.yaml under 'alerts' (e-mail, webhooks). One host of the cluster tells for all of them;
when it dies, another goes on.

Examples:
  dialtone alerts                 what is open; exit code 1 when something is
  dialtone alerts test            a test message by every channel
  dialtone alerts key pager       with what webhook 'pager' is signed (Standard Webhooks)`,
    );
  group
    .command("list", { isDefault: true })
    .description("everything that is wrong now")
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<Options>();
      const open = openSchema.parse(await ask(options, "GET", "/alerts"));
      if (open.length > 0) process.exitCode = 1;
      const rows = open.map(({ severity, title, sinceMs, told }) => [
        ...[severity, `${Math.round(sinceMs / 1000)} s`, told ? "told" : "not told yet", title],
      ]);
      const text = open.length === 0 ? "nothing is wrong" : table(["severity", "since", "", "what"], rows);
      process.stdout.write(options.json === true ? `${JSON.stringify(open)}\n` : `${text}\n`);
    });
  group
    .command("test")
    .description("send a test message by every channel, from this host")
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<Options>();
      const results = testSchema.parse(await ask(options, "POST", "/alerts/test"));
      if (results.length === 0)
        throw new Error("cluster.yaml names nobody to tell: see 'alerts' in cluster.example.yaml");
      if (results.some(({ problem }) => problem !== null)) process.exitCode = 1;
      const lines = results.map(({ channel, problem }) => `${channel}: ${problem ?? "sent"}`);
      process.stdout.write(options.json === true ? `${JSON.stringify(results)}\n` : `${lines.join("\n")}\n`);
    });
  group
    .command("key <webhook>")
    .description("the signing key of a webhook, for whoever receives it")
    .action((name: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<Options>();
      const file = findClusterFile(options.config);
      const known = Object.keys(loadCluster(file).alerts.webhooks);
      if (!known.includes(name))
        throw new Error(`${file} has no webhook '${name}'; it has ${known.join(", ") || "none"}`);
      const key = webhookKey(loadSecrets(file), name);
      process.stdout.write(options.json === true ? `${JSON.stringify({ key })}\n` : `${key}\n`);
    });
}
