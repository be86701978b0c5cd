import { type Answer, isDecision } from "../call/answer.ts";
import { type Decision, isOwnMethod, type Question } from "../call/contract.ts";
import { rememberFor, scopeOf } from "../call/remember.ts";
import type { Consultation } from "../consult/consultation-schema.ts";
import { codeIn } from "../directory/codes.ts";
import { type Asked, asked, calledKind, type Remembered } from "./asked.ts";
import { type Assigned, assigned } from "./assigned.ts";
import { judge } from "./conditions.ts";
import { atDesks, withDesks } from "./desks.ts";
import { withoutDoubles } from "./doubles.ts";
import { withEmergency } from "./emergency.ts";
import { expandHeaders, expandTarget, type Filler, fillerOf, isAddress } from "./fill.ts";
import { guarded } from "./guarded.ts";
import { chooseCarriers, explained } from "./least-cost.ts";
import { isSelective, matchesOf, prefixMatches } from "./match-index.ts";
import { destinationFor, escapeForUri, expanded, isOutside } from "./outside.ts";
import { allowed, reached } from "./reach.ts";
import type { Snapshot } from "./registry.ts";
import type { CompiledRule, Level } from "./rule-index.ts";
import type { Rule } from "./rule-schema.ts";
import type { Explanation } from "./simulation-schema.ts";
import { callOrder, ordering, withPickup } from "./star-codes.ts";

/**
 * The order in which a call's route is looked for. The first candidate whose conditions hold decides.
 *
 * 1. Higher priority before lower. Assigned numbers and users count as priority 0.
 * 2. Exact number, before the longest prefix, before shorter ones, before rules for any number.
 *    At priority 0, after rules for the exact number: the user that the number is assigned to, the user
 *    whose name was dialled, the group of that name, then the user of the range that the number lies in.
 * 3. Exact caller, before the longest caller prefix, before any caller.
 * 4. A named user, before any authenticated user, before anybody.
 * 5. The longest source network, before any source.
 * 6. Rules with further conditions (time, flags, …: conditions.ts) before those without.
 * 7. The rule's name, in the order of its characters.
 *
 * Nothing found: 404; 407 when a rule for the number names users and the caller has not proved to be one.
 */
export type Candidate = { kind: "rule"; rule: Rule; rest: string; holds: boolean; why(): string } | Assigned;

/** Calls are for rules without methods, other requests for those that name theirs. */
const isOfMethod = ({ match: { methods } }: Rule, { method }: Question): boolean =>
  methods === undefined ? method === undefined : method !== undefined && methods.includes(method);

function conditions({ rule, fromSource }: CompiledRule, { question, looked }: Asked): string | undefined {
  if (!isOfMethod(rule, question))
    return rule.match.methods ? `it is for ${rule.match.methods.join(", ")}` : "it is for calls";
  if (rule.match.authenticated) looked.add("user");
  if (fromSource) looked.add("source");
  if (rule.match.authenticated && !question.user) return "the caller did not authenticate";
  if (fromSource && !fromSource(question.source.address))
    return `${question.source.address} is not in ${rule.match.source}`;
  return undefined;
}

const holding = "all that the rule names holds";

/** Whether a rule that the index found holds altogether. */
function judged(compiled: CompiledRule, rest: string, call: Asked): Candidate {
  const { rule, conditional } = compiled;
  const of = { kind: "rule", rule, rest } as const;
  const failed = conditions(compiled, call);
  if (failed !== undefined) return { ...of, holds: false, why: () => failed };
  if (!conditional) return { ...of, holds: true, why: () => holding };
  const { holds, why } = judge(rule.match, rule.name, call);
  return { ...of, holds, why: holds ? () => `${holding}: ${why()}` : why };
}

function* rulesIn(
  callers: NonNullable<Level["numbers"]["any"]>,
  call: Asked,
  rest: string,
): Generator<Candidate> {
  const { question, looked } = call;
  if (isSelective(callers)) looked.add("caller");
  // An unauthenticated caller has the empty name, which no rule can have.
  for (const users of matchesOf(callers, question.from.user)) {
    if (isSelective(users)) looked.add("user");
    for (const rules of matchesOf(users, question.user ?? ""))
      for (const compiled of rules) yield judged(compiled, rest, call);
  }
}

/**
 * Every candidate for a call, in the order above. Pure, but for `looked`: there it notes what of the question,
 * besides the number, made a difference so far.
 */
export function* candidates(call: Asked): Generator<Candidate> {
  const { snapshot, question } = call;
  const { number } = question;
  for (const level of snapshot.indexes.rules.levels) {
    const exact = level.numbers.exact.get(number);
    if (exact) yield* rulesIn(exact, call, "");
    if (level.priority === 0 && question.method === undefined) yield* assigned(snapshot, number);
    for (const { prefix, found } of prefixMatches(level.numbers, number))
      yield* rulesIn(found, call, number.slice(prefix.length));
    if (level.numbers.any) yield* rulesIn(level.numbers.any, call, number);
  }
}

/** What others answered whom rules name (`consult`), by the rule's name. */
export type Answers = ReadonlyMap<string, Answer>;

const noAnswers: Answers = new Map();

/**
 * Answers a question. A rule that leaves the decision to somebody else is passed over: see `consult`. Pure, deterministic,
 * never throws.
 * @param now Unix time in milliseconds: how long the answer may be remembered
 */
export function decide(snapshot: Snapshot, question: Question, now: number): Decision {
  const found = answer(snapshot, question, now, noAnswers, true);
  if (!isDecision(found)) throw new Error("a rule that was to be passed over was not");
  return found;
}

/**
 * The decision, or whom to ask before there is one: then again with that answer. Pure, deterministic, never throws.
 * @param now Unix time in milliseconds
 */
export const consult = (
  snapshot: Snapshot,
  question: Question,
  now: number,
  answers: Answers,
  more: Remembered = {},
): Decision | Consultation => answer(snapshot, question, now, answers, false, more);

function answer(
  snapshot: Snapshot,
  question: Question,
  now: number,
  answers: Answers,
  alone: boolean,
  more: Remembered = {},
): Decision | Consultation {
  const code =
    question.method === undefined ? codeIn(snapshot.indexes.codes.codes, question.number) : undefined;
  if (!code) return look(asked(snapshot, question, now, more), answers, alone);
  if (code.type === "hide") {
    const meant = { ...question, number: code.to };
    return look(asked(snapshot, meant, now, { ...more, hidden: true }), answers, alone);
  }
  if (code.type === "call")
    return atDesks(withPickup(callOrder(code, snapshot, question), snapshot), snapshot);
  return ordering(code, snapshot, question, answers, alone);
}

function look(call: Asked, answers: Answers, alone: boolean): Decision | Consultation {
  const { snapshot, question, looked, now } = call;
  const remembered = (decision: Decision): Decision => ({
    ...decision,
    // Who was asked may have looked at anything.
    remember:
      answers.size > 0 ? { scope: "never", until: 0 } : rememberFor(scopeOf(looked), now, looked.until),
  });
  for (const candidate of candidates(call)) {
    if (!candidate.holds) continue;
    const action = candidate.kind === "rule" ? candidate.rule.action : undefined;
    if (candidate.kind !== "rule" || (action?.type !== "script" && action?.type !== "ask"))
      return remembered(withPeople(decisionOf(candidate, call), call));
    if (alone) continue;
    const { name } = candidate.rule;
    const answer = answers.get(name);
    if (!answer) return { rule: name, action };
    if (answer.action !== "next") return withPeople(answered(answer, name, call), call);
  }
  const nothing = { v: 1, action: "reject", rule: "none", rules_version: snapshot.version } as const;
  // Somebody who proved to be a user of ours might have found a rule (RFC 3261 22.3).
  return remembered(
    looked.has("user") && question.user === undefined && !isOwnMethod(question.method ?? "")
      ? { ...nothing, code: 407, reason: "Proxy Authentication Required" }
      : question.method === undefined
        ? { ...nothing, code: 404, reason: "Not Found" }
        : { ...nothing, code: 405, reason: "Method Not Allowed" },
  );
}

const withPeople = (decision: Decision, call: Asked): Decision => {
  const { remember } = decision;
  const permitted = guarded(allowed(reached(decision, call), call), call);
  const reachable = withEmergency(withDesks(withPickup(permitted, call.snapshot), call), call);
  const { number } = call.question;
  const found = number === call.dialled ? reachable : { ...reachable, meant: number.slice(0, 64) };
  return remember ? { ...found, remember } : found;
};

/** What somebody else decided, as far as it can be carried out. */
function answered(
  answer: Exclude<Answer, { action: "next" }>,
  rule: string,
  { snapshot, now, looked }: Asked,
): Decision {
  const { remember_s = 0, ...decision } = answer;
  const remember: Decision["remember"] =
    remember_s > 0
      ? { scope: "caller", until: Math.floor(Math.min(now + remember_s * 1000, looked.until) / 1000) }
      : { scope: "never", until: 0 };
  const base = { v: 1, rule, rules_version: snapshot.version, remember } as const;
  if (decision.action === "reject") return { ...decision, ...base };
  const targets = decision.targets.filter((target) => target.type !== "uri" || isAddress(target.uri));
  if (targets.length === 0) return { ...base, action: "reject", code: 484, reason: "Address Incomplete" };
  return { ...decision, ...base, targets };
}

/** How candidates are named in decisions and call records. */
function labelOf(candidate: Candidate): string {
  if (candidate.kind === "rule") return candidate.rule.name;
  if (candidate.kind === "number") return `number:${candidate.number}`;
  if (candidate.kind === "group") return `group:${candidate.group}`;
  return candidate.kind === "range" ? `range:${candidate.range}` : `user:${candidate.user}`;
}

/**
 * A decision with all candidates and why each was or was not taken. Pure.
 * @param now Unix time in milliseconds
 * @param answers what was answered to get to this decision
 */
export function explain(
  snapshot: Snapshot,
  question: Question,
  now: number,
  answers: Answers = noAnswers,
  more: Remembered = {},
): Explanation {
  const call = asked(snapshot, question, now, more);
  const decision = answer(snapshot, question, now, answers, false, more);
  let chosen = false;
  const considered = [...candidates(call)].map((candidate) => {
    const answer = candidate.kind === "rule" ? answers.get(candidate.rule.name) : undefined;
    const holds = candidate.holds && answer?.action !== "next";
    const verdict = !holds ? "passed over" : chosen ? "shadowed" : "chosen";
    chosen ||= holds;
    const reason = candidate.why();
    const why = answer === undefined ? reason : `${reason}; was asked: ${answer.action}`;
    return { candidate: labelOf(candidate), verdict, why } as const;
  });
  return {
    decision: isDecision(decision) ? decision : decide(snapshot, question, now),
    considered,
    ...carriersOf(call, answers),
    ...understoodAs(call),
  };
}

/** How the carriers were chosen, where the rule that decided leaves that to their prices. */
function carriersOf(call: Asked, answers: Answers): Pick<Explanation, "carriers"> {
  for (const candidate of candidates(call)) {
    if (!candidate.holds) continue;
    if (candidate.kind !== "rule" || answers.get(candidate.rule.name)?.action === "next") {
      if (candidate.kind === "rule") continue;
      return {};
    }
    const { action } = candidate.rule;
    if (action.type !== "route") return {};
    const chosen = action.targets.flatMap((target) =>
      target.type === "carrier" || target.type === "carriers" ? [chooseCarriers(target, call)] : [],
    );
    return chosen.length === 0 ? {} : { carriers: chosen.flatMap(explained) };
  }
  return {};
}

/** What the numbers mean at the call's site. */
function understoodAs(call: Asked): Pick<Explanation, "meant"> {
  const { place, question } = call;
  if (!place) return {};
  const { class: kind, country } = calledKind(call);
  const number = { number: question.number, class: kind, ...(country !== undefined && { country }) };
  return { meant: { site: place.site.name, caller: question.from.user, ...number } };
}

function decisionOf(candidate: Candidate, call: Asked): Decision {
  const { snapshot } = call;
  const base = { v: 1, rule: labelOf(candidate), rules_version: snapshot.version } as const;
  if (candidate.kind !== "rule")
    return {
      ...base,
      action: "route",
      strategy: "serial",
      targets: [
        candidate.kind === "group"
          ? { type: "number", number: candidate.group }
          : { type: "user", user: candidate.user },
      ],
      record: false,
    };
  const { action } = candidate.rule;
  if (action.type === "reject") {
    const { code, reason, tags } = action;
    return { ...base, action: "reject", code, reason, ...(tags && { tags }) };
  }
  if (action.type === "redirect") return redirected(action, fillerOf(call, candidate), base);
  if (action.type !== "route") return { ...base, action: "reject", code: 500, reason: "Nobody Was Asked" };
  const fill = fillerOf(call, candidate);
  const found = action.targets
    .flatMap((target) => expanded(target, call, action.caller_id?.number))
    .map((target) => expandTarget(target, fill))
    .filter((target) => target !== undefined)
    .slice(0, maxTargets);
  const targets = action.strategy === "parallel" ? withoutDoubles(found) : found;
  if (targets.length === 0 && action.targets.every(({ type }) => isOutside.has(type)))
    return { ...base, action: "reject", code: 503, reason: "No Carrier" };
  if (targets.length === 0) return { ...base, action: "reject", code: 484, reason: "Address Incomplete" };
  return {
    ...base,
    action: "route",
    strategy: action.strategy,
    targets,
    ...destinationFor(action.targets, call),
    ...(action.caller_id && {
      caller_id: {
        number: action.caller_id.number,
        ...(action.caller_id.name !== undefined && { name: action.caller_id.name }),
      },
    }),
    ...(action.headers && { headers: expandHeaders(action.headers, fill) }),
    ...(action.tags && { tags: action.tags }),
    record: action.record,
    ...(action.media && { media: action.media }),
    ...(action.redirects && { redirects: action.redirects }),
  };
}

function redirected(
  { to, permanent, tags }: Extract<Rule["action"], { type: "redirect" }>,
  fill: Filler,
  base: Pick<Decision, "v" | "rule" | "rules_version">,
): Decision {
  const contacts = to.map((text) => fill(text, escapeForUri)).filter(isAddress);
  if (contacts.length === 0) return { ...base, action: "reject", code: 484, reason: "Address Incomplete" };
  const code = permanent ? 301 : 302;
  const reason = permanent ? "Moved Permanently" : "Moved Temporarily";
  return { ...base, action: "reject", code, reason, contacts, ...(tags && { tags }) };
}

/** As many as a decision may have (call/contract.ts). */
const maxTargets = 16;
