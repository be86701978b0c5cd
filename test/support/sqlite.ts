import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import { Kysely, SqliteDialect } from "kysely";
import type { Database } from "../../src/db/database.ts";
import type { Tables } from "../../src/db/tables.ts";
import type { Registry } from "../../src/entities/entity.ts";

/** SQL that MariaDB and SQLite share, without a server. */
export function databaseInMemory(registry: Registry): Database {
  const sqlite = new DatabaseSync(":memory:");
  for (const table of [
    "rules_version (id PRIMARY KEY, version)",
    "changes (version PRIMARY KEY, change_id, kind, entity, operation, at)",
    "versions (version PRIMARY KEY, first, how, who, why, at)",
    "change_rows (version PRIMARY KEY, row_before, row_after)",
    "users (name PRIMARY KEY, display, description, ha1_md5, ha1_sha256, enabled, may_show DEFAULT '[]', site, features, pin)",
    "drafts (name PRIMARY KEY, base, who, why, revision, created_at, changed_at)",
    "draft_rows (draft, kind, entity, base, row_after, PRIMARY KEY (draft, kind, entity))",
    "numbers (number PRIMARY KEY, user_name, description)",
    "access_revision (id PRIMARY KEY, revision)",
    "dials (revision)",
    "call_feed (position PRIMARY KEY, at, events)",
    // Entities of a name and a document.
    ...Object.values(registry)
      .map(({ table }) => table)
      .filter((table) => !["users", "numbers"].includes(table))
      .map((table) => `${table} (name PRIMARY KEY, body)`),
  ])
    sqlite.exec(`CREATE TABLE ${table}`);
  sqlite.exec("INSERT INTO rules_version VALUES (1, 1)");
  const bound = (values: readonly unknown[]) =>
    values.map((value) => (value instanceof Date ? value.toISOString() : (value as SQLInputValue)));
  const db = new Kysely<Tables>({
    dialect: new SqliteDialect({
      database: {
        close: () => sqlite.close(),
        prepare: (text) => {
          const statement = sqlite.prepare(text);
          return {
            reader: /^\s*select/i.test(text),
            all: (values) => statement.all(...bound(values)),
            run: (values) => statement.run(...bound(values)),
            iterate: (values) => statement.iterate(...bound(values)),
          };
        },
      },
    }),
  });
  return {
    db,
    transact: (work) => db.transaction().execute(work),
    read: (work) => work(db),
    state: () => [],
    [Symbol.asyncDispose]: () => db.destroy(),
  };
}
