import type { Target } from "../call/contract.ts";
import type { CarrierFacts } from "../call/line.ts";
import { dialText, legText, uriText } from "./xml.ts";

/** What of its surroundings a dialplan needs. */
export interface Surroundings {
  /** In which context the call is; numbers are decided again there. */
  context: string;
  /** The SIP profile that the call came by: it goes out by it too. */
  profile: string;
  /** Of the users; they are in the directory by it. */
  domain: string;
  /** Where users are registered: with FreeSWITCH, or at this address of the cluster. */
  users: "freeswitch" | { address: string };
}

/** One target as FreeSWITCH dials it. */
export interface Leg {
  dial: string;
  /** For people and for the record: where it leads. */
  target: string;
  carrier: string;
}

/** Whole seconds: FreeSWITCH knows no less. */
const seconds = (ms: number): string => String(Math.max(1, Math.ceil(ms / 1000)));

/** FreeSWITCH takes the escapes of a path away again. */
const escaped = (uri: string): string => encodeURIComponent(uri.toWellFormed()).replaceAll("'", "%27");

const unusable = "error/INVALID_NUMBER_FORMAT";

/** Of a SIP URI: `sip:user@host:port;transport=tcp`, in parts. */
const userOf = (uri: string): string => /^sips?:([^@;?]*)@/.exec(uri)?.[1] ?? "";

/** Where a SIP URI leads: `host` or `host:port`. */
const placeOf = (uri: string): string => /^sips?:(?:[^@]*@)?([^;?]*)/.exec(uri)?.[1] ?? "";

/**
 * A carrier's login is known to FreeSWITCH as a gateway, one for each of its addresses (directory.ts). A gateway's name is letters, digits
 * and `_ . -`. Pure.
 */
export const gatewayName = (carrier: string, place: string): string =>
  `${carrier}_${place}`.replace(/[^A-Za-z0-9_.-]/g, "_");

function endpoint(target: Target, near: Surroundings, carriers: CarrierFacts): string {
  const { profile, domain, users, context } = near;
  if (target.type === "user") {
    const user = dialText(target.phone ?? target.user);
    if (user === undefined) return unusable;
    return users === "freeswitch"
      ? `user/${user}@${domain}`
      : `sofia/${profile}/sip:${user}@${users.address}`;
  }
  if (target.type === "number") {
    const number = dialText(target.number);
    return number === undefined ? unusable : `loopback/${number}/${context}/XML`;
  }
  const facts = target.carrier === undefined ? undefined : carriers(target.carrier);
  if (facts && facts.login !== "")
    return `sofia/gateway/${gatewayName(facts.name, placeOf(target.uri))}/${uriText(userOf(target.uri))}`;
  if (target.uri.startsWith("tel:")) {
    if (target.via === undefined) return unusable;
    const number = uriText(target.uri.slice(4).split(";", 1)[0] ?? "");
    return `sofia/${profile}/sip:${number}@${uriText(target.via).replace(/^sips?:([^@]*@)?/, "")}`;
  }
  const path = target.via === undefined ? "" : `;fs_path=${escaped(target.via)}`;
  return `sofia/${profile}/${uriText(target.uri)}${path}`;
}

const shownTarget = (target: Target): string =>
  target.type === "user" ? target.user : target.type === "number" ? target.number : target.uri;

/** Pure. */
export function legOf(target: Target, near: Surroundings, carriers: CarrierFacts): Leg {
  const facts = target.type === "uri" && target.carrier !== undefined ? carriers(target.carrier) : undefined;
  const values: Record<string, string> = {
    ...(target.timeout_ms !== undefined && { leg_timeout: seconds(target.timeout_ms) }),
    ...(facts && { leg_progress_timeout: seconds(facts.waitMs) }),
    ...(target.type === "user" && target.delay_ms && { leg_delay_start: seconds(target.delay_ms) }),
    ...(target.type === "uri" &&
      target.shows !== undefined && { origination_caller_id_number: target.shows }),
    ...(target.type === "number" && { loopback_export: "dialtone_pass,dialtone_on_behalf_of" }),
    ...(target.type === "number" &&
      target.on_behalf_of !== undefined && { dialtone_on_behalf_of: target.on_behalf_of }),
    ...Object.fromEntries(
      Object.entries(target.headers ?? {}).map(([name, value]) => [`sip_h_${name}`, value]),
    ),
  };
  const set = Object.entries(values)
    .map(([name, value]) => `${name}=${legText(value)}`)
    .join("!");
  return {
    dial: `${set === "" ? "" : `[^^!${set}]`}${endpoint(target, near, carriers)}`,
    target: uriText(shownTarget(target)),
    carrier: target.type === "uri" ? (target.carrier ?? "") : "",
  };
}
