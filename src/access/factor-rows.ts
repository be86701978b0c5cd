import type { Transaction } from "kysely";
import type { Database } from "../db/database.ts";
import type { Tables } from "../db/tables.ts";
import { Problem } from "../http/problems.ts";

/** What people have beside a password, as far as lists of people and their removal ask. */

export const lastFactor = (): Problem =>
  new Problem("not-now", "it is the last second factor, and this role needs one: set up another first");

/** Whoever is removed leaves nothing for the next of the same name. */
export async function forgetFactors(trx: Transaction<Tables>, person: string): Promise<void> {
  await trx.deleteFrom("recovery_codes").where("person", "=", person).execute();
  await trx.deleteFrom("passkeys").where("person", "=", person).execute();
  await trx.deleteFrom("second_factors").where("person", "=", person).execute();
}

/** Who of these has one. */
export async function withFactor(database: Database, names: readonly string[]): Promise<Set<string>> {
  if (names.length === 0) return new Set();
  const rows = await database.read((db) =>
    db
      .selectFrom("second_factors")
      .select("person")
      .where("person", "in", names)
      .where("sealed", "is not", null)
      .execute(),
  );
  const keys = await database.read((db) =>
    db.selectFrom("passkeys").select("person").distinct().where("person", "in", names).execute(),
  );
  return new Set([...rows, ...keys].map(({ person }) => person));
}
