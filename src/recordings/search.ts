import type { Database } from "../db/database.ts";
import { olderThan } from "../db/older.ts";
import { nextPlace, type Place, placeIn, placeText, seenPage } from "../http/paging.ts";
import { Problem } from "../http/problems.ts";
import type { Narrowing } from "../http/scope.ts";
import { callRecordSchema } from "../records/call-record.ts";
import { type Recording, type RecordingQuery, resultSchema } from "./recording-schema.ts";
import { filesOf, namesOf, type Row } from "./store.ts";

/** Finding recordings in the database. */

type Shown = Row & {
  caller: string | null;
  callee: string | null;
  rule: string | null;
  user_name: string | null;
  number: string | null;
  details: string | null;
};

const detailsSchema = callRecordSchema.pick({ meant: true, taken_by: true });

/** Does somebody see the call that it is of? Undefined: it sees all. A call without a record is nobody's. Pure. */
export const isSeen = (
  { user_name, number, details }: Pick<Shown, "user_name" | "number" | "details">,
  narrowing: Narrowing | undefined,
): boolean =>
  narrowing === undefined ||
  narrowing.call({
    user: user_name ?? "",
    number: number ?? "",
    ...detailsSchema.parse(JSON.parse(details ?? "{}")),
  });

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
    .select([
      "records.caller",
      "records.callee",
      "records.rule",
      "records.user_name",
      "records.number",
      "records.details",
    ]);

/** @throws Problem `not-found`: there is none that is seen */
export async function findRecording(database: Database, id: string, narrowing?: Narrowing): Promise<Shown> {
  const row = await database.read(() =>
    joined(database).where("recordings.id", "=", Buffer.from(id, "hex")).executeTakeFirst(),
  );
  if (!row || !isSeen(row, narrowing)) throw new Problem("not-found", `there is no recording ${id}`);
  return row;
}

/** So many at once are looked at for somebody who sees few of them. */
const lookedAtOnce = 1000;

/** Newest first. */
export async function searchRecordings(
  database: Database,
  query: RecordingQuery,
  narrowing?: Narrowing,
): Promise<{ recordings: Recording[]; next: string | null }> {
  const { rows, next } = narrowing
    ? await seenPage(
        {
          page: (after) => pageOf(database, { ...query, after, limit: lookedAtOnce }),
          placeOf: (row) => placeText(placeOf(row)),
          sees: (row) => isSeen(row, narrowing),
        },
        query.after,
        query.limit,
      )
    : await pageOf(database, query);
  return { recordings: rows.map(recordingOf), next };
}

const placeOf = ({ created_at: at, id }: Shown): Place => ({ at, id });

async function pageOf(
  database: Database,
  query: RecordingQuery,
): Promise<{ rows: Shown[]; next: string | null }> {
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
  return { rows, next: nextPlace(rows, query.limit, placeOf) };
}
