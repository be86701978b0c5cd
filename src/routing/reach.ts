import type { Decision, Target } from "../call/contract.ts";
import type { Destination, Features, Forward, ForwardReason } from "../directory/features-schema.ts";
import { type Group, isByIdle } from "../directory/group-schema.ts";
import { matchesPattern } from "../directory/patterns.ts";
import type { UserEntry } from "../directory/user-schema.ts";
import { type Asked, isAnonymous } from "./asked.ts";
import { judge, shareOf } from "./conditions.ts";
import { isEmergency } from "./emergency.ts";

/** Users and groups → targets in steps, or a refusal: what people have set for their calls (docs/people.md). All pure. */

type Route = Extract<Decision, { action: "route" }>;

/** Undefined: as without features. */
type Reached = { targets: Target[] } | { code: number; reason: string } | undefined;

const maxTargets = 16;

/** Why a call was sent on (RFC 5806 4), and after which outcomes. */
const reasons = {
  always: { diversion: "unconditional", after: undefined },
  // Whoever declines is as good as busy.
  busy: { diversion: "user-busy", after: ["busy", "declined"] },
  "no-answer": { diversion: "no-answer", after: ["no-answer"] },
  unreachable: { diversion: "unavailable", after: ["unreachable", "failed"] },
} as const satisfies Record<ForwardReason, { diversion: string; after: Target["after"] }>;

const forUri = (text: string): string => text.replace(/[^A-Za-z0-9_.!~*'()+-]/g, encodeURIComponent);

const hostForm = /^[A-Za-z0-9.-]{1,128}$/;

/** Whose number was dialled sends the call on. */
function diversion({ question }: Asked, why: string): Record<string, string> {
  const { domain } = question.to;
  const host = hostForm.test(domain) ? domain : "invalid";
  return { Diversion: `<sip:${forUri(question.number).slice(0, 96)}@${host}>;reason=${why};counter=1` };
}

const isAddress = (to: Destination): boolean => /^sips?:/.test(to);

/** A destination as a target that `by` (a user, a group) calls. */
const calledBy = (
  by: string,
  to: Destination,
  rest: Pick<Target, "step" | "after" | "timeout_ms" | "headers">,
): Target =>
  isAddress(to)
    ? { type: "uri", uri: to, ...rest }
    : { type: "number", number: to, on_behalf_of: by, ...rest };

/** Does a forwarding hold for this call, now? */
function holds(call: Asked, user: UserEntry, { callers, times, open, closed }: Forward): boolean {
  const { question, looked, snapshot } = call;
  if (callers) {
    looked.add("caller");
    if (!matchesPattern(callers, question.from.user)) return false;
  }
  if (!times && open === undefined && closed === undefined) return true;
  const zone =
    user.site === undefined ? undefined : snapshot.indexes.sites.byName.get(user.site)?.site.time_zone;
  const when = {
    ...(times && { times }),
    ...(zone !== undefined && { time_zone: zone }),
  };
  return (
    judge({ ...when, ...(open !== undefined && { open }) }, user.name, call).holds &&
    (closed === undefined || judge({ closed }, user.name, call).holds)
  );
}

/** The targets of a forwarding, from that step on. */
function sentOn(
  call: Asked,
  user: UserEntry,
  { to, together }: Forward,
  {
    diversion: why,
    after,
  }: { diversion: string; after: readonly NonNullable<Target["after"]>[number][] | undefined },
  first: number,
): Target[] {
  const headers = diversion(call, why);
  return to.map((destination, index) =>
    calledBy(user.name, destination, {
      step: together ? first : first + index,
      ...(after && { after: [...after] }),
      // Somebody comes after it.
      ...(!together && index < to.length - 1 && { timeout_ms: 20_000 }),
      headers,
    }),
  );
}

/** Whom the user does not want to hear. */
function refusal({ question, looked }: Asked, { callers, anonymous }: Features): Reached {
  const { only, never } = callers;
  if (anonymous === "reject") {
    // Whether a caller hides is not among what decisions are remembered by.
    looked.add("call");
    if (isAnonymous(question)) return { code: 433, reason: "Anonymity Disallowed" };
  }
  if (!only && never.length === 0) return undefined;
  looked.add("caller");
  const unwanted =
    matchesPattern(never, question.from.user) || (only && !matchesPattern(only, question.from.user));
  return unwanted ? { code: 603, reason: "Decline" } : undefined;
}

/** Has it answered as many calls as it wants at a time? */
function hasEnough({ world, looked, question }: Asked, { name, features }: UserEntry): boolean {
  const most = features?.max_calls.in;
  if (most === undefined) return false;
  looked.add("call");
  return world.users.callsOf(name, question.call_id).in >= most;
}

/** A call to one user, and nobody else. */
function reachUser(call: Asked, target: Target, user: UserEntry): Reached {
  const { features } = user;
  if (!features) return undefined;
  const refused = refusal(call, features);
  if (refused) return refused;
  const pick = (when: ForwardReason) =>
    features.forward.find((forward) => forward.when === when && holds(call, user, forward));
  const always = pick("always");
  if (always) return { targets: sentOn(call, user, always, reasons.always, 0) };
  const busy = pick("busy");
  if (features.dnd)
    return busy
      ? { targets: sentOn(call, user, busy, { diversion: "do-not-disturb", after: undefined }, 0) }
      : { code: 480, reason: "Do Not Disturb" };
  if (hasEnough(call, user))
    return busy
      ? { targets: sentOn(call, user, busy, { diversion: "user-busy", after: undefined }, 0) }
      : { code: 486, reason: "Busy Here" };
  const noAnswer = pick("no-answer");
  const forwards = [
    { forward: busy, reason: reasons.busy },
    { forward: noAnswer, reason: reasons["no-answer"] },
    { forward: pick("unreachable"), reason: reasons.unreachable },
  ];
  if (features.also_ring.length === 0 && forwards.every(({ forward }) => !forward)) return undefined;
  const timeout = noAnswer ? { timeout_ms: noAnswer.after_s * 1000 } : {};
  const targets: Target[] = [
    { ...target, step: 0, ...timeout },
    ...features.also_ring.map((to) =>
      calledBy(user.name, to, { step: 0, ...timeout, headers: diversion(call, "follow-me") }),
    ),
  ];
  for (const { forward, reason } of forwards)
    if (forward) targets.push(...sentOn(call, user, forward, reason, (targets.at(-1)?.step ?? 0) + 1));
  return { targets };
}

/** May this user be called as one of several? What it forwards is not followed. */
function takesPart(call: Asked, name: string): boolean {
  const user = call.snapshot.parts.users.get(name);
  if (!user?.features) return true;
  return !user.features.dnd && !refusal(call, user.features) && !hasEnough(call, user);
}

/** Rotated so that `first` is first. */
const from = <T>(list: readonly T[], first: number): T[] => [...list.slice(first), ...list.slice(0, first)];

function inOrder(call: Asked, { name, strategy, members }: Group): Group["members"] {
  const { question, looked } = call;
  if (strategy === "round-robin") {
    looked.add("call");
    const last = call.lastOf(name);
    const at = members.findIndex(({ user }) => user === last);
    const drawn = Math.floor((shareOf(question.call_id, name) * members.length) / 100);
    return from(members, at < 0 ? drawn : (at + 1) % members.length);
  }
  if (isByIdle(strategy)) return byIdle(call, strategy, members);
  if (strategy !== "by-weight") return members;
  looked.add("call");
  // Each draws by its weight (Efraimidis and Spirakis, 2006).
  const key = ({ user, weight }: Group["members"][number]) =>
    ((shareOf(question.call_id, user) + 0.005) / 100) ** (1 / weight);
  return members.toSorted((a, b) => key(b) - key(a));
}

/** Who is in a call comes last; of those who know the same, who has been in none for longest comes first. */
function byIdle({ looked, world }: Asked, strategy: string, members: Group["members"]): Group["members"] {
  looked.add("call");
  const idle = new Map(
    members.map(({ user }) => [user, world.users.idleMs(user) ?? Number.MAX_SAFE_INTEGER]),
  );
  const idleOf = (user: string) => idle.get(user) ?? 0;
  return members.toSorted(
    (a, b) =>
      Number(idleOf(a.user) === 0) - Number(idleOf(b.user) === 0) ||
      (strategy === "by-skill" ? b.weight - a.weight : 0) ||
      idleOf(b.user) - idleOf(a.user),
  );
}

/** A call to a group. */
function reachGroup(call: Asked, group: Group): Reached {
  const together = group.strategy === "together";
  const timeout_ms = group.ring_s * 1000;
  const usable = inOrder(call, group).filter(
    ({ user }) => call.snapshot.parts.users.get(user)?.enabled === true && takesPart(call, user),
  );
  const targets: Target[] = usable.map(({ user, delay_s = 0 }, index) => ({
    type: "user",
    user,
    step: together ? 0 : index,
    ...(together && delay_s > 0 && { delay_ms: delay_s * 1000 }),
    timeout_ms,
  }));
  if (group.overflow !== undefined)
    targets.push(
      calledBy(group.name, group.overflow, {
        step: together ? 1 : usable.length,
        after: ["busy", "declined", "no-answer", "unreachable", "failed"],
        headers: diversion(call, "no-answer"),
      }),
    );
  return targets.length === 0 ? { code: 480, reason: "Nobody Is There" } : { targets };
}

const withReached = (decision: Route, reached: Reached): Decision => {
  if (!reached) return decision;
  const { v, rule, rules_version } = decision;
  if ("code" in reached) return { v, rule, rules_version, action: "reject", ...reached };
  return { ...decision, strategy: "serial", targets: reached.targets.slice(0, maxTargets) };
};

/** A decision with what those whom it names have set. */
export function reached(decision: Decision, call: Asked): Decision {
  if (decision.action !== "route") return decision;
  const { users, groups } = call.snapshot.parts;
  const { targets } = decision;
  const [target] = targets;
  if (target && targets.length === 1) {
    if (target.type === "user") {
      const user = users.get(target.user);
      return user?.features ? withReached(decision, reachUser(call, target, user)) : decision;
    }
    const group = target.type === "number" ? groups.get(target.number) : undefined;
    return group ? withReached({ ...decision, group: group.name }, reachGroup(call, group)) : decision;
  }
  const left = targets.filter((one) => one.type !== "user" || takesPart(call, one.user));
  if (left.length === targets.length) return decision;
  return left.length > 0
    ? { ...decision, targets: left }
    : withReached(decision, { code: 480, reason: "Do Not Disturb" });
}

const isOver = ({ world, question }: Asked, most: number): boolean =>
  world.users.callsOf(question.user ?? "", question.call_id).out >= most;

/** A decision with what the caller, a user of ours, may do and wants. */
export function allowed(decision: Decision, call: Asked): Decision {
  const { snapshot, question, looked } = call;
  if (decision.action !== "route") return decision;
  let hidden = call.hidden;
  if (snapshot.indexes.users.users > 0) {
    looked.add("user");
    const features = snapshot.parts.users.get(question.user ?? "")?.features;
    if (features) {
      const { only, never } = features.may_call;
      hidden ||= features.hide_caller;
      const forbidden =
        matchesPattern(never, question.number) || (only && !matchesPattern(only, question.number));
      if (forbidden && !isEmergency(call))
        return withReached(decision, { code: 403, reason: "Not Allowed To Call This Number" });
      const { out } = features.max_calls;
      if (out !== undefined) looked.add("call");
      if (out !== undefined && isOver(call, out) && !isEmergency(call))
        return withReached(decision, { code: 403, reason: "Too Many Calls At A Time" });
    }
  }
  return hidden && !isEmergency(call) ? { ...decision, hide_caller: true } : decision;
}
