import { createHash, randomBytes } from "node:crypto";
import { z } from "zod";
import type { Database } from "../db/database.ts";
import type { TokensTable } from "../db/tables.ts";
import { Problem } from "../http/problems.ts";
import { roleSchema } from "./access-schema.ts";
import { scopeOf } from "./people.ts";
import { changeAccess } from "./revision.ts";
import { type NewToken, type TokenShown, tokenPrefix } from "./token-schema.ts";

/** Tokens of programs in the database. */

/** One that ended so long ago is forgotten; what it did stays in the record of changes. */
const forgottenMs = 90 * 86_400_000;

const form = /^dt_[A-Za-z0-9_-]{43}$/;

/** What is stored of a token; undefined: it is none of ours. Pure. */
export const tokenId = (token: string | undefined): Buffer | undefined =>
  token !== undefined && form.test(token) ? createHash("sha256").update(token, "utf8").digest() : undefined;

export const areasOf = (stored: string | null): string[] | null =>
  stored === null ? null : z.array(z.string()).parse(JSON.parse(stored));

const shown = (row: TokensTable): TokenShown => ({
  name: row.name,
  owner: row.owner,
  role: roleSchema.parse(row.role),
  scope: scopeOf(row.scope),
  areas: areasOf(row.areas),
  created_at: row.created_at.toISOString(),
  expires_at: row.expires_at.toISOString(),
  used_at: row.seen_at?.toISOString() ?? null,
  used_from: row.seen_from,
});

const missing = (name: string): Problem => new Problem("not-found", `there is no token ${name}`);

const stored = <T>(value: T | null): string | null => (value === null ? null : JSON.stringify(value));

export class Tokens {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  /** Those that were not ended; of one owner, if one is named. */
  async list(after: string, limit: number, owner?: string): Promise<TokenShown[]> {
    const rows = await this.database.read((db) => {
      const all = db.selectFrom("tokens").selectAll().where("ended_at", "is", null).where("name", ">", after);
      const some = owner === undefined ? all : all.where("owner", "=", owner);
      return some.orderBy("name").limit(limit).execute();
    });
    return rows.map(shown);
  }

  /** @throws Problem `not-found` */
  async get(name: string): Promise<TokenShown> {
    const row = await this.database.read((db) =>
      db
        .selectFrom("tokens")
        .selectAll()
        .where("name", "=", name)
        .where("ended_at", "is", null)
        .executeTakeFirst(),
    );
    if (!row) throw missing(name);
    return shown(row);
  }

  /** @returns the token, which nobody can show again. @throws Problem `exists` */
  async add({ name, role, scope, areas, expires_at }: NewToken, owner: string | null): Promise<string> {
    const token = tokenPrefix + randomBytes(32).toString("base64url");
    const id = createHash("sha256").update(token, "utf8").digest();
    await changeAccess(this.database, async (trx, revision) => {
      const before = await trx.selectFrom("tokens").selectAll().where("name", "=", name).executeTakeFirst();
      // The answer to the first commit was lost.
      if (before?.id.equals(id)) return;
      if (before && before.ended_at === null) throw new Problem("exists", `there is a token ${name} already`);
      const row: TokensTable = {
        name,
        id,
        owner,
        role,
        scope: stored(scope),
        areas: stored(areas),
        created_at: new Date(),
        expires_at: new Date(expires_at),
        seen_at: null,
        seen_from: "",
        ended_at: null,
        revision,
      };
      await trx.replaceInto("tokens").values(row).execute();
    });
    return token;
  }

  /** From now on it opens nothing. */
  async end(name: string): Promise<void> {
    await changeAccess(this.database, async (trx, revision) => {
      await trx
        .updateTable("tokens")
        .set({ ended_at: new Date(), revision })
        .where("name", "=", name)
        .where("ended_at", "is", null)
        .execute();
    });
  }

  /** It was used: the other nodes need not hear of it. */
  async touch(id: Buffer, now: Date, source: string): Promise<void> {
    await this.database.transact((trx) =>
      trx
        .updateTable("tokens")
        .set({ seen_at: now, seen_from: source.slice(0, 64) })
        .where("id", "=", id)
        .execute(),
    );
  }

  /** Forgets those that were over long ago. */
  async prune(now: Date): Promise<void> {
    await this.database.transact((trx) =>
      trx
        .deleteFrom("tokens")
        .where("expires_at", "<", new Date(now.getTime() - forgottenMs))
        .execute(),
    );
  }
}
