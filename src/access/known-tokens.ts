import type { Db } from "../db/tables.ts";
import { roles } from "../http/access.ts";
import type { Person, Principal, Scope } from "../http/principal.ts";
import { narrowest } from "../http/scope.ts";
import { roleSchema } from "./access-schema.ts";
import { scopeOf } from "./people.ts";
import { areasOf } from "./tokens.ts";

/** Tokens of programs in the memory of an app, as logins are (memory.ts). */

export interface KnownToken {
  /** SHA-256 of the token. */
  id: Buffer;
  name: string;
  /** Null: no person's, it was made on a host. */
  owner: string | null;
  role: Person["role"];
  scope: Scope | null;
  areas: readonly string[] | null;
  expiresAt: number;
  seenAt: number;
}

/** What changed in the database. */
export interface TokenChanges {
  good: readonly KnownToken[];
  ended: readonly string[];
}

export async function changedTokens(db: Db, since: number): Promise<TokenChanges> {
  const rows = await db.selectFrom("tokens").selectAll().where("revision", ">", since).execute();
  return {
    good: rows
      .filter(({ ended_at }) => ended_at === null)
      .map(({ id, name, owner, role, scope, areas, expires_at, seen_at }) => ({
        id,
        name,
        owner,
        role: roleSchema.parse(role),
        scope: scopeOf(scope),
        areas: areasOf(areas),
        expiresAt: expires_at.getTime(),
        seenAt: seen_at?.getTime() ?? 0,
      })),
    ended: rows.filter(({ ended_at }) => ended_at !== null).map(({ name }) => name),
  };
}

export class KnownTokens {
  private readonly byId = new Map<string, KnownToken>();
  private readonly idOf = new Map<string, string>();

  find(id: Buffer): KnownToken | undefined {
    return this.byId.get(id.toString("base64url"));
  }

  all(): Iterable<KnownToken> {
    return this.byId.values();
  }

  learn({ good, ended }: TokenChanges): void {
    for (const name of ended) this.forget(name);
    for (const token of good) {
      // One of the same name was ended, and this one made, since the database was read last.
      this.forget(token.name);
      const key = token.id.toString("base64url");
      this.byId.set(key, token);
      this.idOf.set(token.name, key);
    }
  }

  private forget(name: string): void {
    const key = this.idOf.get(name);
    if (key !== undefined) this.byId.delete(key);
    this.idOf.delete(name);
  }

  clear(): void {
    this.byId.clear();
    this.idOf.clear();
  }
}

const lower = (one: Person["role"], other: Person["role"]): Person["role"] =>
  roles.indexOf(one) < roles.indexOf(other) ? one : other;

/**
 * Who a token is. It is worth no more than its owner is now: somebody who lost a role, or may see less, has no token that may more.
 * Undefined: nobody any more, as its owner is gone or disabled. Pure.
 */
export function principalOfToken(
  { name, owner, role, scope, areas }: KnownToken,
  personOf: (name: string) => Person | undefined,
): Extract<Principal, { kind: "token" }> | undefined {
  const maker = owner === null ? undefined : personOf(owner);
  if (owner !== null && !maker) return undefined;
  const narrowed = narrowest(scope ?? undefined, maker?.scope);
  return {
    kind: "token",
    person: {
      name: `token:${name}`,
      display: name,
      role: maker ? lower(role, maker.role) : role,
      ...(narrowed && { scope: narrowed }),
      ...(maker?.user !== undefined && { user: maker.user }),
    },
    ...(areas && { areas }),
  };
}
