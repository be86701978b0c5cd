import { type Command, Option } from "commander";
import type { Dates, Window } from "../directory/time-schema.ts";
import { type NumberClass, numberClasses } from "../numbering/site-schema.ts";
import type { RuleInput } from "../routing/rule-schema.ts";
import { integer, percentage } from "./options.ts";
import { datesOf, each, windowOf } from "./when.ts";

/** The conditions of a rule beside number, caller, user and source, as options of `dialtone route add`. */
export interface ConditionOptions {
  fromCarrier?: string;
  group?: string;
  range?: string;
  class?: NumberClass[];
  country?: string[];
  callerClass?: NumberClass[];
  callerCountry?: string[];
  listed?: string;
  lookUpBy?: "caller" | "number" | "user";
  anonymous?: true;
  site?: string;
  flag?: string[];
  flagOff?: string[];
  open?: string;
  closed?: string;
  holiday?: string;
  at?: Window[];
  date?: Dates[];
  zone?: string;
  percent?: number;
  registered?: string;
  unregistered?: string;
  callsAtLeast?: number;
  callsBelow?: number;
  overloaded?: true;
  notOverloaded?: true;
}

export const withConditions = (command: Command): Command =>
  command
    .option("--from-carrier <name>", "the call came from this carrier")
    .option("--group <name>", "authenticated users of this group")
    .option("--range <name>", "dialled numbers of this range")
    .addOption(new Option("--class <class...>", "the called number's kind").choices(numberClasses))
    .option("--country <code...>", "the called number's country, such as GB")
    .addOption(new Option("--caller-class <class...>", "the caller's number's kind").choices(numberClasses))
    .option("--caller-country <code...>", "the caller's number's country")
    .option("--listed <table>", "the caller stands in this table")
    .addOption(
      new Option("--look-up-by <what>", "what is looked up there; default: caller").choices([
        "caller",
        "number",
        "user",
      ]),
    )
    .option("--anonymous", "the caller hides its number")
    .option("--site <name>", "the call's site")
    .option("--flag <name...>", "these flags are on")
    .option("--flag-off <name...>", "these flags are off")
    .option("--open <calendar>", "this calendar says open")
    .option("--closed <calendar>", "this calendar does not say open")
    .option("--holiday <calendar>", "this calendar says holiday")
    .option("--at <times>", "'mon-fri 08:00-18:00' or '22:00-06:00'; repeat it for more", each(windowOf))
    .option(
      "--date <dates>",
      "2026-12-24, 12-24 (every year), 12-24..12-26; repeat it for more",
      each(datesOf),
    )
    .option("--zone <time zone>", "of --at and --date; default: the site's, or UTC")
    .option(
      "--registered <user>",
      "this user has a telephone that is registered; {user}: who calls, {number}: who is called",
    )
    .option("--unregistered <user>", "this user has none")
    .option("--calls-at-least <count>", "so many calls are in progress, on all nodes", integer)
    .option("--calls-below <count>", "fewer calls than that are in progress", integer)
    .option("--overloaded", "the node has more calls than it can carry")
    .option("--not-overloaded", "it has not")
    .option("--percent <share>", "so many of a hundred calls", percentage);

/** That part of a rule's match. Pure. */
export function conditionsOf(options: ConditionOptions): NonNullable<RuleInput["match"]> {
  const { flag = [], flagOff = [] } = options;
  const flags = Object.fromEntries([
    ...flag.map((name) => [name, true] as const),
    ...flagOff.map((name) => [name, false] as const),
  ]);
  const all = {
    carrier: options.fromCarrier,
    group: options.group,
    range: options.range,
    number_class: options.class,
    number_country: options.country,
    caller_class: options.callerClass,
    caller_country: options.callerCountry,
    table:
      options.listed === undefined ? undefined : { name: options.listed, by: options.lookUpBy ?? "caller" },
    anonymous: options.anonymous,
    site: options.site,
    flags: Object.keys(flags).length > 0 ? flags : undefined,
    open: options.open,
    closed: options.closed,
    holiday: options.holiday,
    times: options.at,
    dates: options.date,
    time_zone: options.zone,
    percent: options.percent,
    registered: options.registered,
    unregistered: options.unregistered,
    calls_at_least: options.callsAtLeast,
    calls_below: options.callsBelow,
    overloaded: options.overloaded ?? (options.notOverloaded ? false : undefined),
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}
