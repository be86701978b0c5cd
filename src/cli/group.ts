import { type Command, InvalidArgumentError, Option } from "commander";
import { withApiOptions } from "../client/api.ts";
import { groupSchema, groupStrategies } from "../directory/group-schema.ts";
import { type Kind, putOne, registerKept } from "./kept.ts";
import { integer } from "./options.ts";

const kind = { what: "group", path: "groups", schema: groupSchema } satisfies Kind<typeof groupSchema>;

interface Member {
  user: string;
  weight?: number;
  delay_s?: number;
}

/** `1001`, `1001=3` (its weight) or `1001+10` (its delay). Pure. */
const member = (text: string, before: Member[] = []): Member[] => {
  const found = /^([^=+]+)(?:=([0-9]+))?(?:\+([0-9]+))?$/.exec(text);
  if (!found?.[1]) throw new InvalidArgumentError("write it as USER, USER=WEIGHT or USER+SECONDS");
  const [, user, weight, delay] = found;
  return [
    ...before,
    {
      user,
      ...(weight !== undefined && { weight: Number(weight) }),
      ...(delay !== undefined && { delay_s: Number(delay) }),
    },
  ];
};

interface SetOptions {
  member: Member[];
  strategy: string;
  ring: number;
  overflow?: string;
  description: string;
}

/** `dialtone group`: several users under one name. */
export function registerGroup(program: Command): void {
  const group = withApiOptions(
    program.command("group").description("ring groups: several users under one name"),
  );
  group.addHelpText(
    "after",
    `
Examples:
  dialtone group set sales --member 1001 --member 1002                               all ring together
  dialtone group set sales --member 1001 --member 1002+10           1002 rings ten seconds later
  dialtone group set sales --strategy in-turn --ring 15 --member 1001 --member 1002 --overflow 0171234
  dialtone group set help --strategy by-weight --member 1001=3 --member 1002=1
  dialtone route add sales --number 5000 --to number:sales
A group is called by its name, or by a rule for a number. Members with 'do not disturb' are passed over.`,
  );
  group
    .command("set <name>")
    .description("make a group, or replace it")
    .requiredOption(
      "--member <user>",
      "USER, USER=WEIGHT or USER+SECONDS (rings later); repeat it for more",
      member,
    )
    .addOption(new Option("--strategy <how>", "how they ring").choices(groupStrategies).default("together"))
    .option("--ring <seconds>", "so long each, or all together", integer, 20)
    .option("--overflow <number>", "where the call goes when nobody takes it")
    .option("--description <text>", "a note", "")
    .action((name: string, { member: members, ring, overflow, ...rest }: SetOptions, command: Command) =>
      putOne(
        command,
        kind,
        name,
        {
          strategy: rest.strategy,
          description: rest.description,
          members,
          ring_s: ring,
          ...(overflow !== undefined && { overflow }),
        },
        `group ${name} set`,
      ),
    );
  registerKept(group, kind, {
    head: ["NAME", "HOW", "MEMBERS", "SECONDS", "THEN"],
    row: ({ name, strategy, members, ring_s, overflow }) => [
      name,
      strategy,
      members
        .map(({ user, weight, delay_s }) =>
          strategy === "by-weight" ? `${user}=${weight}` : delay_s ? `${user}+${delay_s}` : user,
        )
        .join(" "),
      ring_s,
      overflow ?? "",
    ],
    none: "no groups yet; see 'dialtone group --help'",
  });
}
