import { sql, type Transaction } from "kysely";
import type { Database } from "../db/database.ts";
import type { Tables } from "../db/tables.ts";

/**
 * Runs one change of people or sessions, all of which have one order: the row that is locked puts those of all nodes in a row.
 * `work` may run again, also when it was committed and the answer lost. @param work gets the revision that its rows have
 */
export const changeAccess = <T>(
  database: Database,
  work: (trx: Transaction<Tables>, revision: number) => Promise<T>,
): Promise<T> =>
  database.transact(async (trx) => {
    await trx
      .updateTable("access_revision")
      .set({ revision: sql<number>`revision + 1` })
      .where("id", "=", 1)
      .execute();
    const row = await trx
      .selectFrom("access_revision")
      .select("revision")
      .where("id", "=", 1)
      .executeTakeFirstOrThrow();
    return await work(trx, Number(row.revision));
  });
