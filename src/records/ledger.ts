import { sql, type Transaction } from "kysely";
import type { CallEvent } from "../call/contract.ts";
import { insertRows, overwrite } from "../db/bulk.ts";
import type { Database } from "../db/database.ts";
import type { RecordsTable, Tables } from "../db/tables.ts";
import { uuidToBytes } from "../db/uuid.ts";
import { buildRecords, callRefOf, type Limits } from "./build-record.ts";
import type { CallRecord } from "./call-record.ts";
import { appendToFeed } from "./feed.ts";
import { type HourMarks, hoursOf } from "./hour-marks.ts";
import { RecentCalls } from "./recent-calls.ts";
import { expectRecordings } from "./recording-rows.ts";

/** Some events of one call. */
interface Call {
  id: string;
  /** Its key in the database, and the same as text. */
  ref: Buffer;
  key: string;
  events: CallEvent[];
}

/** A call with all its events, and the records that they make. */
interface Built {
  key: string;
  ref: Buffer;
  revision: number;
  events: readonly CallEvent[];
  /** Ids of the records that it had. */
  before: readonly string[];
  records: readonly CallRecord[];
}

type Stored = ReadonlyMap<string, { revision: number; count: number }>;

/** The ledger: events as they were seen, each once, and the call records built from them. */
export class Ledger {
  private readonly database: Database;
  private readonly limits: Omit<Limits, "now">;
  private readonly recent = new RecentCalls();
  private readonly marks: HourMarks;

  constructor(database: Database, limits: Omit<Limits, "now">, marks: HourMarks) {
    this.marks = marks;
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
    const calls = callsOf(events);
    const refs = calls.map((call) => call.ref);
    const { built, hours } = await this.database.transact(async (trx) => {
      await trx.executeQuery(insertRows("events", eventRows(calls), () => "id=events.id"));
      const rows = calls.map(({ ref, id }) => ({ call_ref: ref, call_id: id, revision: 1 }));
      await trx.executeQuery(insertRows("calls", rows, () => "revision=calls.revision+1"));
      // Before the first look: a row that another node added meanwhile would have all begin anew.
      await appendToFeed(trx, events);
      const stored = await storedOf(trx, refs);
      const limits = { ...this.limits, now: Date.now() };
      const known: Built[] = [];
      const unknown: Buffer[] = [];
      for (const { ref, key, events: added } of calls) {
        const found = stored.get(key);
        const all = this.recent.complete(key, added, found);
        if (found && all)
          known.push({ key, ref, ...found, ...all, records: buildRecords(all.events, limits) });
        else unknown.push(ref);
      }
      const read = unknown.length === 0 ? [] : await this.readAndBuild(trx, unknown, stored, limits);
      const built = [...known, ...read];
      const hours = hoursOf(built.flatMap((call) => call.events));
      await this.marks.write(trx, hours);
      await writeRecords(trx, built);
      return { built, hours };
    });
    this.marks.add(hours);
    for (const call of built) this.recent.remember(call);
  }

  /** Rebuilds the records of calls from their stored events, as of now. */
  async rebuild(refs: readonly Buffer[]): Promise<void> {
    if (refs.length === 0) return;
    const ordered = [...refs].sort(Buffer.compare);
    const hours = await this.database.transact(async (trx) => {
      await trx
        .updateTable("calls")
        .set({ revision: sql<number>`revision + 1` })
        .where("call_ref", "in", ordered)
        .execute();
      const limits = { ...this.limits, now: Date.now() };
      const built = await this.readAndBuild(trx, ordered, new Map(), limits);
      const hours = hoursOf(built.flatMap((call) => call.events));
      await this.marks.write(trx, hours);
      await writeRecords(trx, built);
      return hours;
    });
    this.marks.add(hours);
  }

  /** Builds records from what the database has of their calls. */
  private async readAndBuild(
    trx: Transaction<Tables>,
    refs: Buffer[],
    stored: Stored,
    limits: Limits,
  ): Promise<Built[]> {
    const rows = await trx
      .selectFrom("events")
      .select(["call_ref", "body"])
      .where("call_ref", "in", refs)
      .execute();
    const before = await trx
      .selectFrom("records")
      .select(["call_ref", "id"])
      .where("call_ref", "in", refs)
      .execute();
    const bodies = Map.groupBy(rows, (row) => row.call_ref.toString("hex"));
    const ids = Map.groupBy(before, (row) => row.call_ref.toString("hex"));
    return refs.map((ref) => {
      const key = ref.toString("hex");
      // Checked when they were stored.
      const events = (bodies.get(key) ?? []).map((row) => JSON.parse(row.body) as CallEvent);
      return {
        key,
        ref,
        revision: stored.get(key)?.revision ?? 0,
        events,
        before: (ids.get(key) ?? []).map((row) => row.id.toString("hex")),
        records: buildRecords(events, limits),
      };
    });
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

/** Events by their calls, in one order for all: rows that are locked in the same order can not deadlock. Pure. */
function callsOf(events: readonly CallEvent[]): Call[] {
  const calls = new Map<string, Call>();
  for (const event of events) {
    const call = calls.get(event.call_id);
    if (call) call.events.push(event);
    else {
      const ref = callRefOf(event.call_id);
      calls.set(event.call_id, { id: event.call_id, ref, key: ref.toString("hex"), events: [event] });
    }
  }
  return [...calls.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
}

const eventRows = (calls: readonly Call[]) =>
  calls
    .flatMap(({ ref, events }) =>
      events.map((event) => ({
        id: uuidToBytes(event.id),
        call_ref: ref,
        kind: event.kind,
        at: new Date(event.time),
        node: event.node,
        body: JSON.stringify(event),
      })),
    )
    .sort((a, b) => Buffer.compare(a.id, b.id));

/** What the database has of these calls, whose rows this transaction has locked. */
async function storedOf(trx: Transaction<Tables>, refs: Buffer[]): Promise<Stored> {
  const rows = await trx
    .selectFrom("calls")
    .leftJoin("events", "events.call_ref", "calls.call_ref")
    .select(["calls.call_ref", "calls.revision", sql<number>`count(events.id)`.as("count")])
    .where("calls.call_ref", "in", refs)
    .groupBy(["calls.call_ref", "calls.revision"])
    .execute();
  return new Map(
    rows.map((row) => [
      row.call_ref.toString("hex"),
      { revision: Number(row.revision), count: Number(row.count) },
    ]),
  );
}

/** Puts the calls' records in the place of those that they had. */
async function writeRecords(trx: Transaction<Tables>, calls: readonly Built[]): Promise<void> {
  const records = calls.flatMap((call) => call.records);
  const wanted = new Set(records.map((record) => record.id));
  const stale = calls.flatMap((call) => call.before).filter((id) => !wanted.has(id));
  // A leg that was only guessed from an early BYE disappears when its INVITE's events arrive.
  if (stale.length > 0)
    await trx
      .deleteFrom("records")
      .where(
        "id",
        "in",
        stale.map((id) => Buffer.from(id, "hex")),
      )
      .execute();
  if (records.length === 0) return;
  const rows = calls
    .flatMap(({ ref, records }) => records.map((record) => recordRow(ref, record)))
    .sort((a, b) => Buffer.compare(a.id, b.id));
  await trx.executeQuery(insertRows("records", rows, overwrite("id")));
  await expectRecordings(trx, records);
}

/** null, as nearly always: none of it. */
function detailsText({
  transfers,
  transferred_by,
  replaces,
  passes,
  carrier,
  taken_by,
  charge,
  tags,
  meant,
}: CallRecord): string | null {
  const lists = transfers.length + passes.length + Object.keys(tags).length;
  const none = lists === 0 && transferred_by + replaces + carrier + taken_by + meant === "";
  const some = { transfers, transferred_by, replaces, passes, carrier, taken_by, charge, tags, meant };
  return none ? null : JSON.stringify(some);
}

const short = (text: string): string => text.slice(0, 512);
const date = (text: string): Date => new Date(text);

const recordRow = (ref: Buffer, record: CallRecord): Omit<RecordsTable, "updated_at"> => ({
  id: Buffer.from(record.id, "hex"),
  call_ref: ref,
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
  details: detailsText(record),
});
