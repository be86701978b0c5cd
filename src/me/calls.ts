import { type Selectable, sql } from "kysely";
import type { Database } from "../db/database.ts";
import type { Db, RecordsTable } from "../db/tables.ts";
import { Problem } from "../http/problems.ts";
import type { CallRecord } from "../records/call-record.ts";
import { shownRecords } from "../records/shown.ts";
import type { OwnCall } from "./me-schema.ts";

/** Calls of one telephone user: those that it made, and those to its name and its numbers. */

/** Whose calls. */
export interface Whose {
  user: string;
  /** Its name and what rings it, as they are dialled. */
  called: readonly string[];
}

/** The user part of a SIP address; what is none stays as it is. */
const userPart = (address: string): string => {
  const part = /^sips?:([^@;?]+)@/.exec(address)?.[1];
  if (part === undefined) return address;
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
};

/** A call as one of its two sides sees it. Pure. @param hears it may hear recordings */
export function ownCall(record: CallRecord, { user }: Whose, hears: boolean): OwnCall {
  const { id, started_at, answered_at, duration_ms, outcome, recording } = record;
  const direction = record.user === user ? "out" : "in";
  return {
    id,
    direction,
    with: direction === "out" ? record.number : userPart(record.from),
    ...{ started_at, answered_at, duration_ms, outcome },
    recording: hears && recording?.status === "ready",
  };
}

type Row = Selectable<RecordsTable>;

/** Newest first, of those that began before `last`. Each column has an index in this order. */
const some = (db: Db, column: "user_name" | "number", value: string, last: Row | undefined, limit: number) =>
  db
    .selectFrom("records")
    .selectAll()
    .where(column, "=", value)
    .$if(last !== undefined, (query) =>
      query.where(sql<boolean>`(started_at, id) < (${last?.started_at}, ${last?.id})`),
    )
    .orderBy("started_at", "desc")
    .orderBy("id", "desc")
    .limit(limit)
    .execute();

const isOf = (row: Pick<Row, "user_name" | "number">, { user, called }: Whose): boolean =>
  row.user_name === user || called.includes(row.number);

/** One call of these. @throws Problem `not-found`: there is none, or it is somebody else's */
export async function callRow(database: Database, whose: Whose, id: string): Promise<Row> {
  const row = await database.read((db) =>
    db.selectFrom("records").selectAll().where("id", "=", Buffer.from(id, "hex")).executeTakeFirst(),
  );
  if (!row || !isOf(row, whose)) throw new Problem("not-found", `there is no call ${id} of ${whose.user}`);
  return row;
}

/** A page of them, newest first. @param after the id of the last one of the page before @throws Problem `not-found` */
export async function callsOf(
  database: Database,
  whose: Whose,
  { after, limit }: { after?: string | undefined; limit: number },
): Promise<{ records: CallRecord[]; next: string | null }> {
  const last = after === undefined ? undefined : await callRow(database, whose, after);
  const found = await database.read((db) =>
    Promise.all([
      some(db, "user_name", whose.user, last, limit + 1),
      ...whose.called.map((number) => some(db, "number", number, last, limit + 1)),
    ]),
  );
  const all = [...new Map(found.flat().map((row) => [row.id.toString("hex"), row])).values()].sort(
    (one, other) => other.started_at.getTime() - one.started_at.getTime() || Buffer.compare(other.id, one.id),
  );
  const page = all.slice(0, limit);
  return {
    records: await shownRecords(database, page),
    next: all.length > limit ? (page.at(-1)?.id.toString("hex") ?? null) : null,
  };
}
