import { Pace } from "../base/pace.ts";
import type { PriceBook } from "../carriers/price-book.ts";
import type { Snapshot } from "../routing/registry.ts";
import type { Scope } from "./scope.ts";
import { dialling } from "./validate-dialling.ts";
import { emergencies } from "./validate-emergency.ts";
import { loops } from "./validate-loops.ts";
import { names } from "./validate-names.ts";
import { sheets } from "./validate-prices.ts";
import { shadows } from "./validate-shadows.ts";
import type { Finding } from "./version-schema.ts";

/** What is wrong with all rules together. */

/** A check: pure, and lazy, so that whoever walks through it may pause. `undefined`: nothing yet. */
type Check = (
  snapshot: Snapshot,
  scope: Scope,
  now: number,
  book: PriceBook,
) => Generator<Finding | undefined>;

const checks: readonly Check[] = [names, dialling, shadows, loops, emergencies, sheets];

/** More are of no use to anybody. */
const maxFindings = 2000;

/**
 * All findings, errors first.
 * @param scope what is looked at: with edits alone, rules that others put in the shade are not
 * @param now Unix time in milliseconds
 * @param book prices as they are in force now
 */
export async function findings(
  snapshot: Snapshot,
  scope: Scope,
  now: number,
  book: PriceBook,
): Promise<Finding[]> {
  const found: Finding[] = [];
  const pace = new Pace();
  for (const check of checks)
    for (const finding of check(snapshot, scope, now, book)) {
      if (finding && found.length < maxFindings) found.push(finding);
      if (pace.isTime()) await pace.pause();
    }
  return found.sort((a, b) => (a.severity === b.severity ? 0 : a.severity === "error" ? -1 : 1));
}
