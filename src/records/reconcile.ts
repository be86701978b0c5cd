import { open } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { sql } from "kysely";
import type { CallEvent } from "../call/contract.ts";
import type { Database } from "../db/database.ts";
import type { Db } from "../db/tables.ts";
import { uuidToBytes } from "../db/uuid.ts";
import type { Checkpoint } from "../journal/checkpoint.ts";
import { readLines, type Segment, SegmentList } from "../journal/segments.ts";
import type { Events } from "../telemetry/log.ts";
import type { Ledger } from "./ledger.ts";
import type { Quarantine } from "./quarantine.ts";
import type { Reconciliation } from "./reconciliation-schema.ts";
import type { Source } from "./shipper.ts";

/**
 * Compares this node's journals with the ledger, event by event, and stores again what is missing: the database
 * alone is not trusted to keep what it acknowledged (Galera has lost commits in Jepsen's tests).
 */
export class Reconciler {
  private readonly parts: {
    node: string;
    sources: Source[];
    database: Database;
    ledger: Ledger;
    checkpoint: Checkpoint;
    quarantine: Quarantine;
    events: Events;
  };
  private latest: { at: number; missing: number } | undefined;

  constructor(parts: {
    node: string;
    sources: Source[];
    database: Database;
    ledger: Ledger;
    checkpoint: Checkpoint;
    quarantine: Quarantine;
    events: Events;
  }) {
    this.parts = parts;
  }

  /** For the health document. */
  last(): { missing: number; checked_ms_ago: number | null } {
    return {
      missing: this.latest?.missing ?? 0,
      checked_ms_ago: this.latest === undefined ? null : Math.round(performance.now() - this.latest.at),
    };
  }

  /** Compares the last hour every few minutes and the last day every hour, until `signal` aborts. */
  async run(signal: AbortSignal, everyMs = 300_000): Promise<void> {
    for (let round = 0; !signal.aborted; round++) {
      await delay(everyMs, undefined, { signal }).catch(() => {}); // aborted: the loop ends
      if (signal.aborted) return;
      const hours = round % 12 === 0 ? 24 : 1;
      await this.check(hours).catch((error: unknown) => this.parts.events.reconcileFailed(error));
    }
  }

  /** @param hours how far back. @throws when the database can not be used. */
  async check(hours: number): Promise<Reconciliation> {
    const { node, sources, quarantine, events } = this.parts;
    const since = Date.now() - hours * 3_600_000;
    const sum = { journalled: 0, waiting: 0, found: 0, missing: 0, repaired: 0 };
    for (const source of sources)
      for (const segment of await new SegmentList(source.directory).list()) {
        if (segment.modifiedMs < since) continue;
        await this.compare(source, segment, since, sum);
      }
    // Before stale calls are built anew, which takes a second record away.
    const doubled = await this.doubledRecords(since);
    const stale = await this.staleCalls(since);
    for (let at = 0; at < stale.length; at += 200) await this.parts.ledger.rebuild(stale.slice(at, at + 200));
    const result = {
      node,
      since: new Date(since).toISOString(),
      ...sum,
      stale: stale.length,
      doubled,
      quarantined: quarantine.count,
    };
    this.latest = { at: performance.now(), missing: sum.missing - sum.repaired };
    events.reconciled(result);
    return result;
  }

  private async compare(
    source: Source,
    segment: Segment,
    since: number,
    sum: { journalled: number; waiting: number; found: number; missing: number; repaired: number },
  ): Promise<void> {
    const shippedTo = this.parts.checkpoint.offsetOf(segment.key);
    await using handle = await open(segment.path, "r");
    for (let offset = 0; ; ) {
      const { lines, next } = await readLines(handle, offset);
      if (next === offset) return;
      offset = next;
      const shipped: CallEvent[] = [];
      for (const line of lines) {
        const event = parsed(source, line.text);
        if (!event || Date.parse(event.time) < since) continue;
        if (line.next > shippedTo) sum.waiting++;
        else shipped.push(event);
      }
      for (let at = 0; at < shipped.length; at += 500) {
        const portion = shipped.slice(at, at + 500);
        const missing = await this.missing(portion);
        sum.journalled += portion.length;
        sum.found += portion.length - missing.length;
        sum.missing += missing.length;
        await this.parts.ledger.store(missing);
        sum.repaired += missing.length;
      }
    }
  }

  private async missing(portion: CallEvent[]): Promise<CallEvent[]> {
    const { database } = this.parts;
    const stored = await database.read((db) =>
      db.connection().execute(async (connection) => {
        // What another node acknowledged a moment ago may not be applied here yet; wait for it.
        await sql`SET SESSION wsrep_sync_wait = 1`.execute(connection);
        try {
          const rows = await connection
            .selectFrom("events")
            .select("id")
            .where(
              "id",
              "in",
              portion.map((event) => uuidToBytes(event.id)),
            )
            .execute();
          return new Set(rows.map((row) => row.id.toString("hex")));
        } finally {
          await sql`SET SESSION wsrep_sync_wait = 0`.execute(connection);
        }
      }),
    );
    return portion.filter((event) => !stored.has(uuidToBytes(event.id).toString("hex")));
  }

  /** A rebuild that another node's rebuild overwrote would leave a record without some of its call's events. */
  private async staleCalls(since: number): Promise<Buffer[]> {
    const recent = sql`(SELECT DISTINCT call_ref FROM events WHERE at >= ${new Date(since)})`;
    const query = sql<{ call_ref: Buffer }>`
      SELECT e.call_ref FROM
        (SELECT call_ref, count(*) AS n FROM events WHERE call_ref IN ${recent} GROUP BY call_ref) e
        LEFT JOIN
        (SELECT call_ref, sum(events) AS n FROM records WHERE call_ref IN ${recent} GROUP BY call_ref) r
        ON r.call_ref = e.call_ref
      WHERE r.n IS NULL OR r.n <> e.n`;
    const { rows } = await this.parts.database.read((db) => query.execute(db));
    return rows.map((row) => row.call_ref);
  }

  /**
   * One leg (Call-ID and From tag) must have one record. It may well have several start events: the INVITE was repeated to
   * another node, or after a restart.
   */
  private async doubledRecords(since: number): Promise<number> {
    const rows = await this.parts.database.read((db) => doubledRecords(db, since).execute());
    return rows.length;
  }
}

/** Calls with more than one record for one of their legs. @param since began at or after, milliseconds since 1970. */
const doubledRecords = (db: Db, since: number) =>
  db
    .selectFrom("records")
    .select("call_ref")
    .where("started_at", ">=", new Date(since))
    .groupBy("call_ref")
    .having(sql<number>`count(*)`, ">", sql<number>`count(distinct from_tag)`);

/** Lines that are no events are the shipper's business; it has set them aside. */
function parsed(source: Source, line: string): CallEvent | undefined {
  const text = line.replace(/^\0+/, "").trimEnd();
  if (text === "" || source.probe?.(text)) return undefined;
  try {
    return source.parse(text);
  } catch {
    return undefined;
  }
}
