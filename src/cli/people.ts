import { text } from "node:stream/consumers";
import { password as askPassword } from "@inquirer/prompts";
import { type Command, Option } from "commander";
import { z } from "zod";
import { personSchema } from "../access/access-schema.ts";
import { identitySchema } from "../access/provider-schema.ts";
import { apiTargets, ask, print, withApiOptions } from "../client/api.ts";
import { roles } from "../http/access.ts";
import { getAll, type Kind } from "./kept.ts";
import { type ScopeOptions, scopeIn, withScope } from "./scope-options.ts";
import { table } from "./table.ts";

const kind = { what: "person", path: "people", schema: personSchema } satisfies Kind<typeof personSchema>;
const done = z.object({ name: z.string() });
const pathOf = (name: string): string => `/v1/people/${encodeURIComponent(name)}`;

/** Asked at the terminal, twice; else the first line of standard input. */
async function typedPassword(): Promise<string> {
  if (!process.stdin.isTTY) return (await text(process.stdin)).replace(/\r?\n$/, "");
  const first = await askPassword({ message: "New password (at least 12 characters):", mask: true });
  if ((await askPassword({ message: "The same again:", mask: true })) !== first)
    throw new Error("these were two different passwords: nothing was changed");
  return first;
}

interface NewOptions {
  role: string;
  display: string;
  user?: string;
  password: boolean;
}

/** `dialtone people`: who may log in to the console and the API. */
export function registerPeople(program: Command): void {
  const group = withApiOptions(
    program
      .command("people")
      .description("who may log in to the console and the API (telephones: dialtone user)"),
  );
  group.addHelpText(
    "after",
    `
Examples:
  dialtone people first                              the link with which the first administrator is made
  dialtone people add ada --role operator            asks for a password
  dialtone people password ada                       a new one; ada is logged out everywhere
  dialtone people reset-factors ada                  she lost her authenticator
What each role may: docs/access.md.`,
  );
  group
    .command("first")
    .description("the link with which the first administrator is made; it is good as long as there is none")
    .action(async (_options: unknown, command: Command) => {
      const { link } = await ask(
        apiTargets(command),
        z.object({ link: z.string().nullable() }),
        "GET",
        "/v1/session/first",
      );
      print(
        command,
        { link },
        () => link ?? "there is an administrator: log in, or 'dialtone people password NAME'",
      );
    });
  group
    .command("list")
    .description("all of them")
    .action(async (_options: unknown, command: Command) => {
      const people = await getAll(command, kind);
      print(command, people, () =>
        people.length === 0
          ? "nobody yet: 'dialtone people first' prints the link for the first administrator"
          : table(
              ["NAME", "DISPLAY", "ROLE", "TELEPHONE USER", "LAST LOGIN", "SECOND FACTOR", ""],
              people.map(({ name, display, role, user, login_at, enabled, scope, second_factor }) => [
                name,
                display,
                scope === null ? role : `${role} of a part`,
                user ?? "",
                login_at ?? "never",
                second_factor ? "yes" : "no",
                enabled ? "" : "disabled",
              ]),
            ),
      );
    });
  withScope(group.command("add <name>"))
    .description("somebody new; the password is asked for, or read from standard input")
    .addOption(new Option("--role <role>", "what it may do").choices(roles).default("user"))
    .option("--display <text>", "the person's name", "")
    .option("--user <name>", "the telephone user that it is")
    .option("--no-password", "it logs in by an identity provider only: dialtone people link")
    .action(async (name: string, { password, ...options }: ScopeOptions & NewOptions, command: Command) => {
      const body = { name, ...scopeIn(options), ...(password && { password: await typedPassword() }) };
      const answer = await ask(apiTargets(command), done, "POST", "/v1/people", body);
      print(command, answer, () => `${answer.name} may log in as ${options.role}`);
    });
  group
    .command("password <name>")
    .description("a new password, asked for or from standard input; all logins of that person end")
    .action(async (name: string, _options: unknown, command: Command) => {
      const body = { password: await typedPassword() };
      const answer = await ask(apiTargets(command), done, "PUT", `${pathOf(name)}/password`, body);
      print(command, answer, () => `password of ${answer.name} changed`);
    });
  group
    .command("link <name> <provider> <value>")
    .description("who logs in at an identity provider with this name is this person: ada@example.com")
    .action(async (name: string, provider: string, claimed: string, _options: unknown, command: Command) => {
      const body = { provider, claimed };
      const path = `${pathOf(name)}/identities`;
      const made = await ask(apiTargets(command), z.object({ id: z.string() }), "POST", path, body);
      print(command, made, () => `who logs in first at ${provider} as ${claimed} is ${name}`);
    });
  group
    .command("links <name>")
    .description("who at an identity provider a person is")
    .action(async (name: string, _options: unknown, command: Command) => {
      const shape = z.object({ identities: z.array(identitySchema) });
      const { identities } = await ask(apiTargets(command), shape, "GET", `${pathOf(name)}/identities`);
      print(command, identities, () =>
        identities.length === 0
          ? `${name} logs in by no identity provider`
          : table(
              ["NAME THERE", "ISSUER", "LAST LOGIN", "ID"],
              identities.map(({ claimed, issuer, used_at, id }) => [
                claimed,
                issuer,
                used_at ?? "not yet",
                id,
              ]),
            ),
      );
    });
  group
    .command("unlink <name> <id>")
    .description("no more; 'dialtone people links NAME' shows the ids")
    .action(async (name: string, id: string, _options: unknown, command: Command) => {
      const answer = await ask(apiTargets(command), done, "DELETE", `${pathOf(name)}/identities/${id}`);
      print(command, answer, () => `${answer.name} does not log in by it any more`);
    });
  group
    .command("reset-factors <name>")
    .description("takes away second factors that somebody lost; all logins of that person end")
    .action(async (name: string, _options: unknown, command: Command) => {
      const answer = await ask(apiTargets(command), done, "DELETE", `${pathOf(name)}/factors`);
      print(
        command,
        answer,
        () => `${answer.name} logs in by password alone, until it sets up a second factor again`,
      );
    });
  group
    .command("remove <name>")
    .description("it can not log in any more; what it did stays in the record of changes")
    .action(async (name: string, _options: unknown, command: Command) => {
      const answer = await ask(apiTargets(command), done, "DELETE", pathOf(name));
      print(command, answer, () => `${answer.name} removed`);
    });
}
