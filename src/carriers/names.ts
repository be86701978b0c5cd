import { isIP } from "node:net";
import { hostAndPort } from "../base/host-in.ts";
import { orderSrv, type Weighed } from "../sip/srv.ts";
import { drawnFor } from "./balance.ts";
import type { CarrierAddress } from "./carrier-schema.ts";

/** Where carriers given by name are: RFC 3263 section 4, for UDP and TCP. By IPv4; by IPv6 who has no other address. */

/** One machine of a name. */
export interface NamedPlace extends Weighed {
  address: string;
  port: number;
  transport: "udp" | "tcp";
}

/** What DNS says; nothing where it says that there is none. Each rejects when it can not say. */
export interface Lookups {
  naptr(
    name: string,
  ): Promise<{ service: string; flags: string; order: number; preference: number; replacement: string }[]>;
  srv(name: string): Promise<(Weighed & { name: string; port: number })[]>;
  /** IPv4 addresses. */
  a(name: string): Promise<string[]>;
  /** IPv6 addresses. */
  aaaa(name: string): Promise<string[]>;
}

type Transport = NamedPlace["transport"];

/** By NAPTR (RFC 3263 4.1); TLS is none of what we speak to carriers. */
const services = new Map<string, Transport>([
  ["SIP+D2U", "udp"],
  ["SIP+D2T", "tcp"],
]);

const usualPort = 5060;

/** More of one name are not tried. */
const mostPlaces = 8;

/** Is it a name, which DNS explains? */
export const isName = ({ host }: CarrierAddress): boolean => isIP(host) === 0;

/**
 * All places of a name, those of equal priority and weight always in the same order, whatever order DNS gives them in; empty: there are
 * none.
 * @throws Error when DNS can not be asked
 */
export async function placesOf(wanted: CarrierAddress, lookups: Lookups): Promise<NamedPlace[]> {
  const found = await find(wanted, lookups);
  return found
    .toSorted(
      (a, b) => a.priority - b.priority || (`${a.address}:${a.port}` < `${b.address}:${b.port}` ? -1 : 1),
    )
    .slice(0, mostPlaces);
}

async function find({ host, port, transport }: CarrierAddress, lookups: Lookups): Promise<NamedPlace[]> {
  const way = transport === "naptr" ? "udp" : transport;
  if (port !== undefined) return plain(host, port, way, lookups);
  if (transport !== "naptr") {
    const found = await bySrv(`_sip._${way}.${host}`, way, lookups);
    return found.length > 0 ? found : plain(host, usualPort, way, lookups);
  }
  const records = (await lookups.naptr(host))
    .filter(({ service }) => services.has(service.toUpperCase()))
    .sort((a, b) => a.order - b.order || a.preference - b.preference);
  for (const { service, flags, replacement } of records) {
    const by = services.get(service.toUpperCase()) ?? "udp";
    const found =
      flags.toLowerCase() === "s"
        ? await bySrv(replacement, by, lookups)
        : flags.toLowerCase() === "a"
          ? await plain(replacement, usualPort, by, lookups)
          : [];
    if (found.length > 0) return found;
  }
  // Without NAPTR each transport that we speak is looked for (RFC 3263 4.1).
  for (const by of ["udp", "tcp"] as const) {
    const found = await bySrv(`_sip._${by}.${host}`, by, lookups);
    if (found.length > 0) return found;
  }
  return plain(host, usualPort, "udp", lookups);
}

async function plain(
  host: string,
  port: number,
  transport: Transport,
  { a, aaaa }: Lookups,
): Promise<NamedPlace[]> {
  const four = await a(host);
  const found = four.length > 0 ? four : await aaaa(host);
  return found.map((address) => ({ address, port, transport, priority: 0, weight: 1 }));
}

async function bySrv(name: string, transport: Transport, lookups: Lookups): Promise<NamedPlace[]> {
  const records = await lookups.srv(name);
  const found = await Promise.all(
    records
      // The root as target: decidedly not here (RFC 2782).
      .filter(({ name: target }) => target !== "" && target !== ".")
      .map(async ({ name: target, port, priority, weight }) =>
        (await plain(target, port, transport, lookups)).map((place) => ({ ...place, priority, weight })),
      ),
  );
  return found.flat();
}

/** What is known of names, and of who is silent. */
export interface Reach {
  /** Undefined: not known (yet), then DNS is Kamailio's to ask. */
  placesOf(address: CarrierAddress): readonly NamedPlace[] | undefined;
  /** It does not answer OPTIONS. */
  isSilent(address: string, port: number): boolean;
}

/** Where a call is sent. */
export interface Way {
  /** The carrier's own word for it: what the request URI says. */
  address: CarrierAddress;
  /** Where that is, for a name. */
  place?: NamedPlace;
}

/** A carrier is tried at so many places. */
const mostWays = 4;

const placeOf = ({ address, place }: Way) =>
  place ?? { address: address.host, port: address.port ?? usualPort };

/**
 * One way for each of the addresses; a name has one for each of its places, by priority, and of equal ones as the key draws them by
 * weight: the same for the same key. Those that are silent come last. Pure.
 */
export function waysTo(addresses: readonly CarrierAddress[], key: string, reach: Reach | undefined): Way[] {
  if (!reach) return addresses.map((address) => ({ address }));
  let draws = 0;
  const draw = (): number => drawnFor(`${key} ${draws++}`);
  const all = addresses.flatMap((address): Way[] => {
    const places = isName(address) ? (reach.placesOf(address) ?? []) : [];
    if (places.length === 0) return [{ address }];
    return orderSrv(places, draw).map((place) => ({ address, place }));
  });
  const silent = new Map(
    all.map((way) => {
      const { address, port } = placeOf(way);
      return [way, Number(reach.isSilent(address, port))];
    }),
  );
  return all.toSorted((a, b) => (silent.get(a) ?? 0) - (silent.get(b) ?? 0)).slice(0, mostWays);
}

/** The next hop of a way, as a URI; undefined: the request URI says it. */
export const viaOf = ({ place }: Way): string | undefined =>
  place &&
  `sip:${hostAndPort(place.address, place.port)}${place.transport === "tcp" ? ";transport=tcp" : ""}`;
