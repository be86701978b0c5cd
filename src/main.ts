import { Command } from "commander";
import { registerPlan } from "./cli/plan.ts";
import { ConfigError } from "./cluster/load.ts";

/** The command line: reads as a table of contents. Each group registers its own commands. */
const program = new Command("dialtone")
  .description("A highly available telephone service: two nodes, one address.")
  .option("--config <file>", "cluster.yaml (default: ./cluster.yaml, then /etc/dialtone/cluster.yaml)")
  .option("--json", "output for programs");

registerPlan(program);

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof ConfigError) process.stderr.write(`${error.message}\n`);
  else process.stderr.write(`dialtone: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
