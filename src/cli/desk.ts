import type { Command } from "commander";
import { withApiOptions } from "../client/api.ts";
import { deskSchema } from "../directory/desk-schema.ts";
import { type Kind, putOne, registerKept } from "./kept.ts";

const kind = { what: "desk", path: "desks", schema: deskSchema } satisfies Kind<typeof deskSchema>;

/** `dialtone desk`: who is logged in at somebody else's telephone. */
export function registerDesk(program: Command): void {
  const group = withApiOptions(
    program.command("desk").description("who is logged in at somebody else's telephone (docs/people.md)"),
  );
  group.addHelpText(
    "after",
    `
Examples:
  dialtone user pin 1001                  then, at any telephone: *11*1001*PIN#, and #11# to log off
  dialtone desk set desk7 1001            the telephones of desk7 are 1001's
  dialtone desk remove desk7              and are not any more
  dialtone desk list`,
  );
  group
    .command("set <phone> <user>")
    .description("log a user in at the telephones that are registered as <phone>")
    .action((phone: string, user: string, _options: unknown, command: Command) =>
      putOne(command, kind, phone, { user }, `${user} is logged in at ${phone}`),
    );
  registerKept(group, kind, {
    head: ["PHONE", "USER", "SINCE"],
    row: ({ name, user, since }) => [name, user, since],
    none: "nobody is logged in at somebody else's telephone",
  });
}
