import { sql } from "kysely";
import type { Database } from "../db/database.ts";
import { bytesToUuid } from "../db/uuid.ts";
import { Problem } from "../http/problems.ts";
import type { Deliveries } from "../webhooks/webhook-schema.ts";

/** How far webhooks have been told, in the database: whoever takes the service address over goes on from there. */

export interface Standing {
  webhook: string;
  position: number;
  /** When the next delivery that failed is due; undefined: none waits. */
  nextAt: Date | undefined;
  failingSince: Date | undefined;
}

export interface Retry {
  event: Buffer;
  at: Date;
  attempts: number;
}

const keptGivenUpMs = 7 * 24 * 3_600_000;

export class Positions {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  async all(): Promise<Standing[]> {
    const rows = await this.database.read((db) =>
      db
        .selectFrom("webhook_positions")
        .select((row) => [
          "webhook",
          "position",
          "failing_since",
          row
            .selectFrom("webhook_retries")
            .select((all) => all.fn.min("next_at").as("next"))
            .whereRef("webhook_retries.webhook", "=", "webhook_positions.webhook")
            .as("next_at"),
        ])
        .execute(),
    );
    return rows.map(({ webhook, position, next_at, failing_since }) => ({
      webhook,
      position: Number(position),
      nextAt: next_at ?? undefined,
      failingSince: failing_since ?? undefined,
    }));
  }

  /** New webhooks begin with what happens from now on; of those that are gone nothing is kept. */
  async settle(): Promise<void> {
    await this.database.transact(async (trx) => {
      await sql`INSERT IGNORE INTO webhook_positions (webhook, position)
        SELECT name, (SELECT COALESCE(MAX(position), 0) FROM call_feed) FROM webhooks`.execute(trx);
      await sql`DELETE FROM webhook_positions WHERE webhook NOT IN (SELECT name FROM webhooks)`.execute(trx);
      await sql`DELETE FROM webhook_retries WHERE webhook NOT IN (SELECT name FROM webhooks)
        OR (next_at IS NULL AND at < ${new Date(Date.now() - keptGivenUpMs)})`.execute(trx);
    });
  }

  /** Moves on, unless somebody else has. @param givenUp so many were too old to be told @returns whether it did */
  async advance(
    webhook: string,
    { from, to, delivered, givenUp = 0 }: { from: number; to: number; delivered: number; givenUp?: number },
  ): Promise<boolean> {
    const changed = await this.database.transact((trx) =>
      trx
        .updateTable("webhook_positions")
        .set({
          position: to,
          delivered: sql<number>`delivered + ${delivered}`,
          given_up: sql<number>`given_up + ${givenUp}`,
          ...(delivered > 0 && { delivered_at: new Date(), failing_since: null, failure: "" }),
        })
        .where("webhook", "=", webhook)
        .where("position", "=", from)
        .executeTakeFirst(),
    );
    return changed.numUpdatedRows > 0n;
  }

  /** It did not take this event: again at `nextAt`; undefined: no more. */
  async failed(
    webhook: string,
    { event, at, attempts }: Retry,
    failure: string,
    nextAt: Date | undefined,
  ): Promise<void> {
    const text = failure.slice(0, 512);
    const row = { webhook, event, at, attempts, next_at: nextAt ?? null, failure: text };
    await this.database.transact(async (trx) => {
      await trx.replaceInto("webhook_retries").values(row).execute();
      await trx
        .updateTable("webhook_positions")
        .set({
          failing_since: sql<Date>`COALESCE(failing_since, ${new Date()})`,
          failure: text,
          ...(!nextAt && { given_up: sql<number>`given_up + 1` }),
        })
        .where("webhook", "=", webhook)
        .execute();
    });
  }

  /** It took this one at last. */
  async taken(webhook: string, event: Buffer): Promise<void> {
    await this.database.transact(async (trx) => {
      await trx
        .deleteFrom("webhook_retries")
        .where("webhook", "=", webhook)
        .where("event", "=", event)
        .execute();
      await trx
        .updateTable("webhook_positions")
        .set({
          delivered: sql<number>`delivered + 1`,
          delivered_at: new Date(),
          failing_since: null,
          failure: "",
        })
        .where("webhook", "=", webhook)
        .execute();
    });
  }

  /** Deliveries to be tried again by now, the oldest first. */
  due(webhook: string, now: Date, limit: number): Promise<Retry[]> {
    return this.database.read((db) =>
      db
        .selectFrom("webhook_retries")
        .select(["event", "at", "attempts"])
        .where("webhook", "=", webhook)
        .where("next_at", "<=", now)
        .orderBy("at")
        .limit(limit)
        .execute(),
    );
  }

  /** All that wait are tried at once: it is well again. */
  async hurry(webhook: string): Promise<void> {
    await this.database.transact((trx) =>
      trx
        .updateTable("webhook_retries")
        .set({ next_at: new Date() })
        .where("webhook", "=", webhook)
        .where("next_at", "is not", null)
        .execute(),
    );
  }

  /** @throws Problem `not-found` */
  async deliveries(webhook: string, head: number): Promise<Deliveries> {
    const [row] = await this.database.read((db) =>
      db.selectFrom("webhook_positions").selectAll().where("webhook", "=", webhook).execute(),
    );
    if (!row) throw new Problem("not-found", `nothing is known of a webhook ${webhook} yet`);
    const retries = await this.database.read((db) =>
      db
        .selectFrom("webhook_retries")
        .selectAll()
        .where("webhook", "=", webhook)
        .orderBy("at", "desc")
        .limit(100)
        .execute(),
    );
    return {
      webhook,
      behind: Math.max(0, head - Number(row.position)),
      delivered: Number(row.delivered),
      delivered_at: row.delivered_at?.toISOString() ?? null,
      failing_since: row.failing_since?.toISOString() ?? null,
      failure: row.failure,
      given_up: Number(row.given_up),
      waiting: retries.map(({ event, at, attempts, next_at, failure }) => ({
        id: bytesToUuid(event),
        at: at.toISOString(),
        attempts,
        next_at: next_at?.toISOString() ?? null,
        failure,
      })),
    };
  }
}
