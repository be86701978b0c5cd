import type { Decision, Question, Target } from "../call/contract.ts";
import { type Looked, rememberFor, scopeOf } from "../call/remember.ts";
import { withoutDoubles } from "./doubles.ts";
import { isSelective, matchesOf, prefixMatches } from "./match-index.ts";
import type { Snapshot } from "./registry.ts";
import type { CompiledRule, Level } from "./rule-index.ts";
import type { Rule } from "./rule-schema.ts";
import type { Explanation } from "./simulation-schema.ts";

/**
 * The order in which a call's route is looked for. The first candidate whose conditions hold decides.
 *
 * 1. Higher priority before lower. Assigned numbers and users count as priority 0.
 * 2. Exact number, before the longest prefix, before shorter ones, before rules for any number.
 *    At priority 0, after rules for the exact number: the user that the number is assigned to, then the user
 *    whose name was dialled.
 * 3. Exact caller, before the longest caller prefix, before any caller.
 * 4. A named user, before any authenticated user, before anybody.
 * 5. The longest source network, before any source.
 * 6. The rule's name, in the order of its characters.
 *
 * Nothing found: 404; 407 when a rule for the number names users and the caller has not proved to be one.
 */
export type Candidate =
  | { kind: "rule"; rule: Rule; rest: string; holds: boolean; why: string }
  | { kind: "number"; number: string; user: string; holds: boolean; why: string }
  | { kind: "user"; user: string; holds: boolean; why: string };

function conditions(
  { rule, fromSource }: CompiledRule,
  question: Question,
  looked: Looked,
): string | undefined {
  if (rule.match.authenticated) looked.add("user");
  if (fromSource) looked.add("source");
  if (rule.match.authenticated && !question.user) return "the caller did not authenticate";
  if (fromSource && !fromSource(question.source.address))
    return `${question.source.address} is not in ${rule.match.source}`;
  return undefined;
}

function* rulesIn(
  callers: NonNullable<Level["numbers"]["any"]>,
  question: Question,
  rest: string,
  looked: Looked,
): Generator<Candidate> {
  if (isSelective(callers)) looked.add("caller");
  // An unauthenticated caller has the empty name, which no rule can have.
  for (const users of matchesOf(callers, question.from.user)) {
    if (isSelective(users)) looked.add("user");
    for (const rules of matchesOf(users, question.user ?? ""))
      for (const compiled of rules) {
        const failed = conditions(compiled, question, looked);
        yield {
          kind: "rule",
          rule: compiled.rule,
          rest,
          holds: failed === undefined,
          why: failed ?? "all that the rule names holds",
        };
      }
  }
}

/**
 * Every candidate for a question, in the order above. Pure, but for `looked`: there it notes what of the question,
 * besides the number, made a difference so far.
 */
export function* candidates(
  snapshot: Snapshot,
  question: Question,
  looked: Looked = new Set(),
): Generator<Candidate> {
  const { number } = question;
  for (const level of snapshot.indexes.rules) {
    const exact = level.numbers.exact.get(number);
    if (exact) yield* rulesIn(exact, question, "", looked);
    if (level.priority === 0) yield* directly(snapshot, number);
    for (const { prefix, found } of prefixMatches(level.numbers, number))
      yield* rulesIn(found, question, number.slice(prefix.length), looked);
    if (level.numbers.any) yield* rulesIn(level.numbers.any, question, number, looked);
  }
}

function* directly(snapshot: Snapshot, number: string): Generator<Candidate> {
  const { users, numbers } = snapshot.parts;
  const owner = numbers.get(number)?.user;
  if (owner !== undefined) {
    const usable = users.get(owner)?.enabled === true;
    const why = usable ? `the number is assigned to ${owner}` : `user ${owner} is disabled or gone`;
    yield { kind: "number", number, user: owner, holds: usable, why };
  }
  const user = users.get(number);
  if (user)
    yield {
      kind: "user",
      user: number,
      holds: user.enabled,
      why: user.enabled ? "a user of this name exists" : "the user is disabled",
    };
}

/**
 * Answers a question. Pure, deterministic, never throws.
 * @param now Unix time in milliseconds: how long the answer may be remembered
 */
export function decide(snapshot: Snapshot, question: Question, now: number): Decision {
  const looked: Looked = new Set();
  const decision = decisionFor(snapshot, question, looked);
  return { ...decision, remember: rememberFor(scopeOf(looked), now) };
}

function decisionFor(snapshot: Snapshot, question: Question, looked: Looked): Decision {
  for (const candidate of candidates(snapshot, question, looked))
    if (candidate.holds) return decisionOf(candidate, snapshot, question, looked);
  const nothing = { v: 1, action: "reject", rule: "none", rules_version: snapshot.version } as const;
  // Somebody who proved to be a user of ours might have found a rule (RFC 3261 22.3).
  return looked.has("user") && question.user === undefined
    ? { ...nothing, code: 407, reason: "Proxy Authentication Required" }
    : { ...nothing, code: 404, reason: "Not Found" };
}

/** How candidates are named in decisions and call records. */
const labelOf = (candidate: Candidate): string =>
  candidate.kind === "rule"
    ? candidate.rule.name
    : `${candidate.kind}:${candidate.kind === "number" ? candidate.number : candidate.user}`;

/** The decision with all candidates and why each was or was not taken. Pure. @param now Unix time in milliseconds */
export function explain(snapshot: Snapshot, question: Question, now: number): Explanation {
  let chosen = false;
  const considered = [...candidates(snapshot, question)].map((candidate) => {
    const verdict = !candidate.holds ? "passed over" : chosen ? "shadowed" : "chosen";
    chosen ||= candidate.holds;
    return { candidate: labelOf(candidate), verdict, why: candidate.why } as const;
  });
  return { decision: decide(snapshot, question, now), considered };
}

function decisionOf(candidate: Candidate, snapshot: Snapshot, question: Question, looked: Looked): Decision {
  const base = { v: 1, rule: labelOf(candidate), rules_version: snapshot.version } as const;
  if (candidate.kind !== "rule")
    return {
      ...base,
      action: "route",
      strategy: "serial",
      targets: [{ type: "user", user: candidate.user }],
      record: false,
    };
  const { action } = candidate.rule;
  if (action.type === "reject")
    return { ...base, action: "reject", code: action.code, reason: action.reason };
  const fill = fillerOf(question, candidate.rest, looked);
  const expanded = action.targets
    .map((target) => expandTarget(target, fill))
    .filter((target) => target !== undefined);
  const targets = action.strategy === "parallel" ? withoutDoubles(expanded) : expanded;
  if (targets.length === 0) return { ...base, action: "reject", code: 484, reason: "Address Incomplete" };
  return {
    ...base,
    action: "route",
    strategy: action.strategy,
    targets,
    ...(action.caller_id && {
      caller_id: {
        number: action.caller_id.number,
        ...(action.caller_id.name !== undefined && { name: action.caller_id.name }),
      },
    }),
    ...(action.headers && { headers: expandHeaders(action.headers, fill) }),
    record: action.record,
    ...(action.media && { media: action.media }),
    ...(action.redirects && { redirects: action.redirects }),
  };
}

const escaped = (character: string): string =>
  [...Buffer.from(character, "utf8")]
    .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`)
    .join("");

/** All but the characters that mean nothing special in a SIP URI's user part. Numbers arrive without escapes. */
const escapeForUri = (text: string): string => text.replace(/[^A-Za-z0-9\-_.!~*'()+]/gu, escaped);

type Filler = (template: string, clean: (value: string) => string) => string;

const fillerOf = (question: Question, rest: string, looked: Looked): Filler => {
  const values: Record<string, string> = {
    number: question.number,
    rest,
    caller: question.from.user,
    user: question.user ?? "",
  };
  return (template, clean) =>
    template.replace(/\{(number|rest|caller|user)\}/g, (_, name: string) => {
      if (name === "caller" || name === "user") looked.add(name);
      return clean(values[name] ?? "");
    });
};

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not enter a header
const controls = /[\u0000-\u001f\u007f]/g;

/** Nothing that would end an address or begin another one. */
const cleanForHeader = (text: string): string => text.replace(controls, " ").replace(/[<>"\\,;@%]/g, escaped);

const expandHeaders = (headers: Record<string, string>, fill: Filler): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, fill(value, cleanForHeader).slice(0, 256)]),
  );

/** A template that was filled with nothing leaves no address: `tel:`, `sip:@host`. */
const isAddress = (uri: string): boolean =>
  uri.length <= 512 && /^(sips?|tel):[^\s<>"]+$/.test(uri) && !/^sips?:@/.test(uri);

/** Undefined when the result is no address, or too long for one. */
function expandTarget(target: Target, fill: Filler): Target | undefined {
  const headers = target.headers && { headers: expandHeaders(target.headers, fill) };
  if (target.type === "user") {
    const user = fill(target.user, (value) => value);
    return user.length > 0 && user.length <= 512 ? { ...target, user, ...headers } : undefined;
  }
  const uri = fill(target.uri, escapeForUri);
  const via = target.via === undefined ? undefined : fill(target.via, escapeForUri);
  if (!isAddress(uri) || (via !== undefined && !isAddress(via))) return undefined;
  return { ...target, uri, ...(via !== undefined && { via }), ...headers };
}
