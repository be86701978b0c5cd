import { canonicalNumber } from "../call/number.ts";
import { bitsOf } from "../directory/networks.ts";
import { type MatchIndex, prefixMatches, valueAt } from "../routing/match-index.ts";
import type { Snapshot } from "../routing/registry.ts";
import type { CompiledRule } from "../routing/rule-index.ts";
import { isIndexed, type Match, type Rule } from "../routing/rule-schema.ts";
import { type Scope, within } from "./scope.ts";
import type { Finding } from "./version-schema.ts";

/** Rules that no call ever reaches, because another one is always looked at before and always holds. */

/** In a group of rules for the same number, caller and user: more than these before a rule are not compared with it. */
const mostCompared = 300;

/** All entries of an index that hold for everything that has this value, or begins so. */
function* covering<T>(
  index: MatchIndex<T>,
  exact: string | undefined,
  prefix: string | undefined,
): Generator<T> {
  const value = exact ?? prefix;
  if (exact !== undefined) {
    const found = index.exact.get(exact);
    if (found !== undefined) yield found;
  }
  if (value !== undefined) for (const { found } of prefixMatches(index, value)) yield found;
  if (index.any !== undefined) yield index.any;
}

const canonical = (text: string | undefined): string | undefined =>
  text === undefined ? undefined : canonicalNumber(text);

/** Does it answer itself, whenever it is reached? */
const answers = ({ action }: Rule): boolean => action.type !== "script" && action.type !== "ask";

const sameJson = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** Do all calls that `inner` matches match this rule too? Numbers, callers and users are compared by the index. Pure. */
function covers({ rule, fromSource }: CompiledRule, inner: Match): boolean {
  const { match } = rule;
  if (!answers(rule)) return false;
  if ((match.methods === undefined) !== (inner.methods === undefined)) return false;
  if (match.authenticated && !inner.authenticated && inner.user === undefined) return false;
  if (match.source !== undefined) {
    const [address = ""] = inner.source?.split("/") ?? [];
    if (inner.source === undefined || bitsOf(inner.source) < bitsOf(match.source)) return false;
    if (!fromSource?.(address)) return false;
  }
  return Object.entries(match).every(
    ([key, value]) => isIndexed(key) || sameJson(value, inner[key as keyof Match]),
  );
}

function coveredBy(snapshot: Snapshot, { name, priority, match }: Rule): string | undefined {
  const [number, prefix] = [canonical(match.number), canonical(match.prefix)];
  const [caller, callerPrefix] = [canonical(match.caller), canonical(match.caller_prefix)];
  for (const level of snapshot.indexes.rules.levels) {
    if (level.priority < priority) break;
    if (level.priority === priority) {
      const key = (exact: string | undefined, begin: string | undefined) =>
        exact !== undefined ? { exact } : begin !== undefined ? { prefix: begin } : ("any" as const);
      const callers = valueAt(level.numbers, key(number, prefix));
      const users = callers && valueAt(callers, key(caller, callerPrefix));
      const group = (users && valueAt(users, key(match.user, undefined))) ?? [];
      const at = group.findIndex(({ rule }) => rule.name === name);
      const before = group.slice(Math.max(0, at - mostCompared), Math.max(0, at));
      return before.find((one) => covers(one, match))?.rule.name;
    }
    for (const callers of covering(level.numbers, number, prefix))
      for (const users of covering(callers, caller, callerPrefix))
        for (const group of covering(users, match.user, undefined)) {
          const found = group.slice(0, mostCompared).find((one) => covers(one, match));
          if (found) return found.rule.name;
        }
  }
  return undefined;
}

/** Whom a number rings without any rule goes before rules of a priority below 0. */
function assignedBefore({ parts }: Snapshot, { priority, match }: Rule): string | undefined {
  if (priority >= 0 || match.number === undefined || match.methods) return undefined;
  const number = canonicalNumber(match.number);
  const owner = parts.numbers.get(number)?.user;
  if (owner !== undefined && parts.users.get(owner)?.enabled) return `number ${number}, of user ${owner}`;
  if (parts.users.get(number)?.enabled) return `user ${number}`;
  return parts.groups.has(number) ? `group ${number}` : undefined;
}

/** Its last day was before this one. Pure. */
function isPast({ match: { dates } }: Rule, today: string): boolean {
  return dates?.every(({ from, to = from }) => to.length > 5 && to < today) ?? false;
}

/** Pure. */
export function* shadows(snapshot: Snapshot, scope: Scope, now: number): Generator<Finding | undefined> {
  // A day more, so that it is over in every time zone.
  const today = new Date(now - 86_400_000).toISOString().slice(0, 10);
  for (const entry of within(snapshot, scope, "rules")) {
    yield undefined;
    if (!entry) continue;
    const [key, rule] = entry;
    if (!rule.enabled) continue;
    const place = { severity: "warning", part: "rules", key } as const;
    if (isPast(rule, today))
      yield {
        ...place,
        code: "past",
        field: "/match/dates",
        message: "all its dates are over",
        todo: "remove it, or give it new dates",
      };
    const before = coveredBy(snapshot, rule);
    const shadow = before === undefined ? assignedBefore(snapshot, rule) : `rule ${before}`;
    if (shadow !== undefined)
      yield {
        ...place,
        code: "shadowed",
        field: "/match",
        message: `no call reaches it: ${shadow} decides all of them before`,
        todo: "give it a higher priority or a narrower match, or remove one of the two",
      };
  }
}
