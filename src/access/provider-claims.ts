import { type Role, roles } from "../http/access.ts";
import type { Provider } from "./provider-schema.ts";

/** What a provider's claims say of somebody. Pure, all of it. */

export type Claims = Readonly<Record<string, unknown>>;

type Rules = Pick<Provider, "name_claim" | "roles_claim" | "roles" | "second_factor" | "acr_values">;

/** Somebody, by the claims of one login. */
export interface Claimed {
  /** As the provider calls it; undefined: `noName` says why. */
  name: string | undefined;
  noName: string;
  display: string;
  /** What the provider says that it may; undefined: this is not the provider's to say; null: nothing. */
  role: Role | null | undefined;
  /** Its login there counts as a second factor. */
  strong: boolean;
  /** When it logged in there; undefined: the provider does not say. */
  authAt: Date | undefined;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;

/** A claim by its name, or by the way to it: `realm_access.roles`. A name with dots that is there comes first (Auth0's are URLs). */
export function claimAt(claims: Claims, path: string): unknown {
  if (Object.hasOwn(claims, path)) return claims[path];
  return path
    .split(".")
    .reduce<unknown>(
      (inner, key) => (isObject(inner) && Object.hasOwn(inner, key) ? inner[key] : undefined),
      claims,
    );
}

const text = (value: unknown): string => (typeof value === "string" ? value.trim() : "");

function nameIn(claims: Claims, claim: string): { name?: string; noName: string } {
  const name = text(claimAt(claims, claim)).toLowerCase();
  if (name === "" || name.length > 255) return { noName: `the provider says no ${claim} of it` };
  // Anybody may write an address of somebody else into an account (OpenID Connect Core 5.7).
  if (claim === "email" && claims.email_verified !== true)
    return { noName: `the provider has not verified the address ${name} (email_verified)` };
  return { name, noName: "" };
}

function roleIn(claims: Claims, { roles_claim, roles: mapped }: Rules): Role | null | undefined {
  if (roles_claim === null) return undefined;
  const values = [claimAt(claims, roles_claim)].flat();
  const found = mapped.filter(({ value }) => values.includes(value)).map(({ role }) => roles.indexOf(role));
  return roles[Math.max(-1, ...found)] ?? null;
}

function isStrong({ amr, acr }: Claims, { second_factor, acr_values }: Rules): boolean {
  if (second_factor !== "claims") return second_factor === "always";
  // RFC 8176: more than one factor was used.
  return (Array.isArray(amr) && amr.includes("mfa")) || acr_values.includes(text(acr));
}

/** @param now an `auth_time` that lies ahead is taken for now */
export function claimedBy(claims: Claims, rules: Rules, now: Date): Claimed {
  const { name, noName } = nameIn(claims, rules.name_claim);
  const authTime = claims.auth_time;
  return {
    name,
    noName,
    display: text(claims.name)
      .replace(/[\r\n]+/g, " ")
      .slice(0, 128),
    role: roleIn(claims, rules),
    strong: isStrong(claims, rules),
    authAt:
      typeof authTime === "number" && authTime > 0
        ? new Date(Math.min(authTime * 1000, now.getTime()))
        : undefined,
  };
}
