import type { PartName } from "../../report/parts.ts";

/** What a part weighs against everything else on its host, as a nice level: -20 (first) to 19. Pure. */

/** How a host stands to the calls that go on. */
export interface Standing {
  /** Another host is heard that has the service address: calls go on there. */
  othersCarry: boolean;
  /** This host has the service address, or takes calls at its own. */
  carries: boolean;
  /** It may have the address: at the next moment calls may be here. */
  mayHold: boolean;
  /** All has been well here since its agent started. */
  wasGreen: boolean;
  /** Its database gives another one a copy of itself, or what that has missed. */
  donates: boolean;
  /** Since its agent started, ms. */
  forMs: number;
}

/** Behind what carries calls, the app (-8) among it; before other programs, which must not keep a host from coming back. */
const behindCalls = -3;
/** Longer than a start takes on a machine that has time for it. */
const patienceMs = 5000;
/** What callers wait for in the first moment after a takeover; keepalived's VRRP is a real-time process. */
const needed: ReadonlySet<PartName> = new Set(["kamailio", "rtpengine", "redis", "keepalived"]);

/**
 * A host that comes back while another one carries the calls takes for its start what these leave: on a shared machine the
 * processor, on its own what a copy of the database costs. Until it is needed; and not for long, if it does not get enough.
 * So does a database that another one copies.
 * @param own the part's level otherwise
 */
export function weightOf(name: PartName, own: number, host: Standing): number {
  const { othersCarry, carries, mayHold, wasGreen, donates, forMs } = host;
  const comesBack = othersCarry && !carries && !wasGreen && forMs < patienceMs;
  const givesWay = (comesBack && !(mayHold && needed.has(name))) || (name === "mariadb" && donates);
  return givesWay ? Math.max(own, behindCalls) : own;
}
