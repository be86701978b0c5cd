import { Readable } from "node:stream";
import { csvLine } from "../base/csv.ts";
import type { Database } from "../db/database.ts";
import type { CallRecord } from "./call-record.ts";
import type { RecordQuery } from "./record-query-schema.ts";
import { searchRecords } from "./search.ts";

/** Call records as CSV (RFC 4180), for spreadsheets. */

const columns: Record<string, (record: CallRecord) => string | number | null> = {
  started_at: (record) => record.started_at,
  answered_at: (record) => record.answered_at,
  ended_at: (record) => record.ended_at,
  duration_s: ({ duration_ms }) => (duration_ms === null ? null : duration_ms / 1000),
  from: (record) => record.from,
  to: (record) => record.to,
  number: (record) => record.number,
  user: (record) => record.user,
  outcome: (record) => record.outcome,
  status: (record) => record.status,
  reason: (record) => record.reason,
  target: (record) => record.target,
  carrier: (record) => record.carrier,
  rule: (record) => record.rule,
  decided_by: (record) => record.decided_by,
  closed_how: (record) => record.closed_how,
  nodes: ({ nodes }) => nodes.join(" "),
  recording: ({ recording }) => recording?.status ?? null,
  currency: ({ charge }) => charge?.currency ?? null,
  cost: ({ charge }) => charge?.cost ?? null,
  note: (record) => record.note,
  call_id: (record) => record.call_id,
  id: (record) => record.id,
};

const linesOf = (records: readonly CallRecord[]): string =>
  records.map((record) => csvLine(Object.values(columns).map((column) => column(record)))).join("");

/** All records that a search finds, newest first, as they are read: page by page, no faster than they are taken. */
export async function csvOf(
  database: Database,
  query: RecordQuery,
  sees?: (record: CallRecord) => boolean,
): Promise<Readable> {
  const first = await searchRecords(database, { ...query, limit: 1000 }, sees);
  async function* lines(): AsyncGenerator<string> {
    yield csvLine(Object.keys(columns)) + linesOf(first.records);
    for (let { next } = first; next !== null; ) {
      const page = await searchRecords(database, { ...query, limit: 1000, after: next }, sees);
      if (page.records.length > 0) yield linesOf(page.records);
      next = page.next;
    }
  }
  return Readable.from(lines(), { highWaterMark: 2 });
}
