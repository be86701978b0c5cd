import { Map as SharedMap } from "immutable";

/** An index over one dimension (dialled number, caller): exact keys, prefixes, and an entry for anything. Never changed. */
export interface MatchIndex<T> {
  readonly exact: SharedMap<string, T>;
  readonly prefix: SharedMap<string, T>;
  /** Lengths that occur among the prefixes, longest first: one map look-up each. */
  readonly lengths: readonly { length: number; prefixes: number }[];
  readonly any: T | undefined;
}

export type MatchKey = { exact: string } | { prefix: string } | "any";

/** Does it matter for what is found, which value is looked up? */
export const isSelective = (index: MatchIndex<unknown>): boolean =>
  index.exact.size > 0 || index.lengths.length > 0;

export const emptyIndex = <T>(): MatchIndex<T> => ({
  exact: SharedMap(),
  prefix: SharedMap(),
  lengths: [],
  any: undefined,
});

const replaced = <T>(map: SharedMap<string, T>, key: string, value: T | undefined) =>
  value === undefined ? map.delete(key) : map.set(key, value);

/** The index with another value under `key`; undefined takes it away. Pure. */
export function withValue<T>(index: MatchIndex<T>, key: MatchKey, value: T | undefined): MatchIndex<T> {
  if (key === "any") return { ...index, any: value };
  if ("exact" in key) return { ...index, exact: replaced(index.exact, key.exact, value) };
  const prefix = replaced(index.prefix, key.prefix, value);
  const { length } = key.prefix;
  const before = index.lengths.find((entry) => entry.length === length)?.prefixes ?? 0;
  const prefixes = before + prefix.size - index.prefix.size;
  if (prefixes === before) return { ...index, prefix };
  const others = index.lengths.filter((entry) => entry.length !== length);
  const lengths = prefixes === 0 ? others : [...others, { length, prefixes }];
  return { ...index, prefix, lengths: lengths.sort((a, b) => b.length - a.length) };
}

export function valueAt<T>(index: MatchIndex<T>, key: MatchKey): T | undefined {
  if (key === "any") return index.any;
  return "exact" in key ? index.exact.get(key.exact) : index.prefix.get(key.prefix);
}

export const isEmpty = ({ exact, prefix, any }: MatchIndex<unknown>): boolean =>
  exact.size === 0 && prefix.size === 0 && any === undefined;

/** Prefix matches of `value`, longest first. */
export function* prefixMatches<T>(
  index: MatchIndex<T>,
  value: string,
): Generator<{ prefix: string; found: T }> {
  for (const { length } of index.lengths) {
    if (length > value.length) continue;
    const prefix = value.slice(0, length);
    const found = index.prefix.get(prefix);
    if (found !== undefined) yield { prefix, found };
  }
}

/** All matches of `value`: exact, then prefixes from the longest, then "any". */
export function* matchesOf<T>(index: MatchIndex<T>, value: string): Generator<T> {
  const exact = index.exact.get(value);
  if (exact !== undefined) yield exact;
  for (const { found } of prefixMatches(index, value)) yield found;
  if (index.any !== undefined) yield index.any;
}
