import { type Selectable, sql, type Updateable } from "kysely";
import { z } from "zod";
import type { Database } from "../db/database.ts";
import type { RecordingsTable } from "../db/tables.ts";
import { fileSchema } from "./recording-schema.ts";

/** A recording as the worker sees it. */
export type Row = Selectable<RecordingsTable>;

export const filesOf = (row: Pick<Row, "files">) => z.array(fileSchema).parse(JSON.parse(row.files));
export const namesOf = (json: string): string[] => z.array(z.string()).parse(JSON.parse(json));

/** A claim is good for so long, then another node may take the work over. */
export const leaseSeconds = 60;

const nowSql = sql<Date>`NOW(3)`;
const inSeconds = (seconds: number) => sql<Date>`NOW(3) + INTERVAL ${seconds} SECOND`;
/** So many rows at a time; the rest comes with the next round. */
const portion = 20;

/** The queries of the one who works on recordings. Times are the database server's. */
export class RecordingStore {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  get db() {
    return this.database.db;
  }

  /** Recordings whose call is over. */
  async closedCalls(): Promise<Buffer[]> {
    const rows = await this.db
      .selectFrom("recordings")
      .innerJoin("records", "records.id", "recordings.id")
      .select("recordings.id")
      .where("recordings.status", "=", "recording")
      .where("records.closed_how", "is not", null)
      .limit(500)
      .execute();
    return rows.map((row) => row.id);
  }

  /** They become work. */
  async markPending(ids: readonly Buffer[]): Promise<void> {
    if (ids.length === 0) return;
    await this.database.transact((trx) =>
      trx
        .updateTable("recordings")
        .set({ status: "pending", next_try_at: inSeconds(1) })
        .where("status", "=", "recording")
        .where("id", "in", ids)
        .execute(),
    );
  }

  /** What can be worked on now: to be made, or to be made again because a node's captures were not to be had. */
  due(): Promise<Row[]> {
    return this.db
      .selectFrom("recordings")
      .selectAll()
      .where("next_try_at", "<=", nowSql)
      .where((where) =>
        where.or([
          where("status", "=", "pending"),
          where.and([where("status", "=", "ready"), where("awaited", "!=", "[]")]),
        ]),
      )
      .where((where) => where.or([where("lease_until", "is", null), where("lease_until", "<", nowSql)]))
      .orderBy("next_try_at")
      .limit(portion)
      .execute();
  }

  /** Takes one for this node. @returns its generation, or undefined when somebody else has it. */
  claim(row: Row, node: string): Promise<number | undefined> {
    return this.database.transact(async (trx) => {
      const result = await trx
        .updateTable("recordings")
        .set({
          generation: row.generation + 1,
          lease_owner: node,
          lease_until: inSeconds(leaseSeconds),
          attempts: row.attempts + 1,
        })
        .where("id", "=", row.id)
        .where("generation", "=", row.generation)
        .where((where) => where.or([where("lease_until", "is", null), where("lease_until", "<", nowSql)]))
        .executeTakeFirst();
      return result.numUpdatedRows === 1n ? row.generation + 1 : undefined;
    });
  }

  /** @returns false when the claim was lost. */
  async renew(id: Buffer, generation: number): Promise<boolean> {
    return this.change(id, generation, {}, { lease_until: inSeconds(leaseSeconds) });
  }

  /**
   * Writes as long as nobody has claimed it since (generation) or deleted it.
   * @returns false when the write was refused for that.
   */
  async change(
    id: Buffer,
    generation: number,
    values: Updateable<RecordingsTable>,
    times: { [Key in "lease_until" | "next_try_at"]?: ReturnType<typeof inSeconds> } = {},
  ): Promise<boolean> {
    return this.database.transact(async (trx) => {
      const row = await trx
        .selectFrom("recordings")
        .select("id")
        .where("id", "=", id)
        .where("generation", "=", generation)
        .where("status", "!=", "deleted")
        .forUpdate()
        .executeTakeFirst();
      if (!row) return false;
      await trx
        .updateTable("recordings")
        .set({ ...values, ...times })
        .where("id", "=", id)
        .execute();
      return true;
    });
  }

  /** Ends a claim. `delaySeconds`: when to look at it again. */
  release(
    id: Buffer,
    generation: number,
    values: Updateable<RecordingsTable>,
    delaySeconds: number,
  ): Promise<boolean> {
    return this.change(
      id,
      generation,
      { ...values, lease_owner: null, lease_until: null },
      { next_try_at: inSeconds(delaySeconds) },
    );
  }

  /** Finished ones that are not on all of these nodes yet, or whose captures are still there. */
  unsettled(nodes: readonly string[]): Promise<Row[]> {
    const everywhere = JSON.stringify([...nodes].sort());
    return this.db
      .selectFrom("recordings")
      .selectAll()
      .where("status", "=", "ready")
      .where((where) =>
        where.or([
          where("copies", "!=", everywhere),
          where.and([where("captures_removed", "=", 0), where("awaited", "=", "[]")]),
        ]),
      )
      .where((where) => where.or([where("lease_until", "is", null), where("lease_until", "<", nowSql)]))
      .orderBy("updated_at")
      .limit(portion)
      .execute();
  }

  /** Deleted ones of which some node may still have something. */
  toRemove(): Promise<Row[]> {
    return this.db
      .selectFrom("recordings")
      .selectAll()
      .where("status", "=", "deleted")
      .where("captures_removed", "=", 0)
      .limit(portion)
      .execute();
  }

  async removed(id: Buffer): Promise<void> {
    await this.database.transact((trx) =>
      trx
        .updateTable("recordings")
        .set({ captures_removed: 1, copies: "[]" })
        .where("id", "=", id)
        .where("status", "=", "deleted")
        .execute(),
    );
  }

  /** @returns false when it was deleted already, or is still going on. */
  async markDeleted(id: Buffer, by: string): Promise<boolean> {
    return this.database.transact(async (trx) => {
      const result = await trx
        .updateTable("recordings")
        .set({
          status: "deleted",
          alarm: 0,
          deleted_at: nowSql,
          deleted_by: by,
          // A worker that is at it loses its claim; its captures go too.
          generation: sql<number>`generation + 1`,
          lease_owner: null,
          lease_until: null,
          captures_removed: 0,
        })
        .where("id", "=", id)
        .where("status", "in", ["pending", "ready", "failed", "missing"])
        .executeTakeFirst();
      return result.numUpdatedRows === 1n;
    });
  }

  async expired(): Promise<Row[]> {
    return this.db
      .selectFrom("recordings")
      .selectAll()
      .where("delete_after", "<", nowSql)
      .where("status", "!=", "deleted")
      .limit(portion)
      .execute();
  }

  async alarms(): Promise<number> {
    const row = await this.db
      .selectFrom("recordings")
      .select(sql<number>`count(*)`.as("n"))
      .where("alarm", "=", 1)
      .executeTakeFirst();
    return Number(row?.n ?? 0);
  }

  record(id: Buffer) {
    return this.db.selectFrom("records").selectAll().where("id", "=", id).executeTakeFirst();
  }

  get(id: Buffer): Promise<Row | undefined> {
    return this.db.selectFrom("recordings").selectAll().where("id", "=", id).executeTakeFirst();
  }
}
