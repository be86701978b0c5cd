import { Map as SharedMap } from "immutable";
import type { EntityIndex } from "../entities/entity.ts";
import type { Range } from "./range-schema.ts";

/** Finds the range of a number: each range is a few prefixes of numbers of one length. */
export interface Blocks {
  /** `12:+4971112` → name of the range. */
  readonly prefixes: SharedMap<string, string>;
  /** Length of the numbers → lengths of prefixes that occur with it, and how often. */
  readonly lengths: ReadonlyMap<number, ReadonlyMap<number, number>>;
}

/** The fewest prefixes that cover the numbers from `first` to `last`, which have the same length. Pure. */
export function prefixesOf(first: string, last: string): string[] {
  let common = 0;
  while (common < first.length && first[common] === last[common]) common++;
  if (common === first.length) return [first];
  const from = first.slice(common + 1);
  const to = last.slice(common + 1);
  const head = first.slice(0, common);
  const wholeFrom = /^0*$/.test(from);
  const wholeTo = /^9*$/.test(to);
  const begin = Number(first[common]) + (wholeFrom ? 0 : 1);
  const end = Number(last[common]) - (wholeTo ? 0 : 1);
  const all = (digit: string) => `${head}${digit}`;
  if (begin === 0 && end === 9) return [head];
  const middle = Array.from({ length: Math.max(0, end - begin + 1) }, (_, at) => all(String(begin + at)));
  const nines = "9".repeat(from.length);
  const zeros = "0".repeat(to.length);
  const low = all(first[common] ?? "");
  const high = all(last[common] ?? "");
  return [
    ...(wholeFrom ? [] : prefixesOf(low + from, low + nines)),
    ...middle,
    ...(wholeTo ? [] : prefixesOf(high + zeros, high + to)),
  ];
}

const keyOf = (length: number, prefix: string): string => `${length}:${prefix}`;

function counted(lengths: Blocks["lengths"], length: number, prefix: number, by: number): Blocks["lengths"] {
  const inner = new Map(lengths.get(length));
  const count = (inner.get(prefix) ?? 0) + by;
  if (count > 0) inner.set(prefix, count);
  else inner.delete(prefix);
  return new Map(lengths).set(length, inner);
}

function changed({ prefixes, lengths }: Blocks, { first, last, name }: Range, by: 1 | -1): Blocks {
  const parts = prefixesOf(first, last);
  const { length } = first;
  let counts = lengths;
  for (const part of parts) counts = counted(counts, length, part.length, by);
  return {
    lengths: counts,
    prefixes: prefixes.withMutations((draft) => {
      for (const part of parts)
        if (by === 1) draft.set(keyOf(length, part), name);
        else draft.delete(keyOf(length, part));
    }),
  };
}

export const blocks: EntityIndex<Range, Blocks> = {
  empty: { prefixes: SharedMap(), lengths: new Map() },
  changed: (index, before, after) => {
    const cleared = before ? changed(index, before, -1) : index;
    return after ? changed(cleared, after, 1) : cleared;
  },
};

/** The name of the range that a number lies in. Pure. */
export function blockOf({ prefixes, lengths }: Blocks, number: string): string | undefined {
  const { length } = number;
  for (const prefix of lengths.get(length)?.keys() ?? []) {
    const name = prefixes.get(keyOf(length, number.slice(0, prefix)));
    if (name !== undefined) return name;
  }
  return undefined;
}
