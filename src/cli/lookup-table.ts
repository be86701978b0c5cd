import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import { tableSchema } from "../circumstances/table-schema.ts";
import { withApiOptions } from "../client/api.ts";
import { type Kind, putOne, registerKept } from "./kept.ts";

const kind = { what: "table", path: "tables", schema: tableSchema } satisfies Kind<typeof tableSchema>;

/** `dialtone table`: what rules look up. */
export function registerTable(program: Command): void {
  const group = withApiOptions(
    program.command("table").description("tables that rules look numbers and users up in"),
  );
  group.addHelpText(
    "after",
    `
Examples:
  dialtone table import customers customers.csv            number,agent,level / +49711123456,1001,gold
  dialtone route add mine --number 5000 --listed customers --priority 2 --to '{table:customers}'
The first column is the key, as numbers are looked up: +49711…. {table:NAME} in a target is the second column of the row,
{table:NAME.COLUMN} another one.`,
  );
  group
    .command("import <name> <file>")
    .description("make a table of a CSV file with column names in its first line, or replace it")
    .option("--description <text>", "a note", "")
    .action(async (name: string, file: string, { description }: { description: string }, command: Command) =>
      putOne(
        command,
        kind,
        name,
        { description, csv: await readFile(file, "utf8") },
        `table ${name} imported`,
      ),
    );
  registerKept(group, kind, {
    head: ["NAME", "ROWS", "COLUMNS", "NOTE"],
    row: ({ name, rows, columns, description }) => [name, rows, columns.join(" "), description],
    none: "no tables; see 'dialtone table --help'",
  });
}
