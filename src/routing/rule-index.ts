import { BlockList, isIP } from "node:net";
import { canonicalNumber } from "../call/number.ts";
import type { EntityIndex } from "../entities/entity.ts";
import { emptyIndex, isEmpty, type MatchIndex, type MatchKey, valueAt, withValue } from "./match-index.ts";
import type { Rule } from "./rule-schema.ts";

/** Finds the rules for a call without looking at every rule. Values: a change shares what stayed. */

export interface CompiledRule {
  rule: Rule;
  /** Undefined: from anywhere. */
  fromSource: ((address: string) => boolean) | undefined;
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

const sourceBits = ({ match: { source } }: Rule): number => {
  if (source === undefined) return -1;
  const [address = "", bits] = source.split("/");
  return Number(bits ?? (isIP(address) === 6 ? 128 : 32));
};

function sourceTest(source: string): (address: string) => boolean {
  const [address = "", bits] = source.split("/");
  const family = isIP(address) === 6 ? "ipv6" : "ipv4";
  const list = new BlockList();
  list.addSubnet(address, Number(bits ?? (family === "ipv6" ? 128 : 32)), family);
  return (candidate) =>
    isIP(candidate) !== 0 && list.check(candidate, isIP(candidate) === 6 ? "ipv6" : "ipv4");
}

/** Order among rules that name the same number, caller and user: authenticated, longest source, then by name. */
const bySpecificity = (a: Rule, b: Rule): number =>
  Number(b.match.authenticated ?? false) - Number(a.match.authenticated ?? false) ||
  sourceBits(b) - sourceBits(a) ||
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
    const compiled = { rule, fromSource: source === undefined ? undefined : sourceTest(source) };
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

/** Highest priority first; priority 0 is always there, for assigned numbers and users. */
export const ruleIndex: EntityIndex<Rule, readonly Level[]> = {
  empty: [{ priority: 0, numbers: emptyIndex() }],
  changed: (levels, before, after) => {
    const cleared = before?.enabled ? inLevel(levels, before, withoutRule(before)) : levels;
    return after?.enabled ? inLevel(cleared, after, withRule(after)) : cleared;
  },
};
