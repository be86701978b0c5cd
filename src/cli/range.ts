import type { Command } from "commander";
import type { z } from "zod";
import { withApiOptions } from "../client/api.ts";
import { rangeSchema } from "../numbering/range-schema.ts";
import { type Kind, putOne, registerKept } from "./kept.ts";
import { integer } from "./options.ts";

const kind = { what: "range", path: "ranges", schema: rangeSchema } satisfies Kind<typeof rangeSchema>;

interface SetOptions {
  first?: string;
  last?: string;
  prefix?: string;
  digits?: number;
  user?: string;
  group?: string;
  extensionDigits?: number;
  description?: string;
}

/** First and last number of a block. Pure. @throws Error when the options do not say them */
export function blockOf({ first, last, prefix, digits }: SetOptions): { first: string; last: string } {
  if (first !== undefined && last !== undefined) return { first, last };
  if (prefix === undefined || digits === undefined || digits < 1 || digits > 10)
    throw new Error("say which numbers: --first and --last, or --prefix with --digits (1 to 10) behind it");
  return { first: prefix + "0".repeat(digits), last: prefix + "9".repeat(digits) };
}

/** `dialtone range`: blocks of numbers. */
export function registerRange(program: Command): void {
  const group = withApiOptions(program.command("range").description("blocks of numbers and whom they ring"));
  group.addHelpText(
    "after",
    `
Examples:
  dialtone range set main --prefix +497111234 --digits 2 --extension-digits 2      +49711123442 rings user 42
  dialtone range set fax --first +4971199900 --last +4971199919 --user fax
  dialtone range set support --prefix +49711888 --digits 3
  dialtone route add support --range support --priority 1 --to 1001 --to 1002
Blocks must not overlap. A number that is assigned by itself ('dialtone number') goes before its block.`,
  );
  group
    .command("set <name>")
    .description("make a block, or replace it")
    .option("--first <number>", "the first number")
    .option("--last <number>", "the last one")
    .option("--prefix <digits>", "what all numbers of the block begin with")
    .option("--digits <count>", "how many digits follow the prefix", integer)
    .option("--user <name>", "the user that rings")
    .option("--group <name>", "the group that rings")
    .option("--extension-digits <count>", "the user named by the last so many digits rings", integer)
    .option("--description <text>", "a note", "")
    .action((name: string, options: SetOptions, command: Command) => {
      const { user, group, extensionDigits, description } = options;
      const block = blockOf(options);
      const body = { ...block, user, group, extension_digits: extensionDigits, description };
      return putOne(command, kind, name, body, `range ${name} is ${block.first} to ${block.last}`);
    });
  registerKept(group, kind, {
    head: ["NAME", "FIRST", "LAST", "RINGS", "NOTE"],
    row: (range) => [range.name, range.first, range.last, ringsOf(range), range.description],
    none: "no ranges; see 'dialtone range --help'",
  });
}

const ringsOf = ({ user, group, extension_digits: digits }: z.infer<typeof rangeSchema>): string =>
  user ?? group ?? (digits === undefined ? "what rules say" : `user of the last ${digits} digits`);
