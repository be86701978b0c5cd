import { z } from "zod";
import type { RpcValue } from "../../components/kamailio/binrpc.ts";

/** Registrations at carriers as Kamailio's uac module keeps them, and what it is to be told of them. */

/** What the app says (app/rpc.ts, method `registrations`). */
export const wantedSchema = z.array(
  z.object({
    /** Of the carrier. */
    name: z.string(),
    /** The user part of the Contact: calls from there are for it. */
    contact: z.string(),
    user: z.string(),
    password: z.string(),
    /** Empty: any that the registrar names. */
    realm: z.string(),
    /** HOST or HOST:PORT of the registrar's URI. */
    registrar: z.string(),
    /** A URI by way of which it is asked; empty: none. */
    via: z.string(),
    expires_s: z.int(),
  }),
);
export type Wanted = z.infer<typeof wantedSchema>[number];

/** Parameters of `uac.reg_add`, in its order. */
export type Parameters = readonly (string | number)[];

/** HOST:PORT of the service address, by family; undefined: it has none of IPv6. */
export interface OwnAddresses {
  four: string;
  six?: string | undefined;
}

/** With the Contact, and from the address, of the family in which the registrar is asked (names are looked up as IPv4). Pure. */
export function parametersOf(one: Wanted, own: OwnAddresses): Parameters {
  const isSix = /^(sip:)?\[/.test(one.via === "" ? one.registrar : one.via);
  const address = isSix ? (own.six ?? own.four) : own.four;
  return [
    ...[one.contact, one.name, address, one.user, one.registrar, one.realm, one.user, one.password, "."],
    ...[one.via, one.expires_s, 0, 0, `udp:${address}`, address],
  ];
}

/** One that Kamailio knows. */
export interface AtCarrier {
  carrier: string;
  contact: string;
  parameters: Parameters;
  registered: boolean;
  /** Until it ends, seconds. */
  left_s: number;
}

type Struct = { [name: string]: RpcValue };
const isStruct = (value: RpcValue | undefined): value is Struct =>
  typeof value === "object" && !Array.isArray(value);

const fields = [
  ...["l_uuid", "l_username", "l_domain", "r_username", "r_domain", "realm", "auth_username"],
  ...["auth_password", "auth_ha1", "auth_proxy"],
] as const;

/** UAC_REG_ONLINE of uac 5.6. */
const online = 4;

/** Kamailio's answer to `uac.reg_dump`. Pure. */
export function registrationsIn(dump: RpcValue[]): AtCarrier[] {
  const found = (value: RpcValue | undefined): Struct[] => {
    if (Array.isArray(value)) return value.flatMap(found);
    if (!isStruct(value)) return [];
    return "l_uuid" in value ? [value] : Object.values(value).flatMap(found);
  };
  return dump.flatMap(found).map((one) => {
    const text = (name: string, none = "") => (one[name] === "none" ? none : String(one[name] ?? ""));
    return {
      carrier: text("l_username"),
      contact: text("l_uuid"),
      parameters: [
        ...fields.map((name) => text(name, name === "auth_ha1" ? "." : "")),
        ...[Number(one.expires), 0, Number(one.reg_delay), text("socket"), text("contact_addr")],
      ],
      registered: (Number(one.flags) & online) !== 0,
      // Negative numbers travel as 32 bits without a sign.
      left_s: Number(one.diff_expires ?? 0) | 0,
    };
  });
}

/** A registration is renewed when less than this share of its time is left: time for some failures. */
const renewBelow = 0.5;
const expiresAt = 10;

/** What Kamailio is to be told. Pure. */
export function attempts(
  wanted: readonly Wanted[],
  known: readonly AtCarrier[],
  own: OwnAddresses,
): [string, ...(string | number)[]][] {
  const wants = wanted.map((one) => parametersOf(one, own));
  const kept = known.filter((one) =>
    wants.some((want) => JSON.stringify(want) === JSON.stringify(one.parameters)),
  );
  return [
    ...known
      .filter((one) => !kept.includes(one))
      .map(({ contact }): [string, string] => ["uac.reg_remove", contact]),
    ...wants
      .filter((want) => !kept.some(({ contact }) => contact === want[0]))
      .map((want): [string, ...(string | number)[]] => ["uac.reg_add", ...want]),
    ...kept
      .filter(
        ({ registered, left_s, parameters }) =>
          registered && left_s < Number(parameters[expiresAt]) * renewBelow,
      )
      .map(({ contact }): [string, ...string[]] => ["uac.reg_enable", "l_uuid", contact]),
  ];
}
