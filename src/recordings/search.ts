import type { Database } from "../db/database.ts";
import { olderThan } from "../db/older.ts";
import { nextPlace, placeIn } from "../http/paging.ts";
import { Problem } from "../http/problems.ts";
import { type Recording, type RecordingQuery, resultSchema } from "./recording-schema.ts";
import { filesOf, namesOf, type Row } from "./store.ts";

/** Finding recordings in the database. */

type Shown = Row & { caller: string | null; callee: string | null; rule: string | null };

export const recordingOf = (row: Shown): Recording => ({
  id: row.id.toString("hex"),
  call_id: row.call_id,
  status: row.status as Recording["status"], // written by this program only, from the same list
  wanted_by: row.wanted_by as Recording["wanted_by"],
  alarm: row.alarm !== 0,
  problem: row.problem,
  from: row.caller ?? "",
  to: row.callee ?? "",
  rule: row.rule ?? "",
  started_at: row.started_at?.toISOString() ?? null,
  duration_ms: row.duration_ms,
  codecs: row.codecs === "" ? [] : row.codecs.split(","),
  rate: row.rate,
  encrypted: row.encrypted !== 0,
  files: row.status === "deleted" ? [] : filesOf(row),
  gaps: resultSchema.shape.gaps.parse(JSON.parse(row.gaps)),
  nodes: namesOf(row.nodes),
  awaited: namesOf(row.awaited),
  copies: namesOf(row.copies),
  delete_after: row.delete_after?.toISOString() ?? null,
  deleted_at: row.deleted_at?.toISOString() ?? null,
  deleted_by: row.deleted_by,
});

const joined = ({ db }: Database) =>
  db
    .selectFrom("recordings")
    .leftJoin("records", "records.id", "recordings.id")
    .selectAll("recordings")
    .select(["records.caller", "records.callee", "records.rule"]);

/** @throws Problem `not-found` */
export async function findRecording(database: Database, id: string): Promise<Shown> {
  const row = await database.read(() =>
    joined(database).where("recordings.id", "=", Buffer.from(id, "hex")).executeTakeFirst(),
  );
  if (!row) throw new Problem("not-found", `there is no recording ${id}`);
  return row;
}

/** Newest first. */
export async function searchRecordings(
  database: Database,
  query: RecordingQuery,
): Promise<{ recordings: Recording[]; next: string | null }> {
  const like = (text: string) => `%${text.replace(/[\\%_]/g, "\\$&")}%`;
  let select = joined(database);
  if (query.since) select = select.where("recordings.created_at", ">=", new Date(query.since));
  if (query.until) select = select.where("recordings.created_at", "<", new Date(query.until));
  if (query.status) select = select.where("recordings.status", "=", query.status);
  if (query.alarm !== undefined) select = select.where("recordings.alarm", "=", query.alarm ? 1 : 0);
  if (query.from) select = select.where("records.caller", "like", like(query.from));
  if (query.to) select = select.where("records.callee", "like", like(query.to));
  if (query.rule) select = select.where("records.rule", "=", query.rule);
  if (query.call_id) select = select.where("recordings.call_id", "=", query.call_id);
  if (query.after !== undefined)
    select = select.where(olderThan("recordings.created_at", "recordings.id", placeIn(query.after)));
  const page = select
    .orderBy("recordings.created_at", "desc")
    .orderBy("recordings.id", "desc")
    .limit(query.limit);
  const rows = await database.read(() => page.execute());
  const next = nextPlace(rows, query.limit, ({ created_at: at, id }) => ({ at, id }));
  return { recordings: rows.map(recordingOf), next };
}
