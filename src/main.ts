import { Command } from "commander";
import { registerApp } from "./cli/app.ts";
import { registerCall } from "./cli/call.ts";
import { registerDrill } from "./cli/drill.ts";
import { registerHost } from "./cli/host.ts";
import { registerInit } from "./cli/init.ts";
import { registerLab } from "./cli/lab.ts";
import { registerNumber } from "./cli/number.ts";
import { registerRecords } from "./cli/records.ts";
import { registerRoute } from "./cli/route.ts";
import { registerUp } from "./cli/up.ts";
import { registerUser } from "./cli/user.ts";
import { ConfigError } from "./cluster/load.ts";

/** The command line: reads as a table of contents. Each group registers its own commands. */
const program = new Command("dialtone")
  .description("A highly available telephone service: two nodes, one address.")
  .option("--config <file>", "cluster.yaml (default: ./cluster.yaml, then /etc/dialtone/cluster.yaml)")
  .option("--json", "output for programs");

registerInit(program);
registerUp(program);
registerApp(program);
registerHost(program);
registerLab(program);
registerCall(program);
registerDrill(program);
registerNumber(program);
registerRecords(program);
registerRoute(program);
registerUser(program);

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof ConfigError) process.stderr.write(`${error.message}\n`);
  else process.stderr.write(`dialtone: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
