import { randomUUID } from "node:crypto";
import { CompiledQuery, sql, type Transaction } from "kysely";
import type { Database } from "../db/database.ts";
import type { Tables } from "../db/tables.ts";
import { uuidToBytes } from "../db/uuid.ts";
import { nextVersions } from "./changes.ts";
import type { Entity, Registry } from "./entity.ts";
import { type Reason, type Row, remember, rowsNamed } from "./history.ts";

/** Many changes in one step: every app sees all of them at once, or none. */

/** What becomes of one entity: its row, or undefined: it is removed. */
export interface Edit {
  part: string;
  key: string;
  row: Row | undefined;
  /** What it was made from: whoever changed it since is not overwritten. */
  base: number;
}

/** An entity that was changed meanwhile. */
export interface Conflict {
  part: string;
  key: string;
  /** The version in which it was changed last. */
  version: number;
}

export type Committed =
  | { kind: "done"; first: number; version: number }
  | { kind: "conflicts"; conflicts: Conflict[] }
  /** Something else was changed since `expected`: what was checked then is to be checked again. */
  | { kind: "moved" };

/** Ends the transaction without a trace. */
class Refused extends Error {
  readonly result: Committed;
  constructor(result: Committed) {
    super("not committed");
    this.result = result;
  }
}

const portion = 250;

const inPortions = <T>(all: readonly T[], most = portion): T[][] =>
  Array.from({ length: Math.ceil(all.length / most) }, (_, at) => all.slice(at * most, (at + 1) * most));

function entityOf(registry: Registry, part: string): Entity {
  const entity = registry[part];
  if (!entity) throw new Error(`there is no part ${part}`);
  return entity;
}

/**
 * Writes all edits in one transaction, under as many versions in a row: what it was before is remembered, and nothing that was changed
 * after an edit's base is overwritten. When the answer to the commit was lost, the repeated transaction finds that it is done.
 * @param expected the version on top of which the edits were checked
 * @param also what belongs to the same transaction
 */
export async function commit(
  registry: Registry,
  database: Database,
  edits: readonly Edit[],
  reason: Reason,
  expected: number,
  also: (trx: Transaction<Tables>) => Promise<void> = () => Promise.resolve(),
): Promise<Committed> {
  const id = uuidToBytes(randomUUID());
  try {
    return await database.transact(
      async (trx) => {
        const first = await nextVersions(trx, edits.length);
        const version = first + edits.length - 1;
        const done = await trx
          .selectFrom("changes")
          .select("version")
          .where("change_id", "=", id)
          .executeTakeFirst();
        if (done) {
          const at = Number(done.version);
          throw new Refused({ kind: "done", first: at, version: at + edits.length - 1 });
        }
        const conflicts = await conflictsOf(registry, trx, edits);
        if (conflicts.length > 0) throw new Refused({ kind: "conflicts", conflicts });
        if (first - 1 !== expected) throw new Refused({ kind: "moved" });
        const changed = await written(registry, trx, edits);
        await log(registry, trx, edits, first, id);
        await remember(trx, first, version, reason, changed);
        await also(trx);
        return { kind: "done", first, version } as const;
      },
      { deadlineMs: 30_000 },
    );
  } catch (error) {
    if (error instanceof Refused) return error.result;
    throw error;
  }
}

/** What was changed after the base of its edit. */
export async function conflictsOf(
  registry: Registry,
  trx: Transaction<Tables>,
  edits: readonly Edit[],
): Promise<Conflict[]> {
  const conflicts: Conflict[] = [];
  const oldest = edits.reduce((least, { base }) => Math.min(least, base), Number.POSITIVE_INFINITY);
  for (const [part, those] of byPart(edits))
    for (const some of inPortions(those)) {
      const { kind } = entityOf(registry, part);
      const found = await trx
        .selectFrom("changes")
        .select(["entity", sql<number>`MAX(version)`.as("last")])
        .where("kind", "=", kind)
        .where(
          "entity",
          "in",
          some.map(({ key }) => key),
        )
        .where("version", ">", oldest)
        .groupBy("entity")
        .execute();
      const last = new Map(found.map((row) => [row.entity, Number(row.last)]));
      for (const { key, base } of some) {
        const version = last.get(key) ?? 0;
        if (version > base) conflicts.push({ part, key, version });
      }
    }
  return conflicts;
}

/** In the order in which they came. Pure. */
const byPart = <Named extends Pick<Edit, "part">>(all: readonly Named[]): Map<string, Named[]> =>
  Map.groupBy(all, ({ part }) => part);

/** Their rows as they lie in the tables, by part and key. */
export async function rowsOf(
  registry: Registry,
  trx: Transaction<Tables>,
  named: readonly Pick<Edit, "part" | "key">[],
): Promise<Map<string, Map<string, Row>>> {
  const rows = new Map<string, Map<string, Row>>();
  for (const [part, those] of byPart(named)) {
    const keys = those.map(({ key }) => key);
    rows.set(part, await rowsNamed(trx, entityOf(registry, part), keys));
  }
  return rows;
}

async function written(registry: Registry, trx: Transaction<Tables>, edits: readonly Edit[]) {
  const before = new Map<Edit, Row | undefined>();
  for (const [part, those] of byPart(edits)) {
    const entity = entityOf(registry, part);
    for (const some of inPortions(those)) {
      const rows = await rowsNamed(
        trx,
        entity,
        some.map(({ key }) => key),
      );
      for (const edit of some) before.set(edit, rows.get(edit.key));
      const gone = some.filter(({ row }) => row === undefined).map(({ key }) => key);
      if (gone.length > 0)
        await sql`DELETE FROM ${sql.table(entity.table)}
          WHERE ${sql.ref(entity.key)} IN (${sql.join(gone)})`.execute(trx);
      const kept = some.flatMap(({ row }) => (row ? [row] : []));
      for (const rows of ofBytes(kept)) await trx.executeQuery(replaced(entity.table, rows));
    }
  }
  return edits.map((edit) => ({ before: before.get(edit), after: edit.row }));
}

/** Statements of bounded length: rows with the same columns, together about 1 MB. */
function ofBytes(rows: readonly Row[]): Row[][] {
  const all: Row[][] = [];
  let columns = "";
  let bytes = Number.POSITIVE_INFINITY;
  for (const row of rows) {
    const has = Object.keys(row).join();
    const size = Object.values(row).reduce((sum: number, value) => sum + String(value).length, 0);
    if (bytes + size > 1_000_000 || has !== columns) {
      all.push([]);
      bytes = 0;
    }
    columns = has;
    bytes += size;
    all.at(-1)?.push(row);
  }
  return all;
}

function replaced(table: string, rows: readonly Row[]): CompiledQuery {
  const columns = Object.keys(rows[0] ?? {});
  const one = `(${columns.map(() => "?").join(",")})`;
  return CompiledQuery.raw(
    `REPLACE INTO \`${table}\` (${columns.map((name) => `\`${name}\``).join(",")}) VALUES ${rows.map(() => one).join(",")}`,
    rows.flatMap((row) => columns.map((column) => row[column])),
  );
}

async function log(
  registry: Registry,
  trx: Transaction<Tables>,
  edits: readonly Edit[],
  first: number,
  id: Buffer,
): Promise<void> {
  const at = new Date();
  const rows = edits.map(({ part, key, row }, index) => ({
    version: first + index,
    change_id: index === 0 ? id : uuidToBytes(randomUUID()),
    kind: entityOf(registry, part).kind,
    entity: key,
    operation: row ? ("put" as const) : ("delete" as const),
    at,
  }));
  for (const some of inPortions(rows)) await trx.insertInto("changes").values(some).execute();
}
