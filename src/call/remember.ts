import type { Decision } from "./contract.ts";

export type Remember = NonNullable<Decision["remember"]>;
export type Scope = Remember["scope"];

/** `site`: where the user dials from. `call`: it may be another one for the next call, although all is the same. */
type Matter = "user" | "site" | "source" | "caller" | "call";

/** What a decision was found to depend on, besides the number. */
export class Looked extends Set<Matter> {
  /** Unix time in milliseconds at which another decision may come out. */
  until = Number.POSITIVE_INFINITY;

  /** Time mattered: what was found holds until then. */
  holdsUntil(ms: number): void {
    if (ms < this.until) this.until = ms;
  }
}

/** The widest scope in which everybody would have got the same decision. Pure. */
export function scopeOf(looked: ReadonlySet<Matter>): Scope {
  if (looked.has("call")) return "never";
  // Each narrower scope includes the wider ones (contract.ts).
  for (const scope of ["caller", "source", "user"] as const) if (looked.has(scope)) return scope;
  return looked.has("site") ? "user" : "anyone";
}

const halfDayS = 43_200;

/**
 * For half a day to a whole one. The end moves only twice a day: the same decision for the next call is the same text,
 * and need not be written and sent to the other nodes again. Pure.
 * @param now Unix time in milliseconds
 * @param until when it may change by itself, because it depends on the time; Unix time in milliseconds
 */
export const rememberFor = (scope: Scope, now: number, until = Number.POSITIVE_INFINITY): Remember => ({
  scope,
  until: Math.min((Math.floor(now / 1000 / halfDayS) + 2) * halfDayS, Math.floor(until / 1000)),
});
