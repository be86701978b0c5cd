import { randomUUID } from "node:crypto";
import { sql, type Transaction } from "kysely";
import type { Database } from "../db/database.ts";
import type { ChangesTable, Db, Tables } from "../db/tables.ts";
import { uuidToBytes } from "../db/uuid.ts";
import type { Changed, Entity, Registry, SnapshotOf } from "./entity.ts";
import { emptySnapshot, withChanges } from "./snapshot.ts";

/** Entities in the database: every change under one growing version, and reading what changed since. */

export type Change = Pick<ChangesTable, "kind" | "entity" | "operation">;

/**
 * Makes one change of an entity: bumps the version, runs `work`, writes the change log, all in one
 * transaction. Changes of all nodes are serialised by the version's row (Galera refuses the second of two at once,
 * which is then run again), so versions grow in the order of the commits. When the answer to a commit was lost,
 * the repeated transaction finds its own change and does nothing.
 * @returns the version from which on the change is visible.
 */
export function change(
  database: Database,
  what: Change,
  work: (trx: Transaction<Tables>) => Promise<void>,
): Promise<number> {
  const changeId = uuidToBytes(randomUUID());
  return database.transact(async (trx) => {
    await trx
      .updateTable("rules_version")
      .set({ version: sql<number>`version + 1` })
      .where("id", "=", 1)
      .execute();
    const { version } = await trx
      .selectFrom("rules_version")
      .select("version")
      .where("id", "=", 1)
      .executeTakeFirstOrThrow();
    const done = await trx
      .selectFrom("changes")
      .select("version")
      .where("change_id", "=", changeId)
      .executeTakeFirst();
    if (done) return Number(done.version);
    await work(trx);
    await trx
      .insertInto("changes")
      .values({ version, change_id: changeId, ...what, at: new Date() })
      .execute();
    return Number(version);
  });
}

export async function currentVersion(db: Db | Transaction<Tables>): Promise<number> {
  const row = await db.selectFrom("rules_version").select("version").where("id", "=", 1).executeTakeFirst();
  return Number(row?.version ?? 0);
}

export interface Refreshed<R extends Registry> {
  snapshot: SnapshotOf<R>;
  /** Everything was read, not only what changed. */
  whole: boolean;
  /** Names of what this release can not read: it is left out. */
  skipped: string[];
}

/** More changes than this at once, and reading everything is cheaper. */
const maxDelta = 1000;

/**
 * The snapshot of the database's present version, as of one moment: `before` with what changed since, or read from
 * scratch. The same value as `before` when nothing changed.
 */
export function readSnapshot<R extends Registry>(
  registry: R,
  database: Database,
  before: SnapshotOf<R>,
): Promise<Refreshed<R>> {
  return database.transact(
    async (trx): Promise<Refreshed<R>> => {
      const known = before.version;
      const version = await currentVersion(trx);
      if (version === known) return { snapshot: before, whole: false, skipped: [] };
      const changes =
        known > 0 && version > known && version - known <= maxDelta
          ? await trx.selectFrom("changes").select(["kind", "entity"]).where("version", ">", known).execute()
          : [];
      // Gaps in the log, or a version that went back (another database): start over.
      if (changes.length !== version - known || known === 0) return readAll(registry, trx, version);
      const skipped: string[] = [];
      const changed: Record<string, Map<string, unknown>> = {};
      for (const [part, entity] of Object.entries(registry)) {
        const keys = changes.filter(({ kind }) => kind === entity.kind).map((entry) => entry.entity);
        // What is not found is removed.
        const values = new Map<string, unknown>(keys.map((key) => [key, undefined]));
        if (keys.length > 0)
          for (const row of await rowsOf(trx, entity, sql`IN (${sql.join([...values.keys()])})`, maxDelta))
            values.set(row.key, readRow(entity, row, skipped));
        changed[part] = values;
      }
      return {
        snapshot: withChanges(registry, before, version, changed as Changed<R>),
        whole: false,
        skipped,
      };
    },
    { deadlineMs: 1000 },
  );
}

/** Parsing so many rows takes about 2 ms. */
const pageRows = 250;

/** In portions: one big answer would hold up the calls while it is parsed. */
async function readAll<R extends Registry>(
  registry: R,
  trx: Transaction<Tables>,
  version: number,
): Promise<Refreshed<R>> {
  const skipped: string[] = [];
  let snapshot = emptySnapshot(registry);
  const nothing: Record<string, Map<string, unknown>> = Object.fromEntries(
    Object.keys(registry).map((part) => [part, new Map<string, unknown>()]),
  );
  for (const [part, entity] of Object.entries(registry))
    for (let last = "", more = true; more; ) {
      const rows = await rowsOf(trx, entity, sql`> ${last}`, pageRows);
      const values = new Map(rows.map((row) => [row.key, readRow(entity, row, skipped)]));
      const changed: Record<string, Map<string, unknown>> = { ...nothing, [part]: values };
      snapshot = withChanges(registry, snapshot, version, changed as Changed<R>);
      last = rows.at(-1)?.key ?? "";
      more = rows.length === pageRows;
    }
  return { snapshot: { ...snapshot, version }, whole: true, skipped };
}

interface KeyedRow {
  key: string;
  row: unknown;
}

/** Rows whose key fulfils the condition, in the order of the keys. */
async function rowsOf(
  trx: Transaction<Tables>,
  { table, key }: Entity,
  condition: ReturnType<typeof sql>,
  limit: number,
): Promise<KeyedRow[]> {
  const found = await sql<Record<string, unknown>>`
    SELECT * FROM ${sql.table(table)} WHERE ${sql.ref(key)} ${condition}
    ORDER BY ${sql.ref(key)} LIMIT ${sql.lit(limit)}`.execute(trx);
  return found.rows.map((row) => ({ key: String(row[key]), row }));
}

function readRow(entity: Entity, { key, row }: KeyedRow, skipped: string[]): unknown {
  try {
    return entity.read(row);
  } catch {
    // Written by a newer release: the others must still work. The caller logs the names.
    skipped.push(`${entity.kind} ${key}`);
    return undefined;
  }
}
