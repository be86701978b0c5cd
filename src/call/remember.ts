import type { Decision } from "./contract.ts";

export type Remember = NonNullable<Decision["remember"]>;
export type Scope = Remember["scope"];

/** What a decision was found to depend on, besides the number. */
export type Looked = Set<"user" | "source" | "caller">;

/** The widest scope in which everybody would have got the same decision. Pure. */
export function scopeOf(looked: Looked): Scope {
  // Each narrower scope includes the wider ones (contract.ts).
  for (const scope of ["caller", "source", "user"] as const) if (looked.has(scope)) return scope;
  return "anyone";
}

const halfDayS = 43_200;

/**
 * For half a day to a whole one. The end moves only twice a day: the same decision for the next call is the same text,
 * and need not be written and sent to the other nodes again. Pure.
 * @param now Unix time in milliseconds
 */
export const rememberFor = (scope: Scope, now: number): Remember => ({
  scope,
  until: (Math.floor(now / 1000 / halfDayS) + 2) * halfDayS,
});
