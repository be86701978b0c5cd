import type { Database } from "../db/database.ts";
import type { RecordsTable } from "../db/tables.ts";
import { type CallRecord, callRecordSchema } from "./call-record.ts";
import type { Move } from "./move-schema.ts";
import { interruptionsOf, interruptionText, movesDuring } from "./moves.ts";
import { recordingsOf } from "./recording-rows.ts";

/** Call records as they are shown: a row, and what other tables know of the call. */

/** A row as it is read. */
export type RecordRow = Omit<RecordsTable, "updated_at"> & { updated_at: Date | unknown };

/** The record as it is shown, with what became of its recording and with the moves that it met. */
export async function shownRecords(database: Database, rows: readonly RecordRow[]): Promise<CallRecord[]> {
  const ids = rows.map(({ id }) => id);
  const recordings = await database.read((db) => recordingsOf(db, ids));
  const moves = await database.read((db) => movesDuring(db, rows));
  return rows.map((row) => recordOfRow(row, recordings, moves));
}

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
  row: RecordRow,
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
