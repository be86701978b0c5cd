/** Documents of the configuration as the pages of routing handle them: compared, merged, put into words. All pure. */

export type Document = Readonly<Record<string, unknown>>;

export const isDocument = (value: unknown): value is Document =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Does not look at the order of members. */
export function sameValue(a: unknown, b: unknown): boolean {
  if (isDocument(a) && isDocument(b)) {
    const names = new Set([...Object.keys(a), ...Object.keys(b)]);
    return [...names].every((name) => sameValue(a[name], b[name]));
  }
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((value, at) => sameValue(value, b[at]));
  return a === b;
}

export interface Difference {
  /** `match.number`, `action.targets.0.user`. */
  path: string;
  before: unknown;
  after: unknown;
}

/** What is different, field by field; of what is only on one side: its fields. */
export function differences(before: unknown, after: unknown, path = ""): Difference[] {
  if (sameValue(before, after)) return [];
  const list = (value: unknown): Document | undefined =>
    Array.isArray(value) ? Object.fromEntries(value.entries()) : isDocument(value) ? value : undefined;
  const [one, other] = [list(before), list(after)];
  const isPlain = (value: unknown, as: Document | undefined) => value !== undefined && value !== null && !as;
  if ((!one && !other) || isPlain(before, one) || isPlain(after, other)) return [{ path, before, after }];
  const names = [...new Set([...Object.keys(one ?? {}), ...Object.keys(other ?? {})])];
  return names.flatMap((name) =>
    differences(one?.[name], other?.[name], path === "" ? name : `${path}.${name}`),
  );
}

/** The members that are looked at one by one when two people changed the same: those of `match`, and the others. */
const split = (document: Document): Map<string, unknown> =>
  new Map(
    Object.entries(document).flatMap(([name, value]): [string, unknown][] =>
      name === "match" && isDocument(value)
        ? Object.entries(value).map(([inner, one]) => [`match.${inner}`, one])
        : [[name, value]],
    ),
  );

/**
 * Theirs, with what I changed since `base`. `both`: what both changed, differently, where mine is taken.
 */
export function merged(
  base: Document,
  mine: Document,
  theirs: Document,
): { document: Document; both: string[] } {
  const [from, own, other] = [split(base), split(mine), split(theirs)];
  const result = new Map(other);
  const both: string[] = [];
  for (const name of new Set([...from.keys(), ...own.keys()])) {
    if (sameValue(from.get(name), own.get(name))) continue;
    if (!sameValue(from.get(name), other.get(name)) && !sameValue(own.get(name), other.get(name)))
      both.push(name);
    if (own.has(name)) result.set(name, own.get(name));
    else result.delete(name);
  }
  const match = Object.fromEntries(
    [...result].flatMap(([name, value]) => (name.startsWith("match.") ? [[name.slice(6), value]] : [])),
  );
  const rest = Object.fromEntries([...result].filter(([name]) => !name.startsWith("match.")));
  const hasMatch = Object.keys(match).length > 0 || "match" in theirs || "match" in mine;
  return { document: hasMatch ? { ...rest, match } : rest, both };
}

/** A value in a line. */
export const inLine = (value: unknown): string =>
  value === undefined || value === null ? "" : typeof value === "string" ? value : JSON.stringify(value);
