import { type Expression, type ExpressionBuilder, type SelectQueryBuilder, type SqlBool, sql } from "kysely";
import { z } from "zod";
import type { Database } from "../db/database.ts";
import type { Db, RecordsTable, Tables } from "../db/tables.ts";
import { Problem } from "../http/problems.ts";
import { callRefOf } from "./build-record.ts";
import { type CallRecord, callRecordSchema } from "./call-record.ts";
import type { Move } from "./move-schema.ts";
import { interruptionsOf, interruptionText, movesDuring } from "./moves.ts";
import type { RecordQuery } from "./record-query-schema.ts";
import { recordingsOf } from "./recording-rows.ts";

const cursorSchema = z.tuple([z.int(), z.string().regex(/^[0-9a-f]{32}$/)]);

const encodeCursor = (record: CallRecord): string =>
  Buffer.from(JSON.stringify([Date.parse(record.started_at), record.id])).toString("base64url");

/** @throws Problem `invalid-request` */
function decodeCursor(text: string): { startedAt: Date; id: Buffer } {
  try {
    const [ms, id] = cursorSchema.parse(JSON.parse(Buffer.from(text, "base64url").toString("utf8")));
    return { startedAt: new Date(ms), id: Buffer.from(id, "hex") };
  } catch (error) {
    throw new Problem(
      "invalid-request",
      `the cursor is not one of ours (${error instanceof Error ? error.name : error})`,
      [{ path: "/cursor", message: "must be `next` of an earlier answer" }],
    );
  }
}

/** A search that finds little in much must not hold the server: it gives up after so many seconds. */
const searchSeconds = 2;

/** Runs a search with the server's own time limit (MariaDB's max_statement_time, error 1969). */
const limited = <Row>(db: Db, search: SelectQueryBuilder<Tables, "records", Row>): Promise<Row[]> =>
  db.connection().execute(async (connection) => {
    await sql`SET SESSION max_statement_time = ${sql.lit(searchSeconds)}`.execute(connection);
    try {
      return (await connection.executeQuery(search)).rows;
    } finally {
      await sql`SET SESSION max_statement_time = 0`.execute(connection);
    }
  });

type Where = ExpressionBuilder<Tables, "records">;

const like = (text: string): string => `%${text.replace(/[\\%_]/g, "\\$&")}%`;

/** What few records have: nearly all have no details at all. */
const inDetails = (path: string, value: string): Expression<SqlBool> =>
  sql<SqlBool>`details IS NOT NULL AND JSON_VALUE(details, ${`$.${path}`}) = ${value}`;

/** What a search asks for, one condition for each thing that it names. @throws Problem `invalid-request` */
function conditionsOf(where: Where, query: RecordQuery): Expression<SqlBool>[] {
  const given = <T>(value: T | undefined, condition: (value: T) => Expression<SqlBool>) =>
    value === undefined ? [] : [condition(value)];
  return [
    ...given(query.since, (since) => where("started_at", ">=", new Date(since))),
    ...given(query.until, (until) => where("started_at", "<", new Date(until))),
    ...given(query.from, (from) => where("caller", "like", like(from))),
    ...given(query.to, (to) => where("callee", "like", like(to))),
    ...given(query.number, (number) => where("number", "=", number)),
    ...given(query.user, (user) => where("user_name", "=", user)),
    ...given(query.status, (status) => where("status", "=", status)),
    ...given(query.outcome, (outcome) => where("outcome", "=", outcome)),
    ...given(query.node, (node) => where("nodes", "like", like(JSON.stringify(node)))),
    ...given(query.carrier, (carrier) => inDetails("carrier", carrier)),
    ...given(query.tag, ({ name, value }) => inDetails(`tags."${name}"`, value)),
    ...given(query.call_id, (callId) => where("call_ref", "=", callRefOf(callId))),
    ...given(query.open, (open) => where("closed_how", open ? "is" : "is not", null)),
    ...given(query.ended_since, (since) =>
      where.or([where("ended_at", ">=", new Date(since)), where("ended_at", "is", null)]),
    ),
    ...given(query.affected || undefined, () =>
      where.or([
        where("outcome", "in", ["failed", "unknown"]),
        where("closed_how", "in", ["estimated", "media-timeout"]),
        where("nodes", "like", "%,%"),
      ]),
    ),
    ...given(query.cursor, (cursor) => {
      const { startedAt, id } = decodeCursor(cursor);
      return where.or([
        where("started_at", "<", startedAt),
        where.and([where("started_at", "=", startedAt), where("id", "<", id)]),
      ]);
    }),
  ];
}

/** The record as it is shown, with what became of its recording and with the moves that it met. */
export async function shownRecords(
  database: Database,
  rows: readonly RecordsTableRow[],
): Promise<CallRecord[]> {
  const ids = rows.map(({ id }) => id);
  const recordings = await database.read((db) => recordingsOf(db, ids));
  const moves = await database.read((db) => movesDuring(db, rows));
  return rows.map((row) => recordOfRow(row, recordings, moves));
}

/**
 * One page of call records, newest first.
 * @throws Problem `invalid-request` for a cursor that is not ours; error 1969 of the server when it takes too long.
 */
export async function searchRecords(
  database: Database,
  query: RecordQuery,
): Promise<{ records: CallRecord[]; next: string | null }> {
  const page = database.db
    .selectFrom("records")
    .selectAll()
    .where((where) => where.and(conditionsOf(where, query)))
    .orderBy("started_at", "desc")
    .orderBy("id", "desc")
    .limit(query.limit + 1);
  const rows = await database.read((db) => limited(db, page));
  const records = await shownRecords(database, rows.slice(0, query.limit));
  const final = records.at(-1);
  return { records, next: rows.length > query.limit && final ? encodeCursor(final) : null };
}

type RecordsTableRow = Omit<RecordsTable, "updated_at"> & { updated_at: Date | unknown };

const detailsSchema = callRecordSchema.pick({
  transfers: true,
  transferred_by: true,
  replaces: true,
  passes: true,
  carrier: true,
  taken_by: true,
  charge: true,
  tags: true,
  meant: true,
});

const recordOfRow = (
  row: RecordsTableRow,
  recordings: ReadonlyMap<string, CallRecord["recording"]>,
  moves: readonly Move[],
): CallRecord => ({
  id: row.id.toString("hex"),
  call_id: row.call_id,
  from_tag: row.from_tag,
  from: row.caller,
  to: row.callee,
  number: row.number,
  user: row.user_name,
  source: row.source,
  started_at: row.started_at.toISOString(),
  answered_at: row.answered_at?.toISOString() ?? null,
  ended_at: row.ended_at?.toISOString() ?? null,
  duration_ms: row.duration_ms,
  status: row.status,
  outcome: row.outcome as CallRecord["outcome"], // written by this program only, from the same list
  reason: row.reason,
  target: row.target,
  origin: row.origin,
  nodes: JSON.parse(row.nodes) as string[],
  attempts: JSON.parse(row.attempts) as CallRecord["attempts"],
  rule: row.rule,
  decided_by: row.decided_by,
  closed_how: row.closed_how as CallRecord["closed_how"],
  ...detailsSchema.parse(JSON.parse(row.details ?? "{}")),
  interruptions: interruptionsOf(row, moves),
  note: [row.note, ...interruptionsOf(row, moves).map(interruptionText)].filter(Boolean).join("; "),
  recording: recordings.get(row.id.toString("hex")) ?? null,
  events: row.events,
});
