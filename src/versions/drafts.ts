import { sql, type Transaction } from "kysely";
import type { Database } from "../db/database.ts";
import type { DraftsTable, Tables } from "../db/tables.ts";
import { currentVersion } from "../entities/changes.ts";
import { type Edit, rowsOf } from "../entities/commit.ts";
import type { Registry, Setting } from "../entities/entity.ts";
import { packedRow, type Reason, type Row, unpackedRow } from "../entities/history.ts";
import { Problem } from "../http/problems.ts";
import { compiled, type Fault, type Given } from "./documents.ts";
import type { Draft } from "./version-schema.ts";

/** Changes that nobody decides by yet: rows beside the tables, each with the version that it was made to. */

const shown = (row: DraftsTable, changes: number): Draft => ({
  name: row.name,
  base: Number(row.base),
  who: row.who,
  why: row.why,
  created_at: row.created_at.toISOString(),
  changed_at: row.changed_at.toISOString(),
  changes,
  revision: Number(row.revision),
});

const missing = (name: string) => new Problem("not-found", `there is no draft ${name}`);

/** What can not be taken, with the places. */
export const refused = (faults: readonly Fault[]): Problem =>
  new Problem(
    "invalid-change",
    `${faults.length === 1 ? "there is a fault" : `there are ${faults.length} faults`}; nothing was changed`,
    faults.slice(0, 500),
  );

export class Drafts {
  private readonly registry: Registry;
  private readonly database: Database;
  private readonly setting: Setting;
  private readonly parts: ReadonlyMap<string, string>;

  constructor(registry: Registry, database: Database, setting: Setting) {
    this.registry = registry;
    this.database = database;
    this.setting = setting;
    this.parts = new Map(Object.entries(registry).map(([part, { kind }]) => [kind, part]));
  }

  list(): Promise<Draft[]> {
    return this.database.read(async (db) => {
      const rows = await db.selectFrom("drafts").selectAll().orderBy("name").execute();
      const counts = await db
        .selectFrom("draft_rows")
        .select(["draft", sql<number>`COUNT(*)`.as("count")])
        .groupBy("draft")
        .execute();
      const of = new Map(counts.map(({ draft, count }) => [draft, Number(count)]));
      return rows.map((row) => shown(row, of.get(row.name) ?? 0));
    });
  }

  /** @throws Problem `not-found` */
  get(name: string): Promise<Draft> {
    return this.database.read(async (db) => {
      const row = await db.selectFrom("drafts").selectAll().where("name", "=", name).executeTakeFirst();
      if (!row) throw missing(name);
      const counted = await db
        .selectFrom("draft_rows")
        .select(sql<number>`COUNT(*)`.as("count"))
        .where("draft", "=", name)
        .executeTakeFirstOrThrow();
      return shown(row, Number(counted.count));
    });
  }

  /** @throws Problem `exists` */
  async create(name: string, { who, why }: Pick<Reason, "who" | "why">): Promise<Draft> {
    await this.database.transact(async (trx) => {
      const found = await trx.selectFrom("drafts").select("name").where("name", "=", name).executeTakeFirst();
      if (found) throw new Problem("exists", `there is a draft ${name} already`);
      const at = new Date();
      const base = await currentVersion(trx);
      await trx
        .insertInto("drafts")
        .values({ name, base, who, why, revision: 0, created_at: at, changed_at: at })
        .execute();
    });
    return this.get(name);
  }

  /** @throws Problem `not-found` */
  async discard(name: string): Promise<void> {
    await this.database.transact(async (trx) => {
      const [gone] = await trx.deleteFrom("drafts").where("name", "=", name).execute();
      if (Number(gone?.numDeletedRows ?? 0) === 0) throw missing(name);
      await trx.deleteFrom("draft_rows").where("draft", "=", name).execute();
    });
  }

  /** In the transaction that publishes it. @throws Problem when it was changed since `revision` */
  async used(trx: Transaction<Tables>, name: string, revision: number): Promise<void> {
    const draft = await trx
      .selectFrom("drafts")
      .select("revision")
      .where("name", "=", name)
      .forUpdate()
      .executeTakeFirst();
    if (Number(draft?.revision) !== revision)
      throw new Problem("not-now", `draft ${name} was changed while it was published: look at it again`);
    await trx.deleteFrom("drafts").where("name", "=", name).execute();
    await trx.deleteFrom("draft_rows").where("draft", "=", name).execute();
  }

  /**
   * Puts changes into a draft, all or none.
   * @param base the version that was looked at; missing: the draft's, for what is changed again: now
   * @param revision the draft as it was looked at; missing: however it is now
   * @returns how many it has then @throws Problem with the places
   */
  async set(
    name: string,
    given: readonly Given[],
    base: number | undefined,
    revision?: number,
  ): Promise<Draft> {
    const { present, version } = await this.before(name, given);
    const { rows, faults } = await compiled(
      this.registry,
      given,
      (part, key) => present.get(part)?.get(key),
      this.setting,
    );
    if (faults.length > 0) throw refused(faults);
    const packed = await Promise.all(rows.map(({ row }) => packedRow(row)));
    await this.database.transact(async (trx) => {
      const draft = await trx
        .selectFrom("drafts")
        .selectAll()
        .where("name", "=", name)
        .forUpdate()
        .executeTakeFirst();
      if (!draft) throw missing(name);
      if (revision !== undefined && Number(draft.revision) !== revision)
        throw new Problem("conflict", `somebody changed draft ${name} meanwhile; nothing was changed`);
      const there = await trx
        .selectFrom("draft_rows")
        .select(["kind", "entity"])
        .where("draft", "=", name)
        .where("kind", "in", [...new Set(rows.map(({ part }) => this.kindOf(part)))])
        .where("entity", "in", [...new Set(rows.map(({ key }) => key))])
        .execute();
      const again = new Set(there.map(({ kind, entity }) => `${kind} ${entity}`));
      for (const [index, { part, key }] of rows.entries()) {
        const kind = this.kindOf(part);
        const from = base ?? (again.has(`${kind} ${key}`) ? version : Number(draft.base));
        await sql`REPLACE INTO draft_rows (draft, kind, entity, base, row_after)
          VALUES (${name}, ${kind}, ${key}, ${from}, ${packed[index]})`.execute(trx);
      }
      await trx
        .updateTable("drafts")
        .set({ revision: sql<number>`revision + 1`, changed_at: new Date() })
        .where("name", "=", name)
        .execute();
    });
    return this.get(name);
  }

  /** What is there of what is to be changed: in the draft, else in the tables. */
  private async before(
    name: string,
    given: readonly Given[],
  ): Promise<{ present: Map<string, Map<string, Row>>; version: number }> {
    const known = given.filter(({ part }) => this.registry[part] !== undefined);
    return this.database.transact(async (trx) => {
      const ofDraft = trx.selectFrom("draft_rows").where("draft", "=", name);
      const draft = await trx.selectFrom("drafts").select("name").where("name", "=", name).executeTakeFirst();
      if (!draft) throw missing(name);
      for (const { kind } of await ofDraft.select("kind").distinct().execute()) this.partOf(name, kind);
      const present = await rowsOf(this.registry, trx, known);
      for (const [part, rows] of present) {
        const inDraft = await ofDraft
          .select(["entity", "row_after"])
          .where("kind", "=", this.kindOf(part))
          .where("entity", "in", [...new Set(known.flatMap((one) => (one.part === part ? [one.key] : [])))])
          .execute();
        for (const { entity, row_after } of inDraft) {
          const row = await unpackedRow(row_after);
          if (row) rows.set(entity, row);
        }
      }
      return { present, version: await currentVersion(trx) };
    });
  }

  private kindOf(part: string): string {
    return this.registry[part]?.kind ?? part;
  }

  /** @throws Problem */
  private partOf(draft: string, kind: string): string {
    const part = this.parts.get(kind);
    if (part !== undefined) return part;
    throw new Problem("not-now", `draft ${draft} has a ${kind}, which this release does not know`);
  }

  /** All changes of a draft, in the order of kinds and names. @throws Problem `not-found` */
  async edits(name: string): Promise<{ draft: DraftsTable; edits: Edit[] }> {
    return this.database.transact(async (trx) => {
      const draft = await trx.selectFrom("drafts").selectAll().where("name", "=", name).executeTakeFirst();
      if (!draft) throw missing(name);
      const edits: Edit[] = [];
      for (let kind = "", after = "", more = true; more; ) {
        const rows = await trx
          .selectFrom("draft_rows")
          .selectAll()
          .where("draft", "=", name)
          .where(({ eb, or, and }) =>
            or([eb("kind", ">", kind), and([eb("kind", "=", kind), eb("entity", ">", after)])]),
          )
          .orderBy("kind")
          .orderBy("entity")
          .limit(250)
          .execute();
        for (const { kind: one, entity: key, base, row_after } of rows) {
          const row = await unpackedRow(row_after);
          edits.push({ part: this.partOf(name, one), key, base: Number(base), row });
        }
        kind = rows.at(-1)?.kind ?? "";
        after = rows.at(-1)?.entity ?? "";
        more = rows.length === 250;
      }
      return { draft, edits };
    });
  }
}
