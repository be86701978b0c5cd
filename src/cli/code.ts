import type { Command } from "commander";
import { withApiOptions } from "../client/api.ts";
import { codeSchema, needsNumber } from "../directory/code-schema.ts";
import { type Kind, putOne, registerKept } from "./kept.ts";

const kind = { what: "code", path: "codes", schema: codeSchema } satisfies Kind<typeof codeSchema>;

const unused = (name: string): string => {
  if (name === "desk-login") return "*0*{number}*{pin}";
  return needsNumber(name) ? "*0{number}" : "*0";
};

/** `dialtone code`: star codes that are not the usual ones. */
export function registerCode(program: Command): void {
  const group = withApiOptions(
    program.command("code").description("star codes: what telephones dial to set features (docs/people.md)"),
  );
  group.addHelpText(
    "after",
    `
Examples:
  dialtone code set dnd-set '*78'                     in place of *26#
  dialtone code set forward-always-set '*72{number}'
  dialtone code off hide-once
'list' shows what differs from the usual codes; 'remove' goes back to the usual one.`,
  );
  group
    .command("set <order> <dial>")
    .description("another code for an order")
    .action((name: string, dial: string, _options: unknown, command: Command) =>
      putOne(command, kind, name, { dial, enabled: true }, `${name} is ${dial}`),
    );
  group
    .command("off <order>")
    .description("no code for an order")
    .action((name: string, _options: unknown, command: Command) =>
      putOne(
        command,
        kind,
        name,
        // What is dialled does not matter, but must fit the order.
        { dial: unused(name), enabled: false },
        `${name} has no code`,
      ),
    );
  registerKept(group, kind, {
    head: ["ORDER", "DIAL", ""],
    row: ({ name, dial, enabled }) => [name, enabled ? dial : "", enabled ? "" : "off"],
    none: "all codes are the usual ones: docs/people.md",
  });
}
