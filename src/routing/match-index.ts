/** An index over one dimension (dialled number, caller): exact keys, prefixes, and entries for anything. */
export interface MatchIndex<T> {
  exact: Map<string, T>;
  prefix: Map<string, T>;
  /** Lengths that occur among the prefixes, longest first: one map look-up each. */
  lengths: number[];
  any: T | undefined;
}

export type MatchKey = { exact: string } | { prefix: string } | "any";

/** Groups items by key and builds one value from each group. Pure. */
export function buildIndex<Item, T>(
  items: readonly Item[],
  keyOf: (item: Item) => MatchKey,
  build: (group: Item[]) => T,
): MatchIndex<T> {
  const exact = new Map<string, Item[]>();
  const prefix = new Map<string, Item[]>();
  const any: Item[] = [];
  const add = (groups: Map<string, Item[]>, key: string, item: Item) => {
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  };
  for (const item of items) {
    const key = keyOf(item);
    if (key === "any") any.push(item);
    else if ("exact" in key) add(exact, key.exact, item);
    else add(prefix, key.prefix, item);
  }
  const built = (groups: Map<string, Item[]>) =>
    new Map([...groups].map(([key, group]) => [key, build(group)] as const));
  return {
    exact: built(exact),
    prefix: built(prefix),
    lengths: [...new Set([...prefix.keys()].map((key) => key.length))].sort((a, b) => b - a),
    any: any.length > 0 ? build(any) : undefined,
  };
}

/** Prefix matches of `value`, longest first. */
export function* prefixMatches<T>(
  index: MatchIndex<T>,
  value: string,
): Generator<{ prefix: string; found: T }> {
  for (const length of index.lengths) {
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
