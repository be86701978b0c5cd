import { type Command, InvalidArgumentError, Option } from "commander";
import { z } from "zod";
import type { Target } from "../call/contract.ts";
import { apiTargets, ask, print, withApiOptions } from "../client/api.ts";
import { type Rule, type RuleInput, ruleSchema } from "../routing/rule-schema.ts";
import { explanationSchema } from "../routing/simulation-schema.ts";
import { table } from "./table.ts";

const versioned = z.object({ rules_version: z.int() });
const page = z.object({ routes: z.array(ruleSchema), next: z.string().nullable() });

interface AddOptions {
  number?: string;
  prefix?: string;
  caller?: string;
  callerPrefix?: string;
  user?: string;
  authenticated?: true;
  source?: string;
  to?: string[];
  parallel?: boolean;
  timeout?: number;
  reject?: number;
  reason?: string;
  record?: boolean;
  media?: "relay" | "nat" | "direct";
  followRedirects?: boolean;
  callerId?: string;
  header?: Record<string, string>;
  priority: number;
  description: string;
  disabled?: boolean;
  replace?: boolean;
}

const integer = (value: string): number => {
  if (!/^-?\d+$/.test(value)) throw new InvalidArgumentError("must be a whole number");
  return Number(value);
};

const seconds = (value: string): number => {
  const number = Number(value);
  if (!(number >= 0.5 && number <= 300)) throw new InvalidArgumentError("must be 0.5 to 300 seconds");
  return number;
};

const header = (value: string, before: Record<string, string> = {}): Record<string, string> => {
  const match = /^([A-Za-z][A-Za-z0-9-]*):\s*(.*)$/.exec(value);
  if (!match?.[1]) throw new InvalidArgumentError("write it as 'Name: value'");
  return { ...before, [match[1]]: match[2] ?? "" };
};

/** "sip:…" is an address, anything else a user; "sip:…@…,via=sip:hop" gives the next hop. Pure. */
export function targetOf(text: string, timeout: number | undefined): Target {
  const timer = timeout === undefined ? {} : { timeout_ms: Math.round(timeout * 1000) };
  if (!/^(sips?|tel):/.test(text)) return { type: "user", user: text, ...timer };
  const [uri = "", via] = text.split(",via=");
  return { type: "uri", uri, ...(via !== undefined && { via }), ...timer };
}

/** The rule that the options describe. Pure. @throws Error */
export function ruleOf(name: string, options: AddOptions): RuleInput {
  if ((options.to === undefined) === (options.reject === undefined))
    throw new Error("say what to do with the call: either --to TARGET or --reject CODE");
  return {
    name,
    priority: options.priority,
    description: options.description,
    enabled: options.disabled !== true,
    match: {
      ...(options.number !== undefined && { number: options.number }),
      ...(options.prefix !== undefined && { prefix: options.prefix }),
      ...(options.caller !== undefined && { caller: options.caller }),
      ...(options.callerPrefix !== undefined && { caller_prefix: options.callerPrefix }),
      ...(options.user !== undefined && { user: options.user }),
      ...(options.authenticated && { authenticated: options.authenticated }),
      ...(options.source !== undefined && { source: options.source }),
    },
    action:
      options.reject !== undefined
        ? {
            type: "reject",
            code: options.reject,
            ...(options.reason !== undefined && { reason: options.reason }),
          }
        : {
            type: "route",
            strategy: options.parallel ? "parallel" : "serial",
            targets: (options.to ?? []).map((text) => targetOf(text, options.timeout)),
            record: options.record ?? false,
            ...(options.media !== undefined && { media: options.media }),
            ...(options.followRedirects && { redirects: "follow" }),
            ...(options.callerId !== undefined && { caller_id: { number: options.callerId } }),
            ...(options.header && { headers: options.header }),
          },
  };
}

const showMatch = (rule: Rule): string =>
  Object.entries(rule.match)
    .map(([key, value]) => (value === true ? key : `${key} ${value}`))
    .join(", ") || "any call";

const showAction = ({ action }: Rule): string =>
  action.type === "reject"
    ? `reject ${action.code} ${action.reason}`
    : action.targets
        .map((target) => (target.type === "user" ? target.user : target.uri))
        .join(action.strategy === "parallel" ? " + " : ", then ");

/** `dialtone route`: what happens with which call. */
export function registerRoute(program: Command): void {
  const group = withApiOptions(
    program.command("route").description("routing rules: what happens with which call"),
  );
  group.addHelpText(
    "after",
    `
Examples:
  dialtone route add sales --number 5000 --to 1001 --to 1002 --timeout 15       one after the other
  dialtone route add team --number 6000 --to 1001 --to 1002 --parallel          all at once
  dialtone route add abroad --prefix 00 --authenticated --to 'sip:+{rest}@carrier.example'
  dialtone route add no-premium --prefix 0900 --priority 10 --reject 403
  dialtone route test 0049301234567 --user 1001                                 what would happen, and why

The first of these decides: higher priority; exact number, then the number's or user's own telephone, then the
longest prefix; exact caller; named user; authenticated; smallest source network; name of the rule.
A caller's number can be forged: guard what costs money with --authenticated, --user or --source.
Targets: a user's name, or a SIP address with {number}, {rest} (after the prefix), {caller}, {user}.`,
  );

  group
    .command("add <name>")
    .description("a new rule")
    .option("--number <number>", "this dialled number, exactly")
    .option("--prefix <digits>", "dialled numbers that begin so")
    .option("--caller <number>", "this caller, exactly")
    .option("--caller-prefix <digits>", "callers that begin so")
    .option("--user <name>", "this authenticated user")
    .option("--authenticated", "any authenticated user")
    .option("--source <network>", "calls from this address or network, e.g. 192.0.2.0/24")
    .option("--to <target...>", "where to: a user or a SIP address; repeat it for more")
    .option("--parallel", "all targets at once; the first to answer wins")
    .option("--timeout <seconds>", "give up on each target after so long", seconds)
    .option("--reject <code>", "refuse with this SIP status code", integer)
    .option("--reason <text>", "reason of the refusal")
    .option("--record", "record the call")
    .addOption(
      new Option(
        "--media <path>",
        "audio through the media relay, only when a NAT is in the way, or never",
      ).choices(["relay", "nat", "direct"]),
    )
    .option("--follow-redirects", "a target that redirects the call (302): call where it leads")
    .option("--caller-id <number>", "show this number to the called side")
    .option("--header <header>", "add a SIP header, as 'Name: value'; repeat it for more", header)
    .option("--priority <number>", "-1000 to 1000, higher is looked at first", integer, 0)
    .option("--description <text>", "a note", "")
    .option("--disabled", "make it, but do not use it yet")
    .option("--replace", "also when a rule of this name exists")
    .action(async (name: string, options: AddOptions, command: Command) => {
      const rule = ruleOf(name, options);
      const answer = options.replace
        ? await ask(apiTargets(command), versioned, "PUT", `/v1/routes/${encodeURIComponent(name)}`, rule)
        : await ask(apiTargets(command), versioned, "POST", "/v1/routes", rule);
      print(command, { name, ...answer }, () => `rule ${name} ${options.replace ? "set" : "added"}`);
    });

  group
    .command("list")
    .description("all rules")
    .action(async (_options: unknown, command: Command) => {
      const routes: Rule[] = [];
      for (let after = ""; ; ) {
        const found = await ask(
          apiTargets(command),
          page,
          "GET",
          `/v1/routes?limit=1000&after=${encodeURIComponent(after)}`,
        );
        routes.push(...found.routes);
        if (found.next === null) break;
        after = found.next;
      }
      routes.sort((a, b) => b.priority - a.priority || (a.name < b.name ? -1 : 1));
      print(command, routes, () =>
        routes.length === 0
          ? "no rules yet: users are called by name, everything else is refused; see 'dialtone route --help'"
          : table(
              ["NAME", "PRIORITY", "WHEN", "THEN", ""],
              routes.map((rule) => [
                rule.name,
                rule.priority,
                showMatch(rule),
                showAction(rule),
                rule.enabled ? "" : "disabled",
              ]),
            ),
      );
    });

  group
    .command("show <name>")
    .description("one rule, as the API knows it")
    .action(async (name: string, _options: unknown, command: Command) => {
      const rule = await ask(
        apiTargets(command),
        ruleSchema,
        "GET",
        `/v1/routes/${encodeURIComponent(name)}`,
      );
      print(command, rule, () => JSON.stringify(rule, undefined, 2));
    });

  group
    .command("remove <name>")
    .description("remove a rule")
    .action(async (name: string, _options: unknown, command: Command) => {
      const answer = await ask(
        apiTargets(command),
        versioned,
        "DELETE",
        `/v1/routes/${encodeURIComponent(name)}`,
      );
      print(command, { name, ...answer }, () => `rule ${name} removed`);
    });

  group
    .command("test <number>")
    .description("what would happen to a call, and why; exit code 1 when it would be refused")
    .option("--from <number>", "the caller's number", "anonymous")
    .option("--user <name>", "the authenticated user")
    .option("--source <address>", "where the call comes from", "0.0.0.0")
    .action(
      async (number: string, options: { from: string; user?: string; source: string }, command: Command) => {
        const search = new URLSearchParams({ number, ...options });
        const found = await ask(
          apiTargets(command),
          explanationSchema,
          "GET",
          `/v1/rules/simulate?${search}`,
        );
        const { decision } = found;
        if (decision.action === "reject") process.exitCode = 1;
        print(command, found, () =>
          [
            ...found.considered.map(
              (entry) => `${entry.verdict.padEnd(12)} ${entry.candidate}: ${entry.why}`,
            ),
            decision.action === "reject"
              ? `refused with ${decision.code} ${decision.reason} (${decision.rule})`
              : `${decision.strategy}: ${decision.targets.map((target) => (target.type === "user" ? `user ${target.user}` : target.uri)).join(", ")}`,
          ].join("\n"),
        );
      },
    );
}
