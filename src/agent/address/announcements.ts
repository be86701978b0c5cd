import { contactMs, knownNodes } from "../../report/news.ts";
import type { Observation } from "../../report/observation.ts";

/**
 * When a holder of the service address tells the neighbours so (a gratuitous ARP, RFC 5227). keepalived does at each
 * election; it can not know that another holder gave up where no adverts arrive.
 *
 * In the overlap of a planned handover the successor's word must be the last: the former holder is silent from the
 * start of it. docs/decisions/0013-announcements.md
 */

/** After news, ms: neighbours may miss one, and a rival may announce itself once more before it lets go. */
const burstMs = [0, 100, 300, 1000];
/** Where another node is not heard, a rival may have announced itself without our knowing. */
const aloneEveryMs = 1000;
/** A neighbour that missed everything else. */
const repeatEveryMs = 10_000;

/** What one host knows about the claims to the address. */
export interface Claims {
  /** Has the address, may keep it, and is not handing it over. */
  entitled: boolean;
  /** Another node is not heard directly. */
  alone: boolean;
  /** The other nodes' claims, as known directly or by way of a third host. */
  others: { name: string; holds: boolean; term: number }[];
}

export const claimsOf = (o: Observation, entitled: boolean): Claims => ({
  entitled,
  alone: o.nodeOrder.some((name) => name !== o.host && !((o.peers[name]?.ageMs ?? Infinity) <= contactMs)),
  others: knownNodes(o),
});

/** Since when what is planned. `due`: moments of the same clock, ms, ascending. */
export interface Plan {
  known: string;
  due: number[];
}

export const noPlan: Plan = { known: "", due: [] };

/**
 * Pure.
 * @param now monotonic, ms
 * @returns the next plan, and whether to announce now
 */
export function planAnnouncements(
  plan: Plan,
  claims: Claims,
  now: number,
): { plan: Plan; announce: boolean } {
  if (!claims.entitled) return { plan: noPlan, announce: false };
  // Any change counts: a rival that came, went, or (a higher term) was there meanwhile; contact lost or found.
  const known = JSON.stringify([
    claims.alone,
    ...claims.others
      .map(({ name, holds, term }) => [name, holds, term] as const)
      .sort(([one], [other]) => (one < other ? -1 : 1)),
  ]);
  const due = known === plan.known ? plan.due : burstMs.map((after) => now + after);
  const announce = due.some((at) => at <= now);
  const rest = due.filter((at) => at > now);
  if (rest.length === 0) rest.push(now + (claims.alone ? aloneEveryMs : repeatEveryMs));
  return { plan: { known, due: rest }, announce };
}
