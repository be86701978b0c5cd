import { type Command, Option } from "commander";
import type { z } from "zod";
import { guardSchema } from "../carriers/guard-schema.ts";
import { withApiOptions } from "../client/api.ts";
import { type Kind, putOne, registerKept } from "./kept.ts";
import { integer } from "./options.ts";

const kind = { what: "guard", path: "guards", schema: guardSchema } satisfies Kind<typeof guardSchema>;

interface SetOptions {
  class?: string[];
  country?: string[];
  prefix?: string[];
  per: string;
  calls?: number;
  callsPerDay?: number;
  minutesPerDay?: number;
  costPerDay?: string;
  alarm?: boolean;
  disabled?: boolean;
  description: string;
}

/** `dialtone guard`: how much may be called outside before somebody looks. */
export function registerGuard(program: Command): void {
  const group = withApiOptions(
    program.command("guard").description("guards against fraud: how much may be called outside"),
  );
  group.addHelpText(
    "after",
    `
Examples:
  dialtone guard set premium --class premium --calls 1 --minutes-per-day 10
  dialtone guard set islands --prefix +960 --prefix +252 --per all --calls-per-day 20
  dialtone guard set much --calls-per-day 300 --alarm
  dialtone guard set money --cost-per-day 20.00
What is counted, and what happens then: docs/carriers.md.`,
  );
  group
    .command("set <name>")
    .description("make or replace a guard")
    .option("--class <kind...>", "calls to these kinds of numbers")
    .option("--country <code...>", "calls to these countries")
    .option("--prefix <prefix...>", "calls to numbers that begin so")
    .addOption(new Option("--per <whom>", "whom it counts").choices(["user", "all"]).default("user"))
    .option("--calls <n>", "at a time", integer)
    .option("--calls-per-day <n>", "answered calls in a day of UTC", integer)
    .option("--minutes-per-day <n>", "in a day of UTC", integer)
    .option("--cost-per-day <amount>", "by the carriers' prices, in a day of UTC")
    .option("--alarm", "tell it, but let the calls go on")
    .option("--disabled", "keep it, but do not count")
    .option("--description <text>", "a note", "")
    .action((name: string, options: SetOptions, command: Command) => {
      const { per, calls, callsPerDay, minutesPerDay, costPerDay, alarm, disabled, description } = options;
      const body: z.input<typeof guardSchema> = guardSchema.parse({
        name,
        description,
        enabled: disabled !== true,
        per,
        action: alarm ? "alarm" : "stop",
        ...(options.class && { number_class: options.class }),
        ...(options.country && { number_country: options.country }),
        ...(options.prefix && { prefixes: options.prefix }),
        ...(calls !== undefined && { calls }),
        ...(callsPerDay !== undefined && { calls_per_day: callsPerDay }),
        ...(minutesPerDay !== undefined && { minutes_per_day: minutesPerDay }),
        ...(costPerDay !== undefined && { cost_per_day: costPerDay }),
      });
      return putOne(command, kind, name, body, `guard ${name} set`);
    });
  registerKept(group, kind, {
    head: ["NAME", "CALLS TO", "PER", "AT A TIME", "A DAY", "MINUTES", "COST", "THEN"],
    row: ({ name, number_class, number_country, prefixes, per, enabled, action, ...limits }) => [
      name,
      [...(number_class ?? []), ...(number_country ?? []), ...(prefixes ?? [])].join(" ") || "all outside",
      per,
      limits.calls ?? "",
      limits.calls_per_day ?? "",
      limits.minutes_per_day ?? "",
      limits.cost_per_day ?? "",
      enabled ? action : "disabled",
    ],
    none: "no guards yet: see 'dialtone guard --help'",
  });
}
