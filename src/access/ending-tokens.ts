import type { Person } from "../http/principal.ts";
import type { EndingToken } from "../report/app-health.ts";
import type { KnownToken } from "./known-tokens.ts";

const dayMs = 86_400_000;
/** Time enough to bring a new one to whatever uses it. */
const beforeMs = 14 * dayMs;
/** What stopped working is still looked for then; and whoever does not need it any more is not told for ever. */
const afterMs = 7 * dayMs;
/** Of more than so many the list of tokens tells. */
const most = 20;

/**
 * Tokens that end within 14 days or ended within the last 7, the soonest first. One of somebody who is gone or disabled opens nothing
 * anyway. Pure. @param now Unix time, ms
 */
export const endingTokens = (
  tokens: Iterable<KnownToken>,
  personOf: (name: string) => Person | undefined,
  now: number,
): EndingToken[] =>
  [...tokens]
    .filter(
      ({ expiresAt, owner }) =>
        expiresAt - now < beforeMs && now - expiresAt < afterMs && (owner === null || personOf(owner)),
    )
    .sort((one, other) => one.expiresAt - other.expiresAt)
    .slice(0, most)
    .map(({ name, owner, expiresAt }) => ({ name, owner, expires_at: new Date(expiresAt).toISOString() }));
