import type { Decision, Question, Target } from "../call/contract.ts";
import type { Desk } from "../directory/desk-schema.ts";
import type { Asked } from "./asked.ts";
import type { Snapshot } from "./registry.ts";

/** Users who are logged in at telephones of others (docs/people.md, "At another telephone"). All pure. */

/** So many desks of a user ring. */
const mostDesks = 4;
/** As many as a decision may have (call/contract.ts). */
const maxTargets = 16;
/** What was decided for who is logged in is not remembered for longer: somebody else may be there then. */
const rememberedMs = 3_600_000;

/** Where a user is logged in, the latest first: the last one wins, or all do. */
function desksOf({ parts, indexes }: Snapshot, user: string): readonly Desk[] {
  const found = indexes.desks.get(user);
  const entry = found && parts.users.get(user);
  if (!found || !entry?.enabled) return [];
  return found.slice(0, entry.features?.phones === "newest" ? 1 : mostDesks);
}

/** Who is logged in at the telephones that are registered as this user. */
export function guestAt(snapshot: Snapshot, phone: string): string | undefined {
  const desk = snapshot.parts.desks.get(phone);
  return desk && desksOf(snapshot, desk.user).some(({ name }) => name === phone) ? desk.user : undefined;
}

/**
 * A question as it is meant: a call from a telephone is made by who is logged in there. What comes back to us (a later pass) is made
 * on behalf of somebody already.
 */
export function seated(snapshot: Snapshot, asked: Question): Question {
  const { phone: _, ...question } = asked;
  const { user, pass, from } = question;
  if (snapshot.parts.desks.size === 0 || user === undefined || pass !== undefined) return question;
  const guest = guestAt(snapshot, user);
  return guest === undefined
    ? question
    : { ...question, user: guest, phone: user, from: { ...from, user: guest } };
}

/** The user that a condition means: by name, who calls (`{user}`), whose the called number is (`{number}`). Undefined: there is none. */
export function userMeant({ parts }: Snapshot, name: string, { user, number }: Question): string | undefined {
  if (name === "{user}") return user;
  if (name !== "{number}") return name;
  const owner = parts.numbers.get(number)?.user ?? number;
  return parts.users.get(owner)?.enabled ? owner : undefined;
}

/** As whom the telephones are registered that ring for a user. */
export const phonesOf = (snapshot: Snapshot, user: string): string[] => {
  const desks = desksOf(snapshot, user).map(({ name }) => name);
  const last = desks.length > 0 && snapshot.parts.users.get(user)?.features?.phones === "newest";
  return last ? desks : [user, ...desks];
};

function ringing(snapshot: Snapshot, target: Target): Target[] {
  if (target.type !== "user" || target.phone !== undefined) return [target];
  const desks = desksOf(snapshot, target.user);
  if (desks.length === 0) return [target];
  const { newest, ...plain } = target;
  const there = desks.map(({ name }): Target => ({ ...plain, phone: name }));
  return snapshot.parts.users.get(target.user)?.features?.phones === "newest" ? there : [target, ...there];
}

/** A decision that rings where users are logged in. */
export function atDesks(decision: Decision, snapshot: Snapshot): Decision {
  if (decision.action !== "route" || snapshot.indexes.desks.size === 0) return decision;
  const found = decision.targets.map((target) => ringing(snapshot, target));
  const inSteps = decision.targets.some(({ step }) => step !== undefined);
  // What rings at several telephones does so at once.
  const needSteps = !inSteps && decision.strategy === "serial" && found.some(({ length }) => length > 1);
  const targets = found.flatMap((those, step) =>
    needSteps ? those.map((target) => ({ ...target, step })) : those,
  );
  return { ...decision, targets: targets.slice(0, maxTargets) };
}

/** A call of who is logged in at somebody else's telephone: shown as the caller, with its rights further on. */
function asGuest(decision: Decision, snapshot: Snapshot, { user, phone }: Question): Decision {
  if (phone === undefined || user === undefined || decision.action !== "route") return decision;
  const name = snapshot.parts.users.get(user)?.display ?? "";
  return {
    ...decision,
    as: user,
    caller_id: decision.caller_id ?? { number: user, ...(name !== "" && { name }) },
    targets: decision.targets.map((target) =>
      target.type === "number" && target.on_behalf_of === undefined
        ? { ...target, on_behalf_of: user }
        : target,
    ),
  };
}

/** A decision with who is logged in where: at the telephone that calls, and at others that ring. */
export function withDesks(decision: Decision, { snapshot, question, looked, now }: Asked): Decision {
  if (snapshot.parts.desks.size === 0) return decision;
  looked.add("user");
  if (question.phone !== undefined) looked.holdsUntil((Math.floor(now / rememberedMs) + 1) * rememberedMs);
  return asGuest(atDesks(decision, snapshot), snapshot, question);
}
