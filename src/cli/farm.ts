import { type Command, InvalidArgumentError, Option } from "commander";
import type { z } from "zod";
import { hostAndPort } from "../base/host-in.ts";
import { farmMethods, farmSchema } from "../carriers/farm-schema.ts";
import { withApiOptions } from "../client/api.ts";
import { addressOf } from "./carrier.ts";
import { type Kind, putOne, registerKept } from "./kept.ts";
import { integer } from "./options.ts";

const kind = { what: "farm", path: "farms", schema: farmSchema } satisfies Kind<typeof farmSchema>;

type Member = z.input<typeof farmSchema>["targets"][number];

/** `host`, `host:port` or `host:port=3`: its weight. Pure. */
export const member = (text: string, before: Member[] = []): Member[] => {
  const found = /^([^=]+)(?:=([0-9]+))?$/.exec(text);
  if (!found?.[1]) throw new InvalidArgumentError("write it as HOST, HOST:PORT or HOST:PORT=WEIGHT");
  return [
    ...before,
    { ...addressOf(found[1], "udp"), ...(found[2] !== undefined && { weight: Number(found[2]) }) },
  ];
};

interface SetOptions {
  target: Member[];
  tcp?: boolean;
  method: string;
  by?: string;
  tries?: number;
  number?: string;
  probe?: number;
  wait?: number;
  nextOn?: string;
  minAnswered?: number;
  description: string;
}

/** `dialtone farm`: several machines of a kind, of which each call goes to one. */
export function registerFarm(program: Command): void {
  const group = withApiOptions(
    program.command("farm").description("farms: several machines of a kind, of which each call goes to one"),
  );
  group.addHelpText(
    "after",
    `
Examples:
  dialtone farm set gateways --target 192.0.2.1 --target 192.0.2.2=3
  dialtone farm set mailboxes --method hash --by to --target 192.0.2.5:5080 --target 192.0.2.6:5080
  dialtone route add world --prefix + --authenticated --to farm:gateways
Methods, and what becomes of targets that fail: docs/balancing.md.`,
  );
  group
    .command("set <name>")
    .description("make or replace a farm")
    .requiredOption(
      "--target <host>",
      "HOST, HOST:PORT or HOST:PORT=WEIGHT; repeat it for more; weight 0: only when no other is left",
      member,
    )
    .option("--tcp", "by TCP")
    .addOption(
      new Option("--method <how>", "which one a call goes to").choices(farmMethods).default("weighted"),
    )
    .addOption(new Option("--by <what>", "what is hashed").choices(["call-id", "from", "to", "request-uri"]))
    .option("--tries <n>", "a call tries at most so many of them", integer)
    .option("--number <pattern>", "how they want numbers: {number}, {digits} or {rest}")
    .option("--probe <seconds>", "ask each by OPTIONS that often; 0: never", integer)
    .option("--wait <ms>", "without any answer for so long, the next one is tried", integer)
    .option("--next-on <codes>", "answers after which the next one is tried, e.g. 408,5xx")
    .option(
      "--min-answered <percent>",
      "tried after the others when fewer of its last calls were answered",
      integer,
    )
    .option("--description <text>", "a note", "")
    .action((name: string, options: SetOptions, command: Command) => {
      const { target, tcp, method, by, tries, number, probe, wait, nextOn, minAnswered, description } =
        options;
      const body: Omit<z.input<typeof farmSchema>, "name"> = {
        description,
        targets: tcp ? target.map((one) => ({ ...one, transport: "tcp" as const })) : target,
        method: farmSchema.shape.method.parse(method),
        ...(by !== undefined && { by: farmSchema.shape.by.parse(by) }),
        ...(tries !== undefined && { tries }),
        ...(number !== undefined && { number }),
        ...(probe !== undefined && { probe_s: probe }),
        ...(wait !== undefined && { wait_ms: wait }),
        ...(nextOn !== undefined && { next_on: nextOn.split(",") }),
        ...(minAnswered !== undefined && { min_answered_percent: minAnswered }),
      };
      return putOne(command, kind, name, body, `farm ${name} set`);
    });
  registerKept(group, kind, {
    head: ["NAME", "TARGETS", "METHOD", "TRIES", "DESCRIPTION"],
    row: ({ name, targets, method, by, tries, description }) => [
      name,
      targets
        .map(
          ({ host, port, weight, drained }) =>
            `${hostAndPort(host, port)}=${weight}${drained ? " (drained)" : ""}`,
        )
        .join(" "),
      method === "hash" ? `hash by ${by}` : method,
      tries,
      description,
    ],
    none: "no farms yet: see 'dialtone farm --help'",
  });
}
