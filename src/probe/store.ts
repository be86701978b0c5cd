import { sql } from "kysely";
import type { Database } from "../db/database.ts";
import type { ProbeEvent } from "../journal/sip-journal.ts";

/** The end of the functional test's way: one row for each node, in a table of its own, which does not grow. */
export class ProbeStore {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  /** @throws when the database can not be used. */
  async store({ node, call_id }: ProbeEvent): Promise<void> {
    await this.database.transact((trx) =>
      trx
        .insertInto("probes")
        .values({ node, call_id })
        .onDuplicateKeyUpdate({ call_id: sql`VALUES(call_id)` })
        .execute(),
    );
  }

  /** Call-ID of a node's newest test; undefined: none yet. @throws when the database can not be used. */
  async newest(node: string): Promise<string | undefined> {
    const row = await this.database.read((db) =>
      db.selectFrom("probes").select("call_id").where("node", "=", node).executeTakeFirst(),
    );
    return row?.call_id;
  }
}
