import { hostAndPort } from "../base/host-in.ts";
import { sealName, unsealed } from "../base/seal.ts";
import type { CarrierFacts } from "../call/line.ts";
import { farmOf } from "./balance.ts";
import type { Carrier } from "./carrier-schema.ts";
import { loginOf } from "./carriers.ts";
import type { Farm } from "./farm-schema.ts";
import { type Reach, viaOf, waysTo } from "./names.ts";

interface Known {
  parts: {
    carriers: { get(name: string): Carrier | undefined };
    farms: { get(name: string): Farm | undefined };
  };
}

/** Letters, as call/line.ts explains them. */
const waysOf = ({ caller_id, early_media, ringing }: Carrier): string =>
  [
    caller_id?.headers.includes("p-asserted-identity") && "a",
    caller_id?.headers.includes("remote-party-id") && "r",
    caller_id?.trusted && "t",
    early_media === "ringing" && "e",
    ringing === "183" && "k",
    ringing === "never" && "n",
  ]
    .filter((letter) => letter)
    .join("");

/** What Kamailio has to know of carriers (call/line.ts). */
export const carrierFacts =
  ({ parts }: Known): CarrierFacts =>
  (name) => {
    const of = farmOf(name);
    const farm = of === undefined ? undefined : parts.farms.get(of);
    if (farm) return { name, login: "", waitMs: farm.wait_ms, nextOn: farm.next_on };
    const carrier = parts.carriers.get(name);
    return (
      carrier && {
        name,
        login: carrier.login ? sealName(carrier.login.user + carrier.login.sealed) : "",
        waitMs: carrier.wait_ms,
        nextOn: carrier.next_on,
        ways: waysOf(carrier),
        codecs: carrier.codecs,
      }
    );
  };

/** `USER PASSWORD REALM` for Kamailio; REALM may be empty. @throws Error when it was sealed with another secret */
export function carrierLogin({ parts }: Known, secret: string, name: string): string | undefined {
  const login = parts.carriers.get(name)?.login;
  if (!login) return undefined;
  return [login.user, unsealed(secret, loginOf(name, login.user), login.sealed), login.realm ?? ""].join(" ");
}

interface Listed {
  parts: { carriers: { values(): Iterable<Carrier> } };
}

/**
 * Where the holder of the service address registers: agent/calls/registering.ts. At the first place that is not silent.
 * @throws Error as carrierLogin
 */
export const registrations = ({ parts }: Listed, secret: string, reach?: Reach) =>
  [...parts.carriers.values()].flatMap((carrier) => {
    const { name, enabled, login, register } = carrier;
    const [way] = waysTo(carrier.addresses, name, reach);
    if (!enabled || !register || !login || !way) return [];
    const { host, port, transport } = way.address;
    const at = hostAndPort(host, port);
    const tcp = transport === "tcp" ? ";transport=tcp" : "";
    const known = viaOf(way);
    return [
      {
        name,
        contact: register.contact ?? name,
        user: login.user,
        password: unsealed(secret, loginOf(name, login.user), login.sealed),
        realm: login.realm ?? "",
        registrar: register.domain ?? at,
        via: known ?? (register.domain === undefined && tcp === "" ? "" : `sip:${at}${tcp}`),
        expires_s: register.expires_s,
      },
    ];
  });
