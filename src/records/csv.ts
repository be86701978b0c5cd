import { Readable } from "node:stream";
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

/**
 * One cell. What a spreadsheet would take for a formula gets an apostrophe before it: callers choose what stands in some of
 * these fields. A number (`+49711…`, `-5`) is none. Pure.
 */
export function cell(value: string | number | null): string {
  if (value === null) return "";
  const text = String(value);
  const safe = /^[=@\t\r]|^[+-](?![\d ().-]*$)/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

const line = (cells: readonly (string | number | null)[]): string => `${cells.map(cell).join(",")}\r\n`;

const linesOf = (records: readonly CallRecord[]): string =>
  records.map((record) => line(Object.values(columns).map((column) => column(record)))).join("");

/** All records that a search finds, newest first, as they are read: page by page, no faster than they are taken. */
export async function csvOf(
  database: Database,
  query: RecordQuery,
  sees?: (record: CallRecord) => boolean,
): Promise<Readable> {
  const first = await searchRecords(database, { ...query, limit: 1000 }, sees);
  async function* lines(): AsyncGenerator<string> {
    yield line(Object.keys(columns)) + linesOf(first.records);
    for (let { next } = first; next !== null; ) {
      const page = await searchRecords(database, { ...query, limit: 1000, after: next }, sees);
      if (page.records.length > 0) yield linesOf(page.records);
      next = page.next;
    }
  }
  return Readable.from(lines(), { highWaterMark: 2 });
}
