import { stringify } from "yaml";
import {
  allServices,
  companyQuestions,
  type Question,
  type Replies,
  type ServiceKind,
  serviceKinds,
  serviceQuestions,
} from "./questions.ts";
import { parseMoney } from "./units.ts";

/** Makes a plan.yaml out of replies: with comments, ready to be corrected by hand. Pure but for `ask`. */

/** Puts one question to somebody; returns the answer. */
export type Ask = (question: Question) => Promise<string>;

/** The answers that nobody is asked for. */
export const usualReply: Ask = async (question) => question.usual;

const servicesIn = (replies: Replies): ServiceKind[] =>
  allServices.filter((kind) => (replies.services ?? "").split(",").includes(kind));

/** Asks everything, in order. Usual amounts are put into the currency that was chosen. */
export async function interview(ask: Ask): Promise<Replies> {
  const replies: Replies = {};
  const put = async (questions: Question[]) => {
    for (const question of questions) {
      const currency = replies.currency ?? "GBP";
      const isMoney = question.usual.endsWith(" GBP");
      const usual = question.usual.replace(/ GBP$/, ` ${currency}`);
      const check = (answer: string) => {
        question.check?.(answer);
        if (isMoney && parseMoney(answer).currency !== currency)
          throw new Error(`you count in ${currency}; write "250 ${currency}"`);
      };
      replies[question.id] = await ask({ ...question, usual, check });
    }
  };
  await put(companyQuestions);
  for (const kind of servicesIn(replies)) await put(serviceQuestions(kind));
  return replies;
}

const quoted = (text: string): string => stringify(text.trim(), { lineWidth: 0 }).trim();

/** Loss per minute r and per outage p from the losses of an hour and of a minute: p + 60 r = hour, p + r = minute. */
export function lossOf(hour: number, minute: number): { perMinute: number; perOutage: number } {
  const perMinute = Math.max(0, (hour - minute) / 59);
  return { perMinute, perOutage: Math.max(0, minute - perMinute) };
}

const TAKES: Record<ServiceKind, string> = {
  routing: "10 min to 20 min",
  telephones: "10 min to 30 min",
  database: "20 min to 60 min",
  web: "20 min to 45 min",
  files: "30 min to 2 h",
};

function serviceText(kind: ServiceKind, replies: Replies): string {
  const reply = (field: string) => replies[`${kind}.${field}`] ?? "";
  const currency = replies.currency ?? "GBP";
  const amounts = ["hour", "minute"].map((field) => parseMoney(reply(field)));
  const [hour, minute] = amounts.map((amount) => (amount.low + amount.high) / 2);
  const { perMinute, perOutage } = lossOf(hour ?? 0, minute ?? 0);
  const money = (amount: number) => `${amount.toFixed(2)} ${currency}`;
  const routing = (replies.services ?? "").includes("routing");
  const outside = kind === "routing" || (!routing && (kind === "telephones" || kind === "web"));
  const needs = [
    `${kind}-server`,
    "lan",
    ...(kind !== "routing" && routing && (kind === "telephones" || kind === "web") ? ["routing"] : []),
    ...(outside ? ["internet"] : []),
    ...(kind === "telephones" ? ["carrier"] : []),
  ];
  return `
  ${kind}:
    about: ${quoted(serviceKinds[kind].about)}
    class: ${reply("class")} # critical, important or routine: the order of recovery
    loss: # you said: an hour costs ${reply("hour")}, a minute ${reply("minute")}
      per_minute: ${money(perMinute)}/min
      per_outage: ${money(perOutage)} # once for each outage that is noticed
      out_of_hours: 10 % # part of the loss per minute that arises outside working hours
      noticed_after: ${kind === "telephones" ? "10 s" : "1 min"}
    workaround:
      what: ${quoted(reply("workaround"))}
      after: 15 min # until it is in place
      covers: ${reply("covers")}
    needs: [${needs.join(", ")}]
    # A promise that can be checked. Change it to what you have promised, or remove it.
    promise: { recover_within: 4 h }
    recovery:
      who: keeper
      takes: ${TAKES[kind]}
      steps:
        - Find out whether the machine, the network or something outside is the cause
        - Start the machine again; if that does not help, restore it on the spare
        - Try it out as a user would
    data:
      - { name: all data, replicated: "${/warm-active|hot\/hot/.test(reply("second")) ? "synchronous" : "no"}", flush: 5 s, backup: ${reply("backup")} }
`;
}

function serverText(kind: ServiceKind, replies: Replies): string {
  const second = replies[`${kind}.second`] ?? "no";
  const spare =
    second === "no"
      ? ""
      : `    units: 2\n    needed: 1\n    policy: ${second}\n    tested: never # write how often, such as 3 months\n`;
  return `
  ${kind}-server:
    about: ${quoted(`The machine for ${kind}`)}
    kind: server
${spare}    cost: { buy: ${replies[`${kind}.price`]}, lasts: 5 years }
    needs: [power]
    # fails: once in 7 to 20 years   # your own records are better than the usual figures
    # repair: 4 h to 24 h
    # where: rack 1, unit 10
    # spare: shelf 2 in the store room
`;
}

/** Writes the plan. */
export function planText(replies: Replies): string {
  const kinds = servicesIn(replies);
  const currency = replies.currency ?? "GBP";
  return `# How much availability ${replies.company} needs, what it costs, what there is.
# Written by 'dialtone plan init'. Correct it, then: dialtone plan
# Every quantity needs its unit: "4 h", "30 min", "5 %", "${`250 ${currency}`}/h", "once in 5 years".
# When you are not sure, write a range: "2 h to 8 h". What you leave out is assumed, with its source.
plan: 1
company: ${quoted(replies.company ?? "")}
currency: ${currency}
busy: ${quoted(replies.busy ?? "")}

people:
  keeper:
    name: ${quoted(replies.person ?? "")}
    phone: ${quoted(replies.phone ?? "")} # must work when your telephones do not
    responds: ${replies.responds}
    cost: ${replies.wage}/h

services:${kinds.map((kind) => serviceText(kind, replies)).join("")}
equipment:${kinds.map((kind) => serverText(kind, replies)).join("")}
  lan:
    about: The switch that everything hangs on
    kind: switch
    cost: { buy: 300 ${currency}, lasts: 7 years }
    needs: [power]

outside:
  power:
    about: Mains
    kind: power
    bridged_for: ${replies.ups} # UPS
  internet:
    about: The line to the internet
    kind: internet
    fails: ${replies["line-fails"]}
    outage: ${replies["line-outage"]}
${
  kinds.includes("telephones")
    ? `  carrier:
    about: Telephone numbers and lines
    kind: carrier
    # availability: 99.9 %   # from the contract, or from your own log
    # call: help desk number
`
    : ""
}
continuity:
  # Where copies of the papers are. Not on the servers that they describe!
  copies: []
  tests:
    - { what: Restore a backup onto another machine, every: 6 months, who: keeper }
    - { what: Ring every number in this plan, every: 3 months, who: keeper }
`;
}
