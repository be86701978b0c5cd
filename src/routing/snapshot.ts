import { BlockList, isIP } from "node:net";
import { buildIndex, type MatchIndex, type MatchKey } from "./match-index.ts";
import type { Rule } from "./rule.ts";

/** A user as routing and authentication need it. */
export interface UserEntry {
  name: string;
  display: string;
  ha1_md5: string;
  ha1_sha256: string;
  enabled: boolean;
}

/** Everything that decides calls, as it lies in the database at one version. */
export interface RoutingData {
  version: number;
  users: Map<string, UserEntry>;
  /** Number → name of the user that it is assigned to. */
  numbers: Map<string, string>;
  rules: Map<string, Rule>;
}

export interface CompiledRule {
  rule: Rule;
  /** Undefined: from anywhere. */
  fromSource: ((address: string) => boolean) | undefined;
}

/** Caller → authenticated user → rules, most specific first. */
type CallerIndex = MatchIndex<MatchIndex<CompiledRule[]>>;

/** All rules of one priority. */
export interface Level {
  priority: number;
  numbers: MatchIndex<CallerIndex>;
}

/** Routing data with its indexes: answers a question without looking at every rule. */
export interface Snapshot extends RoutingData {
  /** Highest priority first; priority 0 is always there, for assigned numbers and users. */
  levels: Level[];
}

export const emptyData = (): RoutingData => ({
  version: 0,
  users: new Map(),
  numbers: new Map(),
  rules: new Map(),
});

const sourceBits = (rule: Rule): number => {
  const source = rule.match.source;
  if (source === undefined) return -1;
  const [address = "", bits] = source.split("/");
  return Number(bits ?? (isIP(address) === 6 ? 128 : 32));
};

function sourceTest(source: string): (address: string) => boolean {
  const [address = ""] = source.split("/");
  const family = isIP(address) === 6 ? "ipv6" : "ipv4";
  const list = new BlockList();
  const bits = Number(source.split("/")[1] ?? (family === "ipv6" ? 128 : 32));
  list.addSubnet(address, bits, family);
  return (candidate) =>
    isIP(candidate) !== 0 && list.check(candidate, isIP(candidate) === 6 ? "ipv6" : "ipv4");
}

/** Order among rules that name the same number, caller and user: authenticated, longest source, then by name. */
const bySpecificity = (a: CompiledRule, b: CompiledRule): number =>
  Number(b.rule.match.authenticated ?? false) - Number(a.rule.match.authenticated ?? false) ||
  sourceBits(b.rule) - sourceBits(a.rule) ||
  (a.rule.name < b.rule.name ? -1 : 1);

const keyOf = (exact: string | undefined, prefix: string | undefined): MatchKey =>
  exact !== undefined ? { exact } : prefix !== undefined ? { prefix } : "any";

/** Builds the indexes. Pure; takes over the maps of `data`. */
export function compile(data: RoutingData): Snapshot {
  const levels = new Map<number, CompiledRule[]>([[0, []]]);
  for (const rule of data.rules.values()) {
    if (!rule.enabled) continue;
    const compiled: CompiledRule = {
      rule,
      fromSource: rule.match.source === undefined ? undefined : sourceTest(rule.match.source),
    };
    const level = levels.get(rule.priority);
    if (level) level.push(compiled);
    else levels.set(rule.priority, [compiled]);
  }
  return {
    ...data,
    levels: [...levels]
      .sort(([a], [b]) => b - a)
      .map(([priority, rules]) => ({
        priority,
        numbers: buildIndex(
          rules,
          ({ rule }) => keyOf(rule.match.number, rule.match.prefix),
          (sameNumber) =>
            buildIndex(
              sameNumber,
              ({ rule }) => keyOf(rule.match.caller, rule.match.caller_prefix),
              (sameCaller) =>
                buildIndex(
                  sameCaller,
                  ({ rule }) => keyOf(rule.match.user, undefined),
                  (group) => group.sort(bySpecificity),
                ),
            ),
        ),
      })),
  };
}
