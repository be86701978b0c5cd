import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import { z } from "zod";
import type { Database } from "../db/database.ts";
import { errnoOf } from "../db/errors.ts";
import { olderThan } from "../db/older.ts";
import type { DialsTable } from "../db/tables.ts";
import { bytesToUuid, uuidToBytes } from "../db/uuid.ts";
import { nextPlace, placeIn } from "../http/paging.ts";
import { Problem } from "../http/problems.ts";
import type { Dialog } from "../sip/user-agent/dialog.ts";
import { type Dial, type DialInput, type DialState, dialBodySchema, openStates } from "./dial-schema.ts";

/** One that is carried out. */
export interface OpenDial extends Dial {
  cancelled: boolean;
  dialog: Dialog | undefined;
}

const dialogSchema: z.ZodType<Dialog> = z.object({
  callId: z.string(),
  localTag: z.string(),
  remoteTag: z.string(),
  local: z.string(),
  remote: z.string(),
  target: z.string(),
  routes: z.array(z.string()),
  localSeq: z.number(),
  remoteSeq: z.number().optional(),
}) as z.ZodType<Dialog>;

type Row = Pick<DialsTable, "id" | "body" | "state" | "dialog" | "created_at" | "changed_at"> & {
  cancelled: number;
  node: string;
  code: number;
  why: string;
};

const dialOf = (row: Row): OpenDial => ({
  ...dialBodySchema.parse(JSON.parse(row.body)),
  id: bytesToUuid(row.id),
  state: row.state as DialState, // written by this program only
  cancelled: row.cancelled === 1,
  dialog: row.dialog === null ? undefined : dialogSchema.parse(JSON.parse(row.dialog)),
  code: row.code,
  why: row.why,
  node: row.node,
  created_at: row.created_at.toISOString(),
  changed_at: row.changed_at.toISOString(),
});

const duplicate = 1062;

/** Dials in the database: what is not there did not happen, so that any node can go on. */
export class DialStore {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  /** @param key the caller's own: asked again with the same, it is the same dial. @throws Problem `exists` */
  async create(input: DialInput, user: string, key: string | undefined): Promise<OpenDial> {
    const id = randomUUID();
    const body = JSON.stringify({ ...input, user });
    const row = { body, state: "waiting", now: new Date() };
    try {
      await this.database.transact(async (trx) => {
        await sql`INSERT INTO dials (id, idempotency, revision, body, state, created_at, changed_at)
          SELECT ${uuidToBytes(id)}, ${key ?? null}, COALESCE(MAX(revision), 0) + 1, ${row.body}, ${row.state},
            ${row.now}, ${row.now} FROM dials`.execute(trx);
      });
    } catch (error) {
      if (errnoOf(error) !== duplicate || key === undefined) throw error;
      const [before] = await this.database.read((db) =>
        db.selectFrom("dials").selectAll().where("idempotency", "=", key).execute(),
      );
      if (!before) throw error;
      if (before.body !== body)
        throw new Problem("exists", "this Idempotency-Key was used for another dial before");
      return dialOf(before);
    }
    return await this.get(id);
  }

  /** @throws Problem `not-found` */
  async get(id: string): Promise<OpenDial> {
    const [row] = await this.database.read((db) =>
      db.selectFrom("dials").selectAll().where("id", "=", uuidToBytes(id)).execute(),
    );
    if (!row) throw new Problem("not-found", `there is no dial ${id}`);
    return dialOf(row);
  }

  /** Newest first. @throws Problem `invalid-request` */
  async list(after: string | undefined, limit: number): Promise<{ dials: OpenDial[]; next: string | null }> {
    const rows = await this.database.read((db) => {
      const all = db.selectFrom("dials").selectAll();
      const older = after === undefined ? all : all.where(olderThan("created_at", "id", placeIn(after)));
      return older.orderBy("created_at", "desc").orderBy("id", "desc").limit(limit).execute();
    });
    const next = nextPlace(rows, limit, ({ created_at: at, id }) => ({ at, id }));
    return { dials: rows.map(dialOf), next };
  }

  async open(): Promise<OpenDial[]> {
    const rows = await this.database.read((db) =>
      db.selectFrom("dials").selectAll().where("state", "in", openStates).execute(),
    );
    return rows.map(dialOf);
  }

  /** Somebody wants it to be cancelled. @returns false: it is over already */
  async cancel(id: string): Promise<boolean> {
    const changed = await this.database.transact((trx) =>
      trx
        .updateTable("dials")
        .set({
          cancelled: 1,
          revision: sql<number>`(SELECT head FROM (SELECT MAX(revision) + 1 AS head FROM dials) AS every)`,
        })
        .where("id", "=", uuidToBytes(id))
        .where("state", "in", openStates)
        .executeTakeFirst(),
    );
    return changed.numUpdatedRows > 0n;
  }

  /** From one state to the next, unless somebody else was quicker. @returns whether it is so now */
  async move(
    id: string,
    from: readonly DialState[],
    to: DialState,
    more: { node?: string; dialog?: Dialog; code?: number; why?: string } = {},
  ): Promise<boolean> {
    const { dialog, why, ...rest } = more;
    const changed = await this.database.transact((trx) =>
      trx
        .updateTable("dials")
        .set({
          state: to,
          changed_at: new Date(),
          ...rest,
          ...(dialog && { dialog: JSON.stringify(dialog) }),
          ...(why !== undefined && { why: why.slice(0, 256) }),
        })
        .where("id", "=", uuidToBytes(id))
        .where("state", "in", from)
        .executeTakeFirst(),
    );
    return changed.numUpdatedRows > 0n;
  }

  /** @param days those that are older are forgotten; the newest stays, whose revision goes on counting */
  async prune(days: number): Promise<void> {
    await this.database.transact((trx) =>
      sql`DELETE FROM dials WHERE created_at < ${new Date(Date.now() - days * 86_400_000)}
        AND revision < (SELECT head FROM (SELECT MAX(revision) AS head FROM dials) AS every)`.execute(trx),
    );
  }
}
