import { type Insertable, sql, type Transaction } from "kysely";
import type { Db, RecordingsTable, Tables } from "../db/tables.ts";
import { callRefOf } from "./build-record.ts";
import type { CallRecord } from "./call-record.ts";

/** Rows of the table `recordings` as the call records need them; the worker's own queries are in store.ts. */

/** A row for a call that is being recorded. Pure. */
export const expected = (
  id: Buffer,
  callId: string,
  wantedBy: "rule" | "request",
): Insertable<RecordingsTable> => ({
  id,
  call_ref: callRefOf(callId),
  call_id: callId,
  status: "recording",
  wanted_by: wantedBy,
  files: "[]",
  gaps: "[]",
  next_try_at: new Date(),
});

/** Each answered call that was to be recorded gets its row, in the transaction that stores its record. */
export async function expectRecordings(
  trx: Transaction<Tables>,
  records: readonly CallRecord[],
): Promise<void> {
  const wanted = records.filter((record) => record.recording !== null);
  if (wanted.length === 0) return;
  await trx
    .insertInto("recordings")
    .values(wanted.map((record) => expected(Buffer.from(record.id, "hex"), record.call_id, "rule")))
    .onDuplicateKeyUpdate({ id: sql`recordings.id` })
    .execute();
}

/** What became of the recordings of these calls, by the records' ids. */
export async function recordingsOf(
  db: Db,
  ids: readonly Buffer[],
): Promise<Map<string, CallRecord["recording"]>> {
  if (ids.length === 0) return new Map();
  const rows = await db
    .selectFrom("recordings")
    .select(["id", "status", "alarm", "problem"])
    .where("id", "in", ids)
    .execute();
  return new Map(
    rows.map((row) => [
      row.id.toString("hex"),
      {
        // Written by this program only, from the same list.
        status: row.status as NonNullable<CallRecord["recording"]>["status"],
        alarm: row.alarm !== 0,
        problem: row.problem,
      },
    ]),
  );
}
