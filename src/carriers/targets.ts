import { hostAndPort } from "../base/host-in.ts";
import type { Target } from "../call/contract.ts";
import { matchesPattern } from "../directory/patterns.ts";
import type { Carrier, CarrierAddress } from "./carrier-schema.ts";
import { type Reach, viaOf, waysTo } from "./names.ts";

type UriTarget = Extract<Target, { type: "uri" }>;

/** What a rule says of calls to a carrier. */
export interface CarrierTarget {
  carrier: string;
  timeout_ms?: number | undefined;
  headers?: Record<string, string> | undefined;
}

/** A caller's number as this carrier is shown it; undefined: as it is. Pure. */
export function shownTo({ caller_id }: Carrier, caller: string): string | undefined {
  if (!caller_id) return undefined;
  const { may_show, main, number } = caller_id;
  const shown = may_show && !matchesPattern(may_show, caller) ? (main ?? caller) : caller;
  const written = number.replace("{number}", shown).replace("{digits}", shown.replace(/^\+/, ""));
  return /^[A-Za-z0-9+*#_.~-]{1,64}$/.test(written) ? written : undefined;
}

/** @param number how it wants numbers @param digits what `{digits}` stands for, as it may stand in an address */
export const addressUri = (
  number: string,
  { host, port, transport }: CarrierAddress,
  digits: string,
): string =>
  `sip:${number.replace("{digits}", digits)}@${hostAndPort(host, port)}${transport === "tcp" ? ";transport=tcp" : ""}`;

/**
 * The targets that lead to a carrier: one for each of its addresses, or of the places that DNS has for a name. The number still has
 * its placeholder: `{number}` or `{rest}`, where `{digits}` is the number without its +.
 * @param digits what `{digits}` stands for, as it may stand in an address
 * @param shows the caller's number there; undefined: as the decision says
 * @param key draws among equal places: the same number goes to the same one
 */
export const carrierTargets = (
  carrier: Carrier,
  target: CarrierTarget,
  digits: string,
  shows: string | undefined,
  key = "",
  reach?: Reach,
): UriTarget[] =>
  waysTo(carrier.addresses, key, reach).map((way) => ({
    type: "uri",
    uri: addressUri(carrier.number, way.address, digits),
    ...(way.place && { via: viaOf(way) }),
    carrier: carrier.name,
    ...(shows !== undefined && { shows }),
    ...(target.timeout_ms !== undefined && { timeout_ms: target.timeout_ms }),
    headers: { ...carrier.headers, ...target.headers },
  }));
