import { sql, type Transaction } from "kysely";
import type { CallEvent } from "../call/contract.ts";
import type { Database } from "../db/database.ts";
import type { RecordsTable, Tables } from "../db/tables.ts";
import { uuidToBytes } from "../db/uuid.ts";
import { buildRecords, callRefOf, type Limits } from "./build-record.ts";
import type { CallRecord } from "./call-record.ts";
import { expectRecordings } from "./recording-rows.ts";

/** The ledger: events as they were seen, each once, and the call records built from them. */
export class Ledger {
  private readonly database: Database;
  private readonly limits: Omit<Limits, "now">;

  constructor(database: Database, limits: Omit<Limits, "now">) {
    this.database = database;
    this.limits = limits;
  }

  /**
   * Stores events and rebuilds the records of their calls in one transaction; storing the same events again changes
   * nothing. Two nodes that store events of the same call at once collide on the call's row, and the second starts
   * over with the first one's events in sight.
   */
  async store(events: readonly CallEvent[]): Promise<void> {
    if (events.length === 0) return;
    const callIds = new Map(events.map((event) => [callRefOf(event.call_id).toString("hex"), event.call_id]));
    // One order for all: rows that are locked in the same order can not deadlock.
    const calls = [...callIds].sort(([a], [b]) => (a < b ? -1 : 1));
    await this.database.transact(async (trx) => {
      await trx
        .insertInto("events")
        .values(
          events
            .map((event) => ({
              id: uuidToBytes(event.id),
              call_ref: callRefOf(event.call_id),
              kind: event.kind,
              at: new Date(event.time),
              node: event.node,
              body: JSON.stringify(event),
            }))
            .sort((a, b) => Buffer.compare(a.id, b.id)),
        )
        .onDuplicateKeyUpdate({ id: sql`events.id` })
        .execute();
      await trx
        .insertInto("calls")
        .values(calls.map(([ref, call_id]) => ({ call_ref: Buffer.from(ref, "hex"), call_id, revision: 1 })))
        .onDuplicateKeyUpdate({ revision: sql`calls.revision + 1` })
        .execute();
      await this.rebuildIn(
        trx,
        calls.map(([ref]) => Buffer.from(ref, "hex")),
      );
    });
  }

  /** Rebuilds the records of calls from their stored events, as of now. */
  async rebuild(refs: readonly Buffer[]): Promise<void> {
    if (refs.length === 0) return;
    const ordered = [...refs].sort(Buffer.compare);
    await this.database.transact(async (trx) => {
      await trx
        .updateTable("calls")
        .set({ revision: sql<number>`revision + 1` })
        .where("call_ref", "in", ordered)
        .execute();
      await this.rebuildIn(trx, ordered);
    });
  }

  private async rebuildIn(trx: Transaction<Tables>, refs: Buffer[]): Promise<void> {
    const rows = await trx.selectFrom("events").select("body").where("call_ref", "in", refs).execute();
    const byCall = Map.groupBy(
      rows.map((row) => JSON.parse(row.body) as CallEvent), // checked when it was stored
      (event) => event.call_id,
    );
    const limits = { ...this.limits, now: Date.now() };
    const records = [...byCall.values()].flatMap((events) => buildRecords(events, limits));
    const before = await trx.selectFrom("records").select("id").where("call_ref", "in", refs).execute();
    const wanted = new Set(records.map((record) => record.id));
    const stale = before.map((row) => row.id).filter((id) => !wanted.has(id.toString("hex")));
    // A leg that was only guessed from an early BYE disappears when its INVITE's events arrive.
    if (stale.length > 0) await trx.deleteFrom("records").where("id", "in", stale).execute();
    if (records.length === 0) return;
    const values = records.map(recordRow).sort((a, b) => Buffer.compare(a.id, b.id));
    const columns = Object.keys(values[0] ?? {}).filter((column) => column !== "id");
    await trx
      .insertInto("records")
      .values(values)
      .onDuplicateKeyUpdate(Object.fromEntries(columns.map((name) => [name, sql`VALUES(${sql.ref(name)})`])))
      .execute();
    await expectRecordings(trx, records);
  }

  /**
   * Closes records whose end is overdue. @returns how many calls were looked at (at most 200: call again while it
   * is that many).
   */
  async closeOverdue(): Promise<number> {
    const now = Date.now();
    const rows = await this.database.read((db) =>
      db
        .selectFrom("records")
        .select("call_ref")
        .where("closed_how", "is", null)
        .where((where) =>
          where.or([
            where.and([
              where("outcome", "=", "in_progress"),
              where("started_at", "<", new Date(now - this.limits.maxSetupMs - 1000)),
              // Something may have been seen later than the start; the fold looks at that. Do not ask too often.
              where("updated_at", "<", new Date(now - 60_000)),
            ]),
            where.and([
              where("outcome", "=", "answered"),
              where("started_at", "<", new Date(now - this.limits.maxCallMs - 1000)),
              where("updated_at", "<", new Date(now - 60_000)),
            ]),
          ]),
        )
        .limit(200)
        .execute(),
    );
    await this.rebuild(rows.map((row) => row.call_ref));
    return rows.length;
  }
}

const short = (text: string): string => text.slice(0, 512);
const date = (text: string): Date => new Date(text);

const recordRow = (record: CallRecord): Omit<RecordsTable, "updated_at"> => ({
  id: Buffer.from(record.id, "hex"),
  call_ref: callRefOf(record.call_id),
  call_id: record.call_id,
  from_tag: record.from_tag,
  caller: record.from,
  callee: record.to,
  number: short(record.number),
  user_name: record.user,
  source: record.source,
  started_at: date(record.started_at),
  answered_at: record.answered_at === null ? null : date(record.answered_at),
  ended_at: record.ended_at === null ? null : date(record.ended_at),
  duration_ms: record.duration_ms,
  status: record.status,
  outcome: record.outcome,
  reason: record.reason,
  target: record.target,
  origin: record.origin.slice(0, 64),
  nodes: JSON.stringify(record.nodes.slice(0, 12)),
  attempts: JSON.stringify(record.attempts),
  rule: record.rule,
  decided_by: record.decided_by,
  closed_how: record.closed_how,
  note: short(record.note),
  events: record.events,
});
