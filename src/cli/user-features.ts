import { type Command, Option } from "commander";
import type { z } from "zod";
import {
  type Features,
  type Forward,
  type featuresSchema,
  forwardReasons,
  noFeatures,
} from "../directory/features-schema.ts";
import { type User, userSchema } from "../directory/user-schema.ts";
import { getOne, type Kind, putOne } from "./kept.ts";
import { integer } from "./options.ts";

export const userKind = { what: "user", path: "users", schema: userSchema } satisfies Kind<typeof userSchema>;

type FeaturesInput = z.input<typeof featuresSchema>;

/** Changes what a user has set, and says so. */
async function changeFeatures(
  command: Command,
  name: string,
  change: (features: Features) => FeaturesInput,
  said: string,
): Promise<void> {
  const user: User = await getOne(command, userKind, name);
  const features = change(user.features ?? noFeatures);
  await putOne(command, userKind, name, { ...user, features }, said);
}

const isPlain = (one: Forward): boolean => !one.callers && !one.times && !one.open && !one.closed;

interface ForwardOptions {
  after?: number;
  together?: boolean;
  caller?: string[];
  open?: string;
  closed?: string;
}

/** Adds a forwarding before those of its kind that hold always; replaces the one that does, when this one does. Pure. */
export function withForward(
  features: Features,
  when: Forward["when"],
  to: string[],
  { after, together, caller, open, closed }: ForwardOptions,
): FeaturesInput {
  const one = {
    when,
    to,
    together: together ?? false,
    ...(after !== undefined && { after_s: after }),
    ...(caller && { callers: caller }),
    ...(open !== undefined && { open }),
    ...(closed !== undefined && { closed }),
  };
  const conditional = caller !== undefined || open !== undefined || closed !== undefined;
  const others = features.forward.filter((old) => conditional || old.when !== when || !isPlain(old));
  return { ...features, forward: conditional ? [one, ...others] : [...others, one] };
}

/** One line for each thing that is set. Pure. */
export function featureLines({
  forward,
  dnd,
  also_ring,
  pickup,
  phones,
  anonymous,
  callers,
  hide_caller,
  max_calls,
  may_call,
}: Features): string[] {
  return [
    ...forward.map(
      (one) =>
        `forward ${one.when}: ${one.to.join(one.together ? " + " : ", then ")}` +
        (one.when === "no-answer" ? ` after ${one.after_s} s` : "") +
        (one.callers ? `, callers ${one.callers.join(" ")}` : "") +
        (one.times
          ? `, ${one.times.map(({ days, from, to }) => `${days?.join(" ") ?? "daily"} ${from}-${to}`).join(", ")}`
          : "") +
        (one.open ? `, while ${one.open} is open` : "") +
        (one.closed ? `, while ${one.closed} is closed` : ""),
    ),
    ...(dnd ? ["do not disturb"] : []),
    ...(also_ring.length > 0 ? [`rings with ${also_ring.join(", ")}`] : []),
    ...(phones === "newest" ? ["only the newest telephone rings"] : []),
    ...(pickup.length > 0 ? [`pickup groups ${pickup.join(", ")}`] : []),
    ...(anonymous === "reject" ? ["rejects anonymous callers"] : []),
    ...(callers.only ? [`hears only ${callers.only.join(" ")}`] : []),
    ...(callers.never.length > 0 ? [`never hears ${callers.never.join(" ")}`] : []),
    ...(hide_caller ? ["hides its number"] : []),
    ...(max_calls.out === undefined ? [] : [`makes ${max_calls.out} calls at a time`]),
    ...(max_calls.in === undefined ? [] : [`takes ${max_calls.in} calls at a time`]),
    ...(may_call.only ? [`may call only ${may_call.only.join(" ")}`] : []),
    ...(may_call.never.length > 0 ? [`may not call ${may_call.never.join(" ")}`] : []),
  ];
}

function registerForward(group: Command): void {
  group
    .command("forward <name> [to...]")
    .description(
      "send a user's calls on: numbers as it would dial them, users, groups, SIP addresses; none: no more",
    )
    .addOption(new Option("--when <reason>", "in which case").choices(forwardReasons).default("always"))
    .option("--after <seconds>", "no-answer: after so long", integer)
    .option("--together", "all targets at once, not one after the other")
    .option("--caller <number...>", "only calls of these; 0711*: all that begin so")
    .option("--open <calendar>", "only while this calendar is open")
    .option("--closed <calendar>", "only while this calendar is closed")
    .action(
      (name: string, to: string[], options: ForwardOptions & { when: Forward["when"] }, command: Command) =>
        to.length === 0
          ? changeFeatures(
              command,
              name,
              (features) => ({
                ...features,
                forward: features.forward.filter(({ when }) => when !== options.when),
              }),
              `calls of ${name} are not forwarded ${options.when} any more`,
            )
          : changeFeatures(
              command,
              name,
              (features) => withForward(features, options.when, to, options),
              `calls of ${name} are forwarded ${options.when} to ${to.join(", ")}`,
            ),
    );
}

/** Features that lists of numbers say. */
const lists = {
  pickup: {
    what: "pickup groups: users with one in common may take each other's calls (docs/people.md)",
    set: (features: Features, pickup: string[]): FeaturesInput => ({ ...features, pickup }),
  },
  "also-ring": {
    what: "numbers that ring together with the user's telephones",
    set: (features: Features, to: string[]): FeaturesInput => ({ ...features, also_ring: to }),
  },
  block: {
    what: "callers that a user does not want to hear; 0900*: all that begin so",
    set: (features: Features, never: string[]): FeaturesInput => ({
      ...features,
      callers: { ...features.callers, never },
    }),
  },
  "hear-only": {
    what: "the only callers that a user wants to hear",
    set: ({ callers: { never }, ...features }: Features, only: string[]): FeaturesInput => ({
      ...features,
      callers: only.length === 0 ? { never } : { never, only },
    }),
  },
  "may-not-call": {
    what: "canonical numbers that a user may not call; emergency calls are always allowed",
    set: (features: Features, never: string[]): FeaturesInput => ({
      ...features,
      may_call: { ...features.may_call, never },
    }),
  },
  "may-call-only": {
    what: "the only canonical numbers that a user may call",
    set: ({ may_call: { never }, ...features }: Features, only: string[]): FeaturesInput => ({
      ...features,
      may_call: only.length === 0 ? { never } : { never, only },
    }),
  },
};

/** `dialtone user forward|dnd|…`: what users have set for their calls. */
export function registerUserFeatures(group: Command): void {
  registerForward(group);
  for (const [verb, what, set] of [
    ["dnd", "do not disturb", (features: Features, on: boolean) => ({ ...features, dnd: on })],
    [
      "hide",
      "hide the user's number from those whom it calls",
      (features: Features, on: boolean) => ({ ...features, hide_caller: on }),
    ],
    [
      "reject-anonymous",
      "refuse callers who do not say who they are",
      (features: Features, on: boolean) => ({ ...features, anonymous: on ? "reject" : "accept" }) as const,
    ],
  ] as const)
    group
      .command(`${verb} <name> <on|off>`)
      .description(what)
      .action((name: string, state: string, _options: unknown, command: Command) => {
        if (state !== "on" && state !== "off") throw new Error(`say on or off, not ${state}`);
        return changeFeatures(
          command,
          name,
          (features) => set(features, state === "on"),
          `${name}: ${what}: ${state}`,
        );
      });
  group
    .command("phones <name> <all|newest>")
    .description(
      "which telephones of a user ring: all, or the one that was registered, refreshed or logged in at last",
    )
    .action((name: string, which: string, _options: unknown, command: Command) => {
      if (which !== "all" && which !== "newest") throw new Error(`say all or newest, not ${which}`);
      return changeFeatures(
        command,
        name,
        (features) => ({ ...features, phones: which }),
        `${name}: ${which === "all" ? "all telephones ring" : "the newest telephone rings"}`,
      );
    });
  group
    .command("max-calls <name>")
    .description("how many calls at a time a user may make, and takes; what is not given has no limit")
    .option("--out <count>", "calls that it makes; emergency calls always", integer)
    .option("--in <count>", "calls that it has answered: busy for more", integer)
    .action((name: string, options: { out?: number; in?: number }, command: Command) =>
      changeFeatures(
        command,
        name,
        (features) => ({ ...features, max_calls: options }),
        `${name}: calls at a time: makes ${options.out ?? "any"}, takes ${options.in ?? "any"}`,
      ),
    );
  for (const [verb, { what, set }] of Object.entries(lists))
    group
      .command(`${verb} <name> [${verb === "pickup" ? "group" : "number"}...]`)
      .description(`${what}; none: no such list`)
      .action((name: string, numbers: string[], _options: unknown, command: Command) =>
        changeFeatures(
          command,
          name,
          (features) => set(features, numbers),
          `${name}: ${verb}: ${numbers.join(" ") || "none"}`,
        ),
      );
}
