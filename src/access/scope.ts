import type { Scope } from "../http/principal.ts";

/** What is in the part of the service that somebody sees (docs/access.md). All pure. */

/** Is it this number, or one that begins as the pattern says? */
const isOf = (pattern: string, number: string): boolean =>
  pattern.endsWith("*") ? number.startsWith(pattern.slice(0, -1)) : number === pattern;

const both = (one: readonly string[], other: readonly string[]): string[] =>
  one.filter((name) => other.includes(name));

/** Of each two of which one includes the other, the one that is included. */
const narrowerPatterns = (one: readonly string[], other: readonly string[]): string[] => [
  ...new Set([
    ...one.filter((pattern) => other.some((wide) => isOf(wide, pattern))),
    ...other.filter((pattern) => one.some((wide) => isOf(wide, pattern))),
  ]),
];

/** What is in both; undefined: everything. Kind by kind, so that it is never more than both give. */
export function narrowest(one: Scope | undefined, other: Scope | undefined): Scope | undefined {
  if (!one || !other) return one ?? other;
  return {
    sites: both(one.sites, other.sites),
    groups: both(one.groups, other.groups),
    numbers: narrowerPatterns(one.numbers, other.numbers),
  };
}
