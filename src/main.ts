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
  [["compile"], async () => (await import("./cli/compile.ts")).registerCompile],
  [["status", "down", "systemd"], async () => (await import("./cli/host.ts")).registerHost],
  [["check"], async () => (await import("./cli/check.ts")).registerCheck],
  [["alerts"], async () => (await import("./cli/alerts.ts")).registerAlerts],
  [["certificates"], async () => (await import("./cli/certificates.ts")).registerCertificates],
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
  [["people"], async () => (await import("./cli/people.ts")).registerPeople],
  [["providers"], async () => (await import("./cli/providers.ts")).registerProviders],
  [["tokens"], async () => (await import("./cli/tokens.ts")).registerTokens],
  [["site"], async () => (await import("./cli/site.ts")).registerSite],
  [["range"], async () => (await import("./cli/range.ts")).registerRange],
  [["group"], async () => (await import("./cli/group.ts")).registerGroup],
  [["code"], async () => (await import("./cli/code.ts")).registerCode],
  [["calendar"], async () => (await import("./cli/calendar.ts")).registerCalendar],
  [["desk"], async () => (await import("./cli/desk.ts")).registerDesk],
  [["flag"], async () => (await import("./cli/flag.ts")).registerFlag],
  [["table"], async () => (await import("./cli/lookup-table.ts")).registerTable],
  [["rules"], async () => (await import("./cli/rules.ts")).registerRules],
  [["route"], async () => (await import("./cli/route.ts")).registerRoute],
  [["carrier"], async () => (await import("./cli/carrier.ts")).registerCarrier],
  [["farm"], async () => (await import("./cli/farm.ts")).registerFarm],
  [["freeswitch"], async () => (await import("./cli/freeswitch.ts")).registerFreeswitch],
  [["guard"], async () => (await import("./cli/guard.ts")).registerGuard],
  [["contract"], async () => (await import("./cli/contract.ts")).registerContract],
  [["script"], async () => (await import("./cli/script.ts")).registerScript],
  [["prices"], async () => (await import("./cli/prices.ts")).registerPrices],
  [["webhook"], async () => (await import("./cli/webhook.ts")).registerWebhook],
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
  const { issues } = error as { issues?: { path: PropertyKey[]; message: string }[] };
  if (error instanceof ConfigError) process.stderr.write(`${error.message}\n`);
  // What was said on the command line does not fit its schema.
  else if (Array.isArray(issues))
    process.stderr.write(
      `${issues.map(({ path, message }) => `dialtone: ${path.join(".")}: ${message}`).join("\n")}\n`,
    );
  else process.stderr.write(`dialtone: ${messageOf(error)}\n`);
  process.exitCode = 1;
}
