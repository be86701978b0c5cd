import { type Command, InvalidArgumentError } from "commander";
import { flagSchema } from "../circumstances/flag-schema.ts";
import { withApiOptions } from "../client/api.ts";
import { type Kind, putOne, registerKept } from "./kept.ts";

const kind = { what: "flag", path: "flags", schema: flagSchema } satisfies Kind<typeof flagSchema>;

const onOrOff = (text: string): boolean => {
  if (text !== "on" && text !== "off") throw new InvalidArgumentError("must be on or off");
  return text === "on";
};

/** `dialtone flag`: what a person switches and rules look at. */
export function registerFlag(program: Command): void {
  const group = withApiOptions(
    program.command("flag").description("switches that rules look at, such as the night service"),
  );
  group.addHelpText(
    "after",
    `
Examples:
  dialtone flag set night on
  dialtone route add night --number 5000 --flag night --priority 9 --to guard
Every node decides by it within a second. A flag that does not exist is off.`,
  );
  group
    .command("set")
    .description("switch a flag; it is made when there is none")
    .argument("<name>")
    .argument("<state>", "on or off", onOrOff)
    .option("--description <text>", "a note", "")
    .action((name: string, on: boolean, { description }: { description: string }, command: Command) =>
      putOne(command, kind, name, { on, description }, `flag ${name} is ${on ? "on" : "off"}`),
    );
  registerKept(group, kind, {
    head: ["NAME", "STATE", "NOTE"],
    row: ({ name, on, description }) => [name, on ? "on" : "off", description],
    none: "no flags; make one with 'dialtone flag set NAME on'",
  });
}
