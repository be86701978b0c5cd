import type { Transaction } from "kysely";
import { sealed, unsealed } from "../base/seal.ts";
import type { Database } from "../db/database.ts";
import type { IdentityProvidersTable, Tables } from "../db/tables.ts";
import { Problem } from "../http/problems.ts";
import { type NewProvider, newProviderSchema, type Provider } from "./provider-schema.ts";
import { changeAccess } from "./revision.ts";

/** Identity providers in the database. */

type Row = IdentityProvidersTable;

/** What a secret belongs to (base/seal.ts): it is good at this issuer alone. */
const secretOf = ({ name, issuer }: Pick<Provider, "name" | "issuer">): string =>
  `identity provider ${name} ${issuer}`;

const storedSchema = newProviderSchema.omit({ client_secret: true });

const shown = (row: Row): Provider => ({
  ...storedSchema.parse(JSON.parse(row.body)),
  has_secret: row.sealed !== null,
});

const missing = (name: string): Problem => new Problem("not-found", `there is no identity provider ${name}`);

type Check = (before: Row | undefined) => void;

const rowIn = (trx: Transaction<Tables>, name: string): Promise<Row | undefined> =>
  trx.selectFrom("identity_providers").selectAll().where("name", "=", name).executeTakeFirst();

export class Providers {
  private readonly database: Database;
  /** A secret of the cluster. */
  private readonly root: string;

  constructor(database: Database, root: string) {
    this.database = database;
    this.root = root;
  }

  async list(after = "", limit = 100): Promise<Provider[]> {
    const rows = await this.database.read((db) =>
      db
        .selectFrom("identity_providers")
        .selectAll()
        .where("name", ">", after)
        .orderBy("name")
        .limit(limit)
        .execute(),
    );
    return rows.map(shown);
  }

  /** As it is stored. @throws Problem `not-found` */
  async row(name: string): Promise<Row> {
    const row = await this.database.read((db) => rowIn(db as Transaction<Tables>, name));
    if (!row) throw missing(name);
    return row;
  }

  /** @throws Problem `not-found` */
  async get(name: string): Promise<Provider> {
    return shown(await this.row(name));
  }

  /** With its secret, and a name for this state of it. @throws Problem `not-found` */
  async open(name: string): Promise<{ provider: Provider; secret: string | undefined; state: string }> {
    const row = await this.row(name);
    const provider = shown(row);
    return {
      provider,
      secret: row.sealed === null ? undefined : unsealed(this.root, secretOf(provider), row.sealed),
      state: `${row.body} ${row.sealed}`,
    };
  }

  /**
   * Makes or replaces one. @param anew it must not be there yet
   * @throws Problem `exists`, `invalid-request`
   */
  async put({ client_secret, ...provider }: NewProvider, anew: boolean, check: Check): Promise<void> {
    const row = {
      name: provider.name,
      body: JSON.stringify(provider),
      sealed: client_secret ? sealed(this.root, secretOf(provider), client_secret) : null,
    };
    await changeAccess(this.database, async (trx) => {
      const before = await rowIn(trx, provider.name);
      // The answer to the first commit was lost.
      if (before && before.body === row.body && before.sealed === row.sealed) return;
      check(before);
      if (before && anew)
        throw new Problem("exists", `there is an identity provider ${provider.name} already`);
      const others = await trx
        .selectFrom("identity_providers")
        .selectAll()
        .where("name", "!=", provider.name)
        .execute();
      const same = others.map(shown).find(({ issuer }) => issuer === provider.issuer);
      if (same)
        throw new Problem("invalid-request", `${same.name} has this issuer already`, [
          { path: "/issuer", message: `is that of ${same.name}` },
        ]);
      const stays = client_secret === undefined && before !== undefined && before.sealed !== null;
      // Nobody makes the service tell the secret of one provider to another.
      if (stays && shown(before).issuer !== provider.issuer)
        throw new Problem("invalid-request", "another issuer has another secret", [
          { path: "/client_secret", message: "must be given again: the issuer is another" },
        ]);
      await trx
        .replaceInto("identity_providers")
        .values(stays ? { ...row, sealed: before.sealed } : row)
        .execute();
    });
  }

  /** Whom it is at this provider stays linked, and counts again when there is one of this issuer. @throws Problem `not-found` */
  async remove(name: string, check: Check): Promise<void> {
    let removed = false;
    await changeAccess(this.database, async (trx) => {
      const before = await rowIn(trx, name);
      // The answer to the first commit was lost.
      if (!before && removed) return;
      if (!before) throw missing(name);
      check(before);
      await trx.deleteFrom("identity_providers").where("name", "=", name).execute();
      removed = true;
    });
  }
}
