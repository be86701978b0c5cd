import type { Command } from "commander";
import { z } from "zod";
import { apiTargets, ask, print, withApiOptions } from "../client/api.ts";
import { numberSchema, type PhoneNumber } from "../directory/number-schema.ts";
import { table } from "./table.ts";

const versioned = z.object({ rules_version: z.int() });
const page = z.object({ numbers: z.array(numberSchema), next: z.string().nullable() });

/** `dialtone number`: which number rings whom. */
export function registerNumber(program: Command): void {
  const group = withApiOptions(
    program.command("number").description("telephone numbers and the users that they ring"),
  );
  group.addHelpText(
    "after",
    `
Examples:
  dialtone number add +441234567890 --user 1001
  dialtone number list --user 1001
A user is reached by its own name without any number. For more than one target, or a carrier, see 'dialtone route'.`,
  );
  group
    .command("add <number>")
    .description("assign a new number to a user")
    .requiredOption("--user <name>", "the user that rings")
    .option("--description <text>", "a note", "")
    .option("--replace", "also when the number is assigned already")
    .action(
      async (
        number: string,
        options: { user: string; description: string; replace?: boolean },
        command: Command,
      ) => {
        const { user, description } = options;
        const answer = options.replace
          ? await ask(apiTargets(command), versioned, "PUT", `/v1/numbers/${encodeURIComponent(number)}`, {
              user,
              description,
            })
          : await ask(apiTargets(command), versioned, "POST", "/v1/numbers", { number, user, description });
        print(command, { number, user, ...answer }, () => `number ${number} rings ${user}`);
      },
    );
  group
    .command("list")
    .description("all numbers")
    .option("--user <name>", "only the numbers of this user")
    .action(async (options: { user?: string }, command: Command) => {
      const numbers: PhoneNumber[] = [];
      const only = options.user === undefined ? "" : `&user=${encodeURIComponent(options.user)}`;
      for (let after = ""; ; ) {
        const path = `/v1/numbers?limit=1000&after=${encodeURIComponent(after)}${only}`;
        const found = await ask(apiTargets(command), page, "GET", path);
        numbers.push(...found.numbers);
        if (found.next === null) break;
        after = found.next;
      }
      print(command, numbers, () =>
        numbers.length === 0
          ? "no numbers; add one with 'dialtone number add NUMBER --user NAME'"
          : table(
              ["NUMBER", "USER", "NOTE"],
              numbers.map((entry) => [entry.number, entry.user, entry.description]),
            ),
      );
    });
  group
    .command("remove <number>")
    .description("remove a number")
    .action(async (number: string, _options: unknown, command: Command) => {
      const answer = await ask(
        apiTargets(command),
        versioned,
        "DELETE",
        `/v1/numbers/${encodeURIComponent(number)}`,
      );
      print(command, { number, ...answer }, () => `number ${number} removed`);
    });
}
