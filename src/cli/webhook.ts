import type { Command } from "commander";
import { Option } from "commander";
import { utc } from "../base/moment.ts";
import { newsTypes } from "../call/news-schema.ts";
import { apiTargets, ask, print, withApiOptions } from "../client/api.ts";
import { deliveriesSchema, testedSchema, webhookSchema } from "../webhooks/webhook-schema.ts";
import { type Kind, putOne, registerKept } from "./kept.ts";
import { integer } from "./options.ts";
import { table } from "./table.ts";

const kind = { what: "webhook", path: "webhooks", schema: webhookSchema } satisfies Kind<
  typeof webhookSchema
>;

interface SetOptions {
  fallback?: string;
  event?: string[];
  user?: string;
  number?: string;
  carrier?: string;
  rule?: string;
  tag?: string;
  deadline?: number;
  disabled?: boolean;
  description?: string;
}

/** `dialtone webhook`: people's own programs that are told of calls. */
export function registerWebhook(program: Command): void {
  const group = withApiOptions(
    program.command("webhook").description("programs of yours that are told what happens to calls"),
  );
  group.addHelpText(
    "after",
    `
Examples:
  dialtone webhook set crm https://crm.example/calls --fallback https://crm2.example/calls
  dialtone webhook set desk https://desk.example/in --event call.ringing call.answered --number '+4930*'
  dialtone webhook test crm                      does it answer?
  dialtone webhook deliveries crm                what was told, what waits and why
  dialtone route key https://crm.example/        the key that messages to it are signed with
How to read what comes, and what to answer: docs/call-status.md.`,
  );
  registerSet(group);
  registerKept(group, kind, {
    head: ["NAME", "URL", "EVENTS", "ONLY", "", "NOTE"],
    row: ({ name, url, events, filter, enabled, description }) => [
      name,
      url,
      events.map((event) => event.replace("call.", "")).join(", "),
      Object.entries(filter)
        .map(([key, value]) => `${key} ${value}`)
        .join(", "),
      enabled ? "" : "disabled",
      description,
    ],
    none: "no webhooks: see 'dialtone webhook --help'",
  });
  registerDoing(group);
}

function registerSet(group: Command): void {
  group
    .command("set <name> <url>")
    .description("make or replace a webhook; it is told what happens from then on")
    .option("--fallback <url>", "told when the first does not take it")
    .addOption(
      new Option("--event <event...>", "what it is told of; default: started, answered, ended").choices(
        newsTypes,
      ),
    )
    .option("--user <name>", "only calls of this user")
    .option("--number <number>", "only calls to this number, with * at its end for all that begin so")
    .option("--carrier <name>", "only calls through this carrier")
    .option("--rule <name>", "only calls that this rule decided")
    .option("--tag <name=value>", "only calls with this tag")
    .option("--deadline <ms>", "100 to 30000; default: 5000", integer)
    .option("--disabled", "keep it, but tell it nothing")
    .option("--description <text>", "a note")
    .action(async (name: string, url: string, options: SetOptions, command: Command) => {
      const { fallback, event, user, number, carrier, rule, tag, deadline, disabled, description } = options;
      const hook = {
        name,
        url,
        fallback_url: fallback,
        events: event,
        filter: { user, number, carrier, rule, tag },
        deadline_ms: deadline,
        enabled: disabled !== true,
        description,
      };
      await putOne(command, kind, name, hook, `webhook ${name} set`);
    });
}

function registerDoing(group: Command): void {
  group
    .command("test <name>")
    .description("send it a message of type 'test' now; exit code 1 when it is not taken")
    .action(async (name: string, _options: unknown, command: Command) => {
      const path = `/v1/webhooks/${encodeURIComponent(name)}/test`;
      const found = await ask(apiTargets(command), testedSchema, "POST", path);
      if (!found.taken) process.exitCode = 1;
      print(command, found, () =>
        [
          ...found.attempts.map(({ url, answer, ms }) => `${url}: ${answer} (${ms} ms)`),
          found.taken ? "taken" : "not taken: it must answer 2xx within its deadline",
        ].join("\n"),
      );
    });

  group
    .command("deliveries <name>")
    .description("what it was told, what waits and why")
    .action(async (name: string, _options: unknown, command: Command) => {
      const path = `/v1/webhooks/${encodeURIComponent(name)}/deliveries`;
      const found = await ask(apiTargets(command), deliveriesSchema, "GET", path);
      print(command, found, () =>
        [
          `delivered ${found.delivered}${found.delivered_at === null ? "" : `, last ${utc(found.delivered_at)}`}; given up ${found.given_up}; behind by ${found.behind}`,
          ...(found.failing_since === null
            ? []
            : [`fails since ${utc(found.failing_since)}: ${found.failure}`]),
          ...(found.waiting.length === 0
            ? []
            : [
                table(
                  ["EVENT", "HAPPENED (UTC)", "TRIED", "AGAIN", "WHY"],
                  found.waiting.map(({ id, at, attempts, next_at, failure }) => [
                    id,
                    utc(at),
                    attempts,
                    next_at === null ? "no more" : utc(next_at),
                    failure,
                  ]),
                ),
              ]),
        ].join("\n"),
      );
    });
}
