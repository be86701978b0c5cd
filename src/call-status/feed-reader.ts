import { LRUCache } from "lru-cache";
import type { CallEvent } from "../call/contract.ts";
import type { News } from "../call/news-schema.ts";
import type { Database } from "../db/database.ts";
import { callRefOf } from "../records/build-record.ts";
import type { CallRecord } from "../records/call-record.ts";
import { readFeed } from "../records/feed.ts";
import { shownRecords } from "../records/shown.ts";
import { newsOf } from "./status.ts";

/** News of calls from one position on. */
export interface NewsPage {
  entries: { position: number; at: Date; news: News[] }[];
  /** Some before the first of them are not kept any more. */
  gap: boolean;
}

/** Rows of the feed at once: each is a transaction of the ledger. */
const pageRows = 20;

/** Reads the feed of calls from the database. Those who are at the same place share one read. */
export class FeedReader {
  private readonly database: Database;
  private readonly pages = new LRUCache<number, Promise<NewsPage>>({ max: 50, ttl: 5000 });

  constructor(database: Database) {
    this.database = database;
  }

  /** @throws when the database can not be used */
  async after(position: number): Promise<NewsPage> {
    const reading = this.pages.get(position) ?? this.read(position);
    this.pages.set(position, reading, { noUpdateTTL: true });
    try {
      const page = await reading;
      // The last one may still grow.
      if (page.entries.length < pageRows) this.pages.delete(position);
      return page;
    } catch (error) {
      this.pages.delete(position);
      throw error;
    }
  }

  /** One event by its id; undefined: it is not there, or is none that is told. */
  async one(id: Buffer): Promise<News | undefined> {
    const [row] = await this.database.read((db) =>
      db.selectFrom("events").select("body").where("id", "=", id).execute(),
    );
    if (!row) return undefined;
    const event = JSON.parse(row.body) as CallEvent; // checked when it was stored
    return newsOf(event, (await this.recordsOf([event])).get(event.call_id) ?? []);
  }

  private async recordsOf(events: readonly CallEvent[]): Promise<Map<string, CallRecord[]>> {
    const refs = [...new Set(events.map((event) => event.call_id))].map(callRefOf);
    if (refs.length === 0) return new Map();
    const rows = await this.database.read((db) =>
      db.selectFrom("records").selectAll().where("call_ref", "in", refs).execute(),
    );
    return Map.groupBy(await shownRecords(this.database, rows), ({ call_id }) => call_id);
  }

  private async read(position: number): Promise<NewsPage> {
    const { entries, gap } = await this.database.read((db) => readFeed(db, position, pageRows));
    const records = await this.recordsOf(entries.flatMap(({ events }) => events));
    return {
      gap,
      entries: entries.map(({ position, at, events }) => ({
        position,
        at,
        news: events.flatMap((event) => newsOf(event, records.get(event.call_id) ?? []) ?? []),
      })),
    };
  }
}
