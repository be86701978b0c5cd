import type { OwnMethod } from "../call/contract.ts";
import { canonicalNumber } from "../call/number.ts";
import { bitsOf, networkTest } from "../directory/networks.ts";
import type { EntityIndex } from "../entities/entity.ts";
import { emptyIndex, isEmpty, type MatchIndex, type MatchKey, valueAt, withValue } from "./match-index.ts";
import { hasConditions, type Rule } from "./rule-schema.ts";

/** Finds the rules for a call without looking at every rule. Values: a change shares what stayed. */

export interface CompiledRule {
  rule: Rule;
  /** Undefined: from anywhere. */
  fromSource: ((address: string) => boolean) | undefined;
  /** It has conditions that are no part of this index (conditions.ts). */
  conditional: boolean;
}

/** Authenticated user → rules, most specific first. */
type UserIndex = MatchIndex<readonly CompiledRule[]>;

/** Caller → authenticated user → rules. */
type CallerIndex = MatchIndex<UserIndex>;

/** All rules of one priority. */
export interface Level {
  priority: number;
  numbers: MatchIndex<CallerIndex>;
}

const sourceBits = ({ match: { source } }: Rule): number => (source === undefined ? -1 : bitsOf(source));

/** Order among rules that name the same number, caller and user: authenticated, longest source, with conditions of its own, then by name. */
const bySpecificity = (a: Rule, b: Rule): number =>
  Number(b.match.authenticated ?? false) - Number(a.match.authenticated ?? false) ||
  sourceBits(b) - sourceBits(a) ||
  Number(hasConditions(b.match)) - Number(hasConditions(a.match)) ||
  (a.name < b.name ? -1 : 1);

/** Of users as they are: no user begins with +. */
const keyOf = (exact: string | undefined, prefix: string | undefined): MatchKey =>
  exact !== undefined
    ? { exact: canonicalNumber(exact) }
    : prefix !== undefined
      ? { prefix: canonicalNumber(prefix) }
      : "any";

type Group = readonly CompiledRule[];

const withRule =
  (rule: Rule) =>
  (group: Group = []): Group => {
    const { source } = rule.match;
    const compiled = {
      rule,
      fromSource: source === undefined ? undefined : networkTest(source),
      conditional: hasConditions(rule.match),
    };
    const at = group.findIndex((other) => bySpecificity(rule, other.rule) < 0);
    return group.toSpliced(at < 0 ? group.length : at, 0, compiled);
  };

const withoutRule =
  ({ name }: Rule) =>
  (group: Group = []): Group =>
    group.filter(({ rule }) => rule.name !== name);

/** The group of a rule's number, caller and user changed by `change`; what is empty then disappears. */
function regrouped(
  numbers: MatchIndex<CallerIndex>,
  { match }: Rule,
  change: (group: Group | undefined) => Group,
): MatchIndex<CallerIndex> {
  const number = keyOf(match.number, match.prefix);
  const caller = keyOf(match.caller, match.caller_prefix);
  const user = keyOf(match.user, undefined);
  const callers = valueAt(numbers, number) ?? emptyIndex<UserIndex>();
  const users = valueAt(callers, caller) ?? emptyIndex<Group>();
  const group = change(valueAt(users, user));
  const newUsers = withValue(users, user, group.length === 0 ? undefined : group);
  const newCallers = withValue(callers, caller, isEmpty(newUsers) ? undefined : newUsers);
  return withValue(numbers, number, isEmpty(newCallers) ? undefined : newCallers);
}

function inLevel(
  levels: readonly Level[],
  rule: Rule,
  change: (group: Group | undefined) => Group,
): readonly Level[] {
  const { priority } = rule;
  const numbers = levels.find((level) => level.priority === priority)?.numbers ?? emptyIndex();
  const level = { priority, numbers: regrouped(numbers, rule, change) };
  const others = levels.filter((other) => other.priority !== priority);
  if (isEmpty(level.numbers) && priority !== 0) return others;
  return [...others, level].sort((a, b) => b.priority - a.priority);
}

/** What of all rules decides calls. */
export interface RuleIndex {
  /** Highest priority first; priority 0 is always there, for assigned numbers and users. */
  levels: readonly Level[];
  /** How many rules look at whether a user is registered, and at how many calls there are. */
  registered: number;
  calls: number;
  /** How many are for methods that are answered here where there is none. */
  methods: Readonly<Record<OwnMethod, number>>;
}

const asksRegistered = ({ match }: Rule): boolean =>
  match.registered !== undefined || match.unregistered !== undefined;

const asksCalls = ({ match }: Rule): boolean =>
  match.calls_at_least !== undefined || match.calls_below !== undefined;

const isFor =
  (method: OwnMethod) =>
  ({ match }: Rule): boolean =>
    match.methods?.includes(method) ?? false;

export const ruleIndex: EntityIndex<Rule, RuleIndex> = {
  empty: {
    levels: [{ priority: 0, numbers: emptyIndex() }],
    registered: 0,
    calls: 0,
    methods: { REGISTER: 0, OPTIONS: 0 },
  },
  changed: ({ levels, registered, calls, methods }, before, after) => {
    const [old, now] = [before, after].map((rule) => (rule?.enabled ? rule : undefined));
    const cleared = old ? inLevel(levels, old, withoutRule(old)) : levels;
    const changed = (asks: (rule: Rule) => boolean) =>
      Number(now !== undefined && asks(now)) - Number(old !== undefined && asks(old));
    return {
      levels: now ? inLevel(cleared, now, withRule(now)) : cleared,
      registered: registered + changed(asksRegistered),
      calls: calls + changed(asksCalls),
      methods: {
        REGISTER: methods.REGISTER + changed(isFor("REGISTER")),
        OPTIONS: methods.OPTIONS + changed(isFor("OPTIONS")),
      },
    };
  },
};
