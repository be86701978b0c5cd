import { Command } from "commander";
import { messageOf } from "./base/message.ts";
import { ConfigError } from "./cluster/load.ts";

type Register = (program: Command) => void;

/**
 * The command line: reads as a table of contents. A group is loaded only when one of its commands is called, so that
 * an agent does not carry the lab, and `status` does not carry the app.
 */
const groups: [commands: string[], load: () => Promise<Register>][] = [
  [["plan"], async () => (await import("./cli/plan.ts")).registerPlan],
  [["init"], async () => (await import("./cli/init.ts")).registerInit],
  [["up"], async () => (await import("./cli/up.ts")).registerUp],
  [["status", "down", "systemd"], async () => (await import("./cli/host.ts")).registerHost],
  [["check"], async () => (await import("./cli/check.ts")).registerCheck],
  [["alerts"], async () => (await import("./cli/alerts.ts")).registerAlerts],
  [["metrics"], async () => (await import("./cli/metrics.ts")).registerMetrics],
  [["timeline"], async () => (await import("./cli/timeline.ts")).registerTimeline],
  [["switchover"], async () => (await import("./cli/switchover.ts")).registerSwitchover],
  [["drain", "undrain", "restart"], async () => (await import("./cli/maintenance.ts")).registerMaintenance],
  [["database"], async () => (await import("./cli/database.ts")).registerDatabase],
  [["fence"], async () => (await import("./cli/fence.ts")).registerFence],
  [["drift"], async () => (await import("./cli/drift.ts")).registerDrift],
  [["upgrade", "apply", "change"], async () => (await import("./cli/change.ts")).registerChange],
  [["lab"], async () => (await import("./cli/lab.ts")).registerLab],
  [["call"], async () => (await import("./cli/call.ts")).registerCall],
  [["drill"], async () => (await import("./cli/drill.ts")).registerDrill],
  [["number"], async () => (await import("./cli/number.ts")).registerNumber],
  [["user"], async () => (await import("./cli/user.ts")).registerUser],
  [["route"], async () => (await import("./cli/route.ts")).registerRoute],
  [["records"], async () => (await import("./cli/records.ts")).registerRecords],
  [["recordings"], async () => (await import("./cli/recordings.ts")).registerRecordings],
  [["app"], async () => (await import("./cli/app.ts")).registerApp],
];

/** The command named by these arguments: the first word that is neither an option nor the value of --config. */
function commandIn(words: string[]): string | undefined {
  const at = words.findIndex((word, index) => !word.startsWith("-") && words[index - 1] !== "--config");
  return words[at];
}

const program = new Command("dialtone")
  .description("A highly available telephone service: two nodes, one address.")
  .option("--config <file>", "cluster.yaml (default: ./cluster.yaml, then /etc/dialtone/cluster.yaml)")
  .option("--json", "output for programs");

try {
  const called = commandIn(process.argv.slice(2)) ?? "";
  const group = groups.find(([commands]) => commands.includes(called));
  for (const [, load] of group ? [group] : groups) (await load())(program);
  await program.parseAsync();
} catch (error) {
  if (error instanceof ConfigError) process.stderr.write(`${error.message}\n`);
  else process.stderr.write(`dialtone: ${messageOf(error)}\n`);
  process.exitCode = 1;
}
