import { type Command, InvalidArgumentError, Option } from "commander";
import { z } from "zod";
import { isOwnMethod, serviceMethods } from "../call/contract.ts";
import { apiTargets, ask, print, withApiOptions } from "../client/api.ts";
import { type Rule, type RuleInput, type RuleTarget, ruleSchema } from "../routing/rule-schema.ts";
import { explanationSchema } from "../routing/simulation-schema.ts";
import { getAll, getOne, type Kind } from "./kept.ts";
import { header, integer, moment, tag } from "./options.ts";
import { type ConditionOptions, conditionsOf, withConditions } from "./route-conditions.ts";
import { table } from "./table.ts";

const versioned = z.object({ rules_version: z.int() });
const kind = { what: "rule", path: "routes", schema: ruleSchema } satisfies Kind<typeof ruleSchema>;

interface TestOptions {
  from: string;
  user?: string;
  source: string;
  at?: string;
  draft?: string;
  unregistered?: string[];
  calls?: number;
  overloaded?: true;
  method?: (typeof serviceMethods)[number];
}

interface AddOptions extends ConditionOptions {
  number?: string;
  prefix?: string;
  method?: (typeof serviceMethods)[number][];
  caller?: string;
  callerPrefix?: string;
  user?: string;
  authenticated?: true;
  source?: string;
  to?: string[];
  parallel?: boolean;
  timeout?: number;
  script?: string;
  ask?: string;
  fallback?: string;
  deadline?: number;
  reject?: number;
  reason?: string;
  redirect?: string[];
  tag?: Record<string, string>;
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

const seconds = (value: string): number => {
  const number = Number(value);
  if (!(number >= 0.5 && number <= 300)) throw new InvalidArgumentError("must be 0.5 to 300 seconds");
  return number;
};

/**
 * "sip:…" is an address, "carrier:NAME" a carrier, "carriers" or "carriers:A,B" the cheapest one, "farm:NAME" one of a farm, "number:…" a number or group here, anything else a user;
 * "sip:…@…,via=sip:hop" gives the next hop. Pure.
 */
export function targetOf(text: string, timeout: number | undefined): RuleTarget {
  const timer = timeout === undefined ? {} : { timeout_ms: Math.round(timeout * 1000) };
  if (text.startsWith("carrier:")) return { type: "carrier", carrier: text.slice(8), ...timer };
  if (text.startsWith("farm:")) return { type: "farm", farm: text.slice(5), ...timer };
  if (text.startsWith("number:")) return { type: "number", number: text.slice(7), ...timer };
  if (text === "carriers" || text.startsWith("carriers:"))
    return { type: "carriers", ...(text.length > 9 && { among: text.slice(9).split(",") }), ...timer };
  if (!/^(sips?|tel):/.test(text)) return { type: "user", user: text, ...timer };
  const [uri = "", via] = text.split(",via=");
  return { type: "uri", uri, ...(via !== undefined && { via }), ...timer };
}

/** As it is written on the command line. */
function placeOf(target: RuleTarget): string {
  if (target.type === "user") return target.user;
  if (target.type === "number") return `number:${target.number}`;
  if (target.type === "farm") return `farm:${target.farm}`;
  if (target.type === "carriers")
    return ["carriers", ...(target.among ? [target.among.join()] : [])].join(":");
  return target.type === "carrier" ? `carrier ${target.carrier}` : target.uri;
}

/** What the options say to do with the call. Pure. @throws Error */
function actionOf(options: AddOptions): RuleInput["action"] {
  const { to, reject, redirect, script, tag } = options;
  const said = [to, reject, redirect, script, options.ask].filter((each) => each !== undefined);
  if (said.length !== 1)
    throw new Error(
      "say what to do with the call: one of --to TARGET, --reject CODE, --redirect ADDRESS, --script NAME and --ask URL",
    );
  const tags = tag && { tags: tag };
  if (options.script !== undefined) return { type: "script", script: options.script };
  if (options.ask !== undefined)
    return {
      type: "ask",
      url: options.ask,
      ...(options.fallback !== undefined && { fallback_url: options.fallback }),
      ...(options.deadline !== undefined && { deadline_ms: options.deadline }),
    };
  if (options.reject !== undefined)
    return {
      type: "reject",
      code: options.reject,
      ...(options.reason !== undefined && { reason: options.reason }),
      ...tags,
    };
  if (redirect !== undefined) return { type: "redirect", to: redirect, ...tags };
  return {
    type: "route",
    strategy: options.parallel ? "parallel" : "serial",
    targets: (options.to ?? []).map((text) => targetOf(text, options.timeout)),
    record: options.record ?? false,
    ...(options.media !== undefined && { media: options.media }),
    ...(options.followRedirects && { redirects: "follow" }),
    ...(options.callerId !== undefined && { caller_id: { number: options.callerId } }),
    ...(options.header && { headers: options.header }),
    ...tags,
  };
}

/** The rule that the options describe. Pure. @throws Error */
export function ruleOf(name: string, options: AddOptions): RuleInput {
  return {
    name,
    priority: options.priority,
    description: options.description,
    enabled: options.disabled !== true,
    match: {
      ...(options.number !== undefined && { number: options.number }),
      ...(options.prefix !== undefined && { prefix: options.prefix }),
      ...(options.method && { methods: options.method }),
      ...(options.caller !== undefined && { caller: options.caller }),
      ...(options.callerPrefix !== undefined && { caller_prefix: options.callerPrefix }),
      ...(options.user !== undefined && { user: options.user }),
      ...(options.authenticated && { authenticated: options.authenticated }),
      ...(options.source !== undefined && { source: options.source }),
      ...conditionsOf(options),
    },
    action: actionOf(options),
  };
}

const shown = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

const showMatch = (rule: Rule): string =>
  Object.entries(rule.match)
    .map(([key, value]) => (value === true ? key : `${key} ${shown(value)}`))
    .join(", ") || "any call";

function showAction({ action }: Rule): string {
  if (action.type === "reject") return `reject ${action.code} ${action.reason}`;
  if (action.type === "script") return `script ${action.script} decides`;
  if (action.type === "ask") return `ask ${action.url}`;
  if (action.type === "redirect") return `redirect to ${action.to.join(", ")}`;
  if (action.type !== "route") return action.type;
  return action.targets.map(placeOf).join(action.strategy === "parallel" ? " + " : ", then ");
}

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
  dialtone route add world --prefix 00 --authenticated --to carrier:main --to carrier:spare
  dialtone route add helpdesk --number 7000 --script helpdesk                   TypeScript of yours decides
  dialtone route add crm --prefix 0800 --ask https://crm.example/decide         your web application decides
  dialtone route test 0049301234567 --user 1001                                 what would happen, and why

The first of these decides: higher priority; exact number, then the number's or user's own telephone, then the
longest prefix; exact caller; named user; authenticated; smallest source network; name of the rule.
A caller's number can be forged: guard what costs money with --authenticated, --user or --source.
Targets: a user's name, or a SIP address with {number}, {rest} (after the prefix), {caller}, {user}.`,
  );

  withConditions(group.command("add <name>").description("a new rule"))
    .option("--number <number>", "this dialled number, exactly")
    .option("--prefix <digits>", "dialled numbers that begin so")
    .addOption(
      new Option("--method <method...>", "requests of these methods, in place of calls").choices(
        serviceMethods,
      ),
    )
    .option("--caller <number>", "this caller, exactly")
    .option("--caller-prefix <digits>", "callers that begin so")
    .option("--user <name>", "this authenticated user")
    .option("--authenticated", "any authenticated user")
    .option("--source <network>", "calls from this address or network, e.g. 192.0.2.0/24")
    .option(
      "--to <target...>",
      "where to: a user, a SIP address, carrier:NAME, carriers (the cheapest) or farm:NAME; repeat it for more",
    )
    .option("--parallel", "all targets at once; the first to answer wins")
    .option("--timeout <seconds>", "give up on each target after so long", seconds)
    .option("--reject <code>", "refuse with this SIP status code", integer)
    .option("--reason <text>", "reason of the refusal")
    .option(
      "--redirect <address...>",
      "tell the caller's side to call this SIP address or tel:NUMBER by itself (302)",
    )
    .option("--tag <name=value>", "note it in the call's record and events; repeat it for more", tag)
    .option("--script <name>", "a script decides: 'dialtone script --help'")
    .option("--ask <url>", "a web application of your own decides: docs/scripts.md")
    .option("--fallback <url>", "asked when that one does not answer")
    .option("--deadline <ms>", "for both together, 50 to 4000", integer)
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
      const routes = await getAll(command, kind);
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
      const rule = await getOne(command, kind, name);
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
    .command("key <url>")
    .description("the key that questions to a web application (--ask) are signed with")
    .action(async (url: string, _options: unknown, command: Command) => {
      const found = await ask(
        apiTargets(command),
        z.object({ origin: z.string(), key: z.string() }),
        "GET",
        `/v1/question-key?url=${encodeURIComponent(url)}`,
      );
      print(command, found, () => found.key);
    });

  group
    .command("test <number>")
    .description("what would happen to a call, and why; exit code 1 when it would be refused")
    .option("--from <number>", "the caller's number", "anonymous")
    .option("--user <name>", "the authenticated user")
    .option("--source <address>", "where the call comes from", "0.0.0.0")
    .option("--at <time>", "when: 2026-12-24T18:00+01:00, '2026-12-24 17:00' (UTC); default: now", moment)
    .option("--unregistered <user...>", "as if these users had no registered telephone")
    .option("--calls <count>", "as if so many calls were in progress", integer)
    .option("--overloaded", "as if the node had more calls than it can carry")
    .addOption(
      new Option("--method <method>", "a request of this method, in place of a call").choices(serviceMethods),
    )
    .option("--draft <name>", "as if this draft of 'dialtone rules draft' were published")
    .action(
      async (
        number: string,
        { unregistered = [], calls, overloaded, ...options }: TestOptions,
        command: Command,
      ) => {
        const search = new URLSearchParams({ number, ...options });
        if (unregistered.length > 0) search.set("unregistered", unregistered.join(","));
        if (calls !== undefined) search.set("calls", String(calls));
        if (overloaded) search.set("overloaded", "true");
        const found = await ask(
          apiTargets(command),
          explanationSchema,
          "GET",
          `/v1/rules/simulate?${search}`,
        );
        const { decision } = found;
        const here = options.method !== undefined && isOwnMethod(options.method) && decision.rule === "none";
        if (decision.action === "reject" && !here) process.exitCode = 1;
        const { meant } = found;
        print(command, found, () =>
          [
            ...(meant
              ? [
                  `${number} at ${meant.site}: ${meant.number}, ${meant.class} ${meant.country ?? ""}`.trimEnd(),
                ]
              : []),
            ...found.considered.map(
              (entry) => `${entry.verdict.padEnd(12)} ${entry.candidate}: ${entry.why}`,
            ),
            here
              ? "no rule is for it: answered here"
              : decision.action === "reject"
                ? decision.contacts
                  ? `redirected to ${decision.contacts.join(", ")} (${decision.rule})`
                  : `refused with ${decision.code} ${decision.reason} (${decision.rule})`
                : `${decision.strategy}: ${decision.targets.map(placeOf).join(", ")}`,
          ].join("\n"),
        );
      },
    );
}
