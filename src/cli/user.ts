import { randomBytes, randomInt } from "node:crypto";
import { text } from "node:stream/consumers";
import type { Command } from "commander";
import { z } from "zod";
import { apiTargets, ask, print, withApiOptions } from "../client/api.ts";
import { userSchema } from "../directory/user-schema.ts";
import { getAll } from "./kept.ts";
import { table } from "./table.ts";
import { featureLines, registerUserFeatures, userKind } from "./user-features.ts";

const versioned = z.object({ rules_version: z.int() });

interface PasswordOptions {
  password?: string;
  passwordStdin?: boolean;
}

/** The password of the option, of stdin, or a new one of 18 letters and digits. */
async function passwordOf(options: PasswordOptions): Promise<{ password: string; generated: boolean }> {
  if (options.passwordStdin)
    return { password: (await text(process.stdin)).replace(/\r?\n$/, ""), generated: false };
  if (options.password !== undefined) return { password: options.password, generated: false };
  return {
    password: randomBytes(16)
      .toString("base64")
      .replace(/[^A-Za-z0-9]/g, "")
      .slice(0, 18),
    generated: true,
  };
}

const withPassword = (command: Command): Command =>
  command
    .option("--password <password>", "give the password here (others on this host may see it for a moment)")
    .option("--password-stdin", "read the password from standard input");

/** `dialtone user`: who may register a telephone. */
export function registerUser(program: Command): void {
  const group = withApiOptions(
    program.command("user").description("telephone users: who may register and be called by name"),
  );
  group.addHelpText(
    "after",
    `
Examples:
  dialtone user add 1001 --display "Ada Lovelace"     makes a password and shows it once
  echo 'my secret word' | dialtone user add bob --password-stdin
  dialtone user forward 1001 1002 --when busy         and --when no-answer --after 15, unreachable, always
  dialtone user dnd 1001 on
  dialtone user list
A telephone registers at the service address with the user's name and password. Only digests of it are kept.`,
  );

  withPassword(group.command("add <name>").description("a new user"))
    .option("--display <name>", "the person's name", "")
    .option("--description <text>", "a note", "")
    .option(
      "--may-show <number...>",
      "numbers that it may show as a caller beside its own; +4977123*: all that begin so",
      [],
    )
    .action(
      async (
        name: string,
        options: PasswordOptions & { display: string; description: string; mayShow: string[] },
        command: Command,
      ) => {
        const { password, generated } = await passwordOf(options);
        const { display, description } = options;
        const answer = await ask(apiTargets(command), versioned, "POST", "/v1/users", {
          name,
          password,
          display,
          description,
          may_show: options.mayShow,
        });
        print(command, { name, ...(generated && { password }), ...answer }, () =>
          generated
            ? `user ${name} added; password: ${password}  (it is not shown again)`
            : `user ${name} added`,
        );
      },
    );

  withPassword(group.command("password <name>").description("a new password for a user")).action(
    async (name: string, options: PasswordOptions, command: Command) => {
      const targets = apiTargets(command);
      const { password, generated } = await passwordOf(options);
      const user = await ask(targets, userSchema, "GET", `/v1/users/${encodeURIComponent(name)}`);
      const answer = await ask(targets, versioned, "PUT", `/v1/users/${encodeURIComponent(name)}`, {
        ...user,
        password,
      });
      print(command, { name, ...(generated && { password }), ...answer }, () =>
        generated
          ? `new password of ${name}: ${password}  (it is not shown again)`
          : `password of ${name} changed`,
      );
    },
  );

  group
    .command("pin <name>")
    .description("the PIN that a user dials to log in at somebody else's telephone (docs/people.md)")
    .option("--pin-stdin", "read it from standard input: 4 to 12 digits; else a new one of 6 is shown once")
    .option("--none", "no PIN: it can not log in anywhere")
    .action(async (name: string, options: { pinStdin?: boolean; none?: boolean }, command: Command) => {
      const targets = apiTargets(command);
      const path = `/v1/users/${encodeURIComponent(name)}`;
      const generated =
        options.pinStdin || options.none ? undefined : String(randomInt(1_000_000)).padStart(6, "0");
      const pin = options.none ? null : (generated ?? (await text(process.stdin)).trim());
      const user = await ask(targets, userSchema, "GET", path);
      const answer = await ask(targets, versioned, "PUT", path, { ...user, pin });
      print(command, { name, ...(generated !== undefined && { pin: generated }), ...answer }, () =>
        generated === undefined
          ? `${name} has ${pin === null ? "no" : "a new"} PIN`
          : `new PIN of ${name}: ${generated}  (it is not shown again)`,
      );
    });

  group
    .command("may-show <name> [number...]")
    .description("the numbers that a user may show as a caller beside its own; none: none")
    .action(async (name: string, numbers: string[], _options: unknown, command: Command) => {
      const targets = apiTargets(command);
      const path = `/v1/users/${encodeURIComponent(name)}`;
      const user = await ask(targets, userSchema, "GET", path);
      const answer = await ask(targets, versioned, "PUT", path, { ...user, may_show: numbers });
      print(command, { name, may_show: numbers, ...answer }, () =>
        numbers.length === 0
          ? `${name} shows its own numbers only`
          : `${name} may show ${numbers.join(", ")} too`,
      );
    });

  group
    .command("site <name> [site]")
    .description("where a user dials from; none: its network's site, or the default one")
    .action(async (name: string, site: string | undefined, _options: unknown, command: Command) => {
      const targets = apiTargets(command);
      const path = `/v1/users/${encodeURIComponent(name)}`;
      const { site: _, ...user } = await ask(targets, userSchema, "GET", path);
      const answer = await ask(
        targets,
        versioned,
        "PUT",
        path,
        site === undefined ? user : { ...user, site },
      );
      print(command, { name, site: site ?? null, ...answer }, () =>
        site === undefined ? `${name} belongs to no site of its own` : `${name} belongs to site ${site}`,
      );
    });

  for (const [verb, enabled] of [
    ["enable", true],
    ["disable", false],
  ] as const)
    group
      .command(`${verb} <name>`)
      .description(
        enabled
          ? "let a user register and be called again"
          : "keep the user, but let it neither register nor be called",
      )
      .action(async (name: string, _options: unknown, command: Command) => {
        const targets = apiTargets(command);
        const path = `/v1/users/${encodeURIComponent(name)}`;
        const user = await ask(targets, userSchema, "GET", path);
        const answer = await ask(targets, versioned, "PUT", path, { ...user, enabled });
        print(command, { name, enabled, ...answer }, () => `user ${name} ${verb}d`);
      });

  registerUserFeatures(group);

  group
    .command("list")
    .description("all users")
    .action(async (_options: unknown, command: Command) => {
      const users = await getAll(command, userKind);
      print(command, users, () =>
        users.length === 0
          ? "no users yet; add one with 'dialtone user add NAME'"
          : table(
              ["NAME", "DISPLAY", "ENABLED", "MAY SHOW", "SET", "NOTE"],
              users.map((user) => [
                user.name,
                user.display,
                user.enabled ? "yes" : "no",
                user.may_show.join(" "),
                user.features ? featureLines(user.features).join("; ") : "",
                user.description,
              ]),
            ),
      );
    });

  group
    .command("remove <name>")
    .description("remove a user without numbers")
    .action(async (name: string, _options: unknown, command: Command) => {
      const answer = await ask(
        apiTargets(command),
        versioned,
        "DELETE",
        `/v1/users/${encodeURIComponent(name)}`,
      );
      print(command, { name, ...answer }, () => `user ${name} removed`);
    });
}
