import { sql, type Transaction } from "kysely";
import type { CallEvent } from "../call/contract.ts";
import { newsTypeOf } from "../call/news.ts";
import type { Db, Tables } from "../db/tables.ts";
import { uuidToBytes } from "../db/uuid.ts";

/**
 * The ledger's events in the order in which they came to the database, for those who follow calls. A position is taken in the
 * transaction that stores the events: two transactions of different nodes that take the same one collide, and the second takes
 * the next. So whoever has read up to a position has missed nothing before it.
 */

/** Whoever was away for longer has missed something, and is told so. */
export const feedHours = 26;

/** Adds events that were stored in this transaction. An event may come twice, after a restart of the shipper. */
export async function appendToFeed(trx: Transaction<Tables>, events: readonly CallEvent[]): Promise<void> {
  const told = events.filter((event) => newsTypeOf(event) !== undefined).map(({ id }) => id);
  if (told.length === 0) return;
  await sql`INSERT INTO call_feed (position, at, events)
    SELECT COALESCE(MAX(position), 0) + 1, ${new Date()}, ${JSON.stringify(told)} FROM call_feed`.execute(
    trx,
  );
}

/** Some of it: what was told at each position, and the records of those calls as they are now. */
export interface FeedPage {
  entries: { position: number; at: Date; events: CallEvent[] }[];
  /** True: rows after `after` are not there any more. */
  gap: boolean;
}

/** What came after a position, in order. */
export async function readFeed(db: Db, after: number, limit: number): Promise<FeedPage> {
  const rows = await db
    .selectFrom("call_feed")
    .selectAll()
    .where("position", ">", after)
    .orderBy("position")
    .limit(limit)
    .execute();
  const wanted = rows.map((row) => ({ ...row, ids: JSON.parse(row.events) as string[] })); // appendToFeed wrote it
  const ids = wanted.flatMap(({ ids }) => ids.map(uuidToBytes));
  const bodies =
    ids.length === 0
      ? []
      : await db.selectFrom("events").select(["id", "body"]).where("id", "in", ids).execute();
  const found = new Map(
    bodies.map(({ id, body }) => [id.toString("hex"), JSON.parse(body) as CallEvent]), // checked when it was stored
  );
  const entries = wanted.map(({ position, at, ids }) => ({
    position: Number(position),
    at,
    events: ids.flatMap((id) => found.get(uuidToBytes(id).toString("hex")) ?? []),
  }));
  const [first] = entries;
  return { entries, gap: first !== undefined && first.position > after + 1 };
}

/** The newest position; 0: none. */
export async function feedHead(db: Db): Promise<number> {
  const row = await db
    .selectFrom("call_feed")
    .select((all) => all.fn.max("position").as("head"))
    .executeTakeFirst();
  return Number(row?.head ?? 0);
}

/** Forgets what is too old, but the newest: its position goes on counting. */
export async function pruneFeed(db: Db): Promise<void> {
  const head = await feedHead(db);
  await db
    .deleteFrom("call_feed")
    .where("at", "<", new Date(Date.now() - feedHours * 3_600_000))
    .where("position", "<", head)
    .limit(10_000)
    .execute();
}
