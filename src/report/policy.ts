import type { Cluster } from "../cluster/schema.ts";
import type { PartName, PartReport } from "./parts.ts";

/**
 * What the takeover policy of cluster.yaml means: which part runs when, and what may be asked of a standby. Pure.
 * docs/decisions/0016-policies-and-fencing.md
 */

export type Policy = Cluster["policy"];

/** Stopped on a cold standby. The database goes on: records must not be lost. keepalived and the agent do the watching. */
export const restingParts: readonly PartName[] = ["redis", "rtpengine", "app", "kamailio"];

/** A standby that knows nothing of the holder's calls: every move costs them, so a part is restarted in place first. */
export const isPassive = (policy: Policy | undefined): boolean =>
  policy === "cold-passive" || policy === "warm-passive";

/** A holder whose SIP server is down keeps the address so long, because the other node would need as long to start. */
const inPlaceMs = 3000;
/** Starting everything at a takeover may take so long; then the other node may try. */
const bootMs = 20_000;

/** How one host stands to its duty. Times in ms of the monotonic clock. */
export interface Duty {
  policy: Policy;
  holds: boolean;
  stopping: boolean;
  /** The holder is handing the address over to this host. */
  expected: boolean;
  /** All parts of this release and configuration have answered since this agent started, and their checks still pass. */
  proven: boolean;
  /** The app has nothing left to ship. */
  shipped: boolean;
  /** How long this host has held the address; 0 when it does not. */
  heldMs: number;
  /** How long the SIP server has not answered; 0 when it does. */
  sipDownMs: number;
}

/** Why a part should not run now; undefined: it should. */
export function restReason(part: PartName, duty: Duty): string | undefined {
  if (duty.policy !== "cold-passive" || !restingParts.includes(part)) return undefined;
  if (duty.holds || duty.expected || !duty.proven) return undefined;
  if (part === "app" && !duty.shipped) return undefined;
  return "stopped on purpose (policy cold-passive): it is started at the takeover";
}

/** Why this host must not have the service address on account of its SIP server; undefined: no objection. */
export function sipObjection(sip: PartReport | undefined, duty: Duty | undefined): string | undefined {
  if (sip?.ok) return undefined;
  const bad = `SIP server: ${sip?.detail ?? "not started"}`;
  if (!duty || !isPassive(duty.policy)) return bad;
  if (!duty.holds) return duty.policy === "cold-passive" && duty.proven ? undefined : bad;
  return duty.heldMs <= bootMs || duty.sipDownMs <= inPlaceMs ? undefined : bad;
}

/** In order: it works, or it is meant to stand still. */
export const inOrder = (part: PartReport | undefined): boolean =>
  part !== undefined && (part.ok || part.phase === "resting");
