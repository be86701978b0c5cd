import { randomUUID } from "node:crypto";
import { sql, type Transaction } from "kysely";
import type { Database } from "../db/database.ts";
import type { ChangesTable, Db, Tables } from "../db/tables.ts";
import { uuidToBytes } from "../db/uuid.ts";
import type { Changed as ChangedParts, Entity, Registry, SnapshotOf } from "./entity.ts";
import { type Changed, directEdit, type Reason, type Row, remember, rowsFrom, rowsNamed } from "./history.ts";
import { emptySnapshot, withChanges } from "./snapshot.ts";

/** Entities in the database: every change under one growing version, and reading what changed since. */

/** What is changed: one entity of a kind. */
export interface Change extends Pick<ChangesTable, "entity" | "operation"> {
  of: Pick<Entity, "kind" | "table" | "key">;
  /** Missing: nobody said. */
  reason?: Reason;
  /** 16 bytes, of a request that may come again after it was done; missing: it does not. */
  id?: Buffer | undefined;
  /** Told what is there before anything is changed. @throws Problem: it is not changed */
  check?(before: Row | undefined): void;
  /** Told what the change changed, each time that it is tried. */
  seen?(changed: Changed): void;
}

/**
 * Takes the next `count` versions, for as many changes, which others see at once when the transaction is committed. The row that it
 * locks puts the changes of all nodes in one order.
 * @returns the first of them
 */
export async function nextVersions(trx: Transaction<Tables>, count: number): Promise<number> {
  await trx
    .updateTable("rules_version")
    .set({ version: sql<number>`version + ${sql.lit(count)}` })
    .where("id", "=", 1)
    .execute();
  return (await currentVersion(trx)) - count + 1;
}

/** Ends the transaction without a trace: it was done before, in this version. */
class DoneBefore extends Error {
  readonly version: number;
  constructor(version: number) {
    super("done before");
    this.version = version;
  }
}

/**
 * Makes one change of an entity: bumps the version, runs `work`, writes the change log and what was before, all in one
 * transaction. Changes of all nodes are serialised by the version's row (Galera refuses the second of two at once,
 * which is then run again), so versions grow in the order of the commits. When the answer to a commit was lost,
 * the repeated transaction finds its own change and does nothing; so does a request that comes again (`id`).
 * @returns the version from which on the change is visible.
 */
export async function change(
  database: Database,
  { of, entity, operation, reason = directEdit, id, check, seen }: Change,
  work: (trx: Transaction<Tables>) => Promise<void>,
): Promise<number> {
  const changeId = id ?? uuidToBytes(randomUUID());
  try {
    return await database.transact(async (trx) => {
      const version = await nextVersions(trx, 1);
      const done = await trx
        .selectFrom("changes")
        .select("version")
        .where("change_id", "=", changeId)
        .executeTakeFirst();
      if (done) throw new DoneBefore(Number(done.version));
      const before = (await rowsNamed(trx, of, [entity])).get(entity);
      check?.(before);
      await work(trx);
      const after = (await rowsNamed(trx, of, [entity])).get(entity);
      const { kind } = of;
      await trx
        .insertInto("changes")
        .values({ version, change_id: changeId, kind, entity, operation, at: new Date() })
        .execute();
      await remember(trx, version, version, reason, [{ before, after }]);
      seen?.({ before, after });
      return version;
    });
  } catch (error) {
    if (error instanceof DoneBefore) return error.version;
    throw error;
  }
}

export async function currentVersion(db: Db | Transaction<Tables>): Promise<number> {
  const row = await db.selectFrom("rules_version").select("version").where("id", "=", 1).executeTakeFirst();
  return Number(row?.version ?? 0);
}

/** How far what an app follows has come. */
export interface Heads {
  /** Of what decides calls. */
  version: number;
  /** The newest position of the feed of calls (records/feed.ts). */
  feed: number;
  /** The newest order to dial (dials/). */
  dials: number;
  /** The newest change of people and sessions (access/). */
  access: number;
}

/** One question for all. */
export async function heads(db: Db): Promise<Heads> {
  const row = await db
    .selectFrom("rules_version")
    .select((of) => [
      "version",
      of
        .selectFrom("call_feed")
        .select((all) => all.fn.max("position").as("head"))
        .as("feed"),
      of
        .selectFrom("dials")
        .select((all) => all.fn.max("revision").as("head"))
        .as("dials"),
      of.selectFrom("access_revision").select("revision").where("access_revision.id", "=", 1).as("access"),
    ])
    .where("id", "=", 1)
    .executeTakeFirst();
  return {
    version: Number(row?.version ?? 0),
    feed: Number(row?.feed ?? 0),
    dials: Number(row?.dials ?? 0),
    access: Number(row?.access ?? 0),
  };
}

export interface Refreshed<R extends Registry> {
  snapshot: SnapshotOf<R>;
  /** Everything was read, not only what changed. */
  whole: boolean;
  /** Names of what this release can not read: it is left out. */
  skipped: string[];
}

/** More changes than this at once, and reading everything is cheaper. */
const maxDelta = 20_000;

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
      let snapshot = before;
      for (const [part, entity] of Object.entries(registry)) {
        const keys = changes.filter(({ kind }) => kind === entity.kind).map((entry) => entry.entity);
        const unique = [...new Set(keys)];
        for (let at = 0; at < unique.length; at += pageRows) {
          const portion = unique.slice(at, at + pageRows);
          // What is not found is removed.
          const values = new Map<string, unknown>(portion.map((key) => [key, undefined]));
          for (const [key, row] of await rowsNamed(trx, entity, portion))
            values.set(key, readRow(entity, key, row, skipped));
          snapshot = withChanges(registry, snapshot, version, {
            [part]: values,
          } as ChangedParts<Registry> as ChangedParts<R>);
        }
      }
      return { snapshot: { ...snapshot, version }, whole: false, skipped };
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
  for (const [part, entity] of Object.entries(registry))
    for (let last = "", more = true; more; ) {
      const rows = await rowsFrom(trx, entity, last, pageRows);
      const keyed = rows.map((row) => [String(row[entity.key]), row] as const);
      const values = new Map(keyed.map(([key, row]) => [key, readRow(entity, key, row, skipped)]));
      snapshot = withChanges(registry, snapshot, version, {
        [part]: values,
      } as ChangedParts<Registry> as ChangedParts<R>);
      last = keyed.at(-1)?.[0] ?? "";
      more = rows.length === pageRows;
    }
  return { snapshot: { ...snapshot, version }, whole: true, skipped };
}

function readRow(entity: Entity, key: string, row: Row, skipped: string[]): unknown {
  try {
    return entity.read(row);
  } catch {
    // Written by a newer release: the others must still work. The caller logs the names.
    skipped.push(`${entity.kind} ${key}`);
    return undefined;
  }
}
