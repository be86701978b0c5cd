import { type SelectQueryBuilder, sql } from "kysely";
import type { Database } from "../db/database.ts";
import { errnoOf } from "../db/errors.ts";
import type { Db, Tables } from "../db/tables.ts";
import { placeIn, placeText, seenPage } from "../http/paging.ts";
import type { CallRecord } from "./call-record.ts";
import { indexed, isNarrow, looked, mustLook, type Place, type Span, when } from "./conditions.ts";
import type { RecordQuery } from "./record-query-schema.ts";
import { type RecordRow, shownRecords } from "./shown.ts";

/** Searching the call records, newest first, by key. */

/** A search must not hold the server: one statement gives up after so many seconds. */
const statementSeconds = 2;

/** Where rows must be looked at one by one: so many at first, then more while that is quick, and no more steps after so long. */
const firstStep = 2000;
const shortestStep = 100;
const longestStep = 64_000;
const lookingMs = 1000;

/** Runs a search with the server's own time limit (MariaDB's max_statement_time, error 1969). */
const limited = <Row>(db: Db, search: SelectQueryBuilder<Tables, "records", Row>): Promise<Row[]> =>
  db.connection().execute(async (connection) => {
    await sql`SET SESSION max_statement_time = ${sql.lit(statementSeconds)}`.execute(connection);
    try {
      return (await connection.executeQuery(search)).rows;
    } finally {
      await sql`SET SESSION max_statement_time = 0`.execute(connection);
    }
  });

const placeOf = (row: { started_at: Date; id: Buffer }): Place => ({ startedAt: row.started_at, id: row.id });

/** The first rows of a part of the list that the search finds, one more than a page. */
const found = (database: Database, query: RecordQuery, span: Span): Promise<RecordRow[]> =>
  database.read((db) =>
    limited(
      db,
      db
        .selectFrom("records")
        .selectAll()
        .where((where) =>
          where.and([...when(where, query, span), ...indexed(where, query), ...looked(where, query)]),
        )
        .orderBy("started_at", "desc")
        .orderBy("id", "desc")
        .limit(query.limit + 1),
    ),
  );

/** The place so many rows further down, as the index by start counts them; undefined: the list ends before. */
async function furtherDown(
  database: Database,
  query: RecordQuery,
  before: Place | undefined,
  rows: number,
): Promise<Place | undefined> {
  const [row] = await database.read((db) =>
    limited(
      db,
      db
        .selectFrom("records")
        .select(["started_at", "id"])
        .where((where) => where.and(when(where, query, { before })))
        .orderBy("started_at", "desc")
        .orderBy("id", "desc")
        .offset(rows - 1)
        .limit(1),
    ),
  );
  return row && placeOf(row);
}

/** One page of rows, and the place after which the next one begins; null: there is nothing further down. */
interface Page {
  rows: RecordRow[];
  next: Place | null;
}

const startOf = ({ after }: RecordQuery): Place | undefined => {
  if (after === undefined) return undefined;
  const { at, id } = placeIn(after);
  return { startedAt: at, id };
};

const cutAt = (rows: RecordRow[], limit: number, further: Place | null): Page => {
  const final = rows[limit - 1];
  return final && rows.length > limit
    ? { rows: rows.slice(0, limit), next: placeOf(final) }
    : { rows, next: further };
};

/** In one statement: an index leads to the rows in their order. */
const atOnce = async (database: Database, query: RecordQuery): Promise<Page> =>
  cutAt(await found(database, query, { before: startOf(query) }), query.limit, null);

/** Rows so many further down, and the place where the next ones begin; undefined: it is too much for the server at once. */
async function oneStep(database: Database, query: RecordQuery, before: Place | undefined, step: number) {
  try {
    const last = await furtherDown(database, query, before, step);
    return { rows: await found(database, query, { before, last }), last };
  } catch (error) {
    if (errnoOf(error) !== 1969 || step <= shortestStep) throw error;
    return undefined;
  }
}

/** In steps through the list, until the page is full or the time is over. */
async function inSteps(database: Database, query: RecordQuery): Promise<Page> {
  const rows: RecordRow[] = [];
  const until = performance.now() + lookingMs;
  let before = startOf(query);
  for (let step = firstStep; ; ) {
    const began = performance.now();
    const one = await oneStep(database, query, before, step);
    if (!one) {
      step = Math.max(shortestStep, Math.floor(step / 8));
      continue;
    }
    rows.push(...one.rows);
    if (!one.last || rows.length >= query.limit || performance.now() > until)
      return cutAt(rows, query.limit, one.last ?? null);
    before = one.last;
    // Twice as many take twice as long, which must stay far below what the server allows.
    if (performance.now() - began < lookingMs / 4) step = Math.min(2 * step, longestStep);
  }
}

async function pageOf(database: Database, query: RecordQuery): Promise<Page> {
  if (!mustLook(query)) return atOnce(database, query);
  if (!isNarrow(query)) return inSteps(database, query);
  return atOnce(database, query).catch((error: unknown) => {
    // The one number or user had most of the calls.
    if (errnoOf(error) !== 1969) throw error;
    return inSteps(database, query);
  });
}

/** So many at once are looked at for somebody who sees few of them. */
const lookedAtOnce = 500;

/**
 * One page of call records, newest first. A search that must look at each row stops after a second: the page is shorter then,
 * `next` goes on from where it stopped.
 * @param sees missing: whoever asks sees all
 * @throws Problem `invalid-request` for an `after` that is not ours; error 1969 of the server when one statement takes too long.
 */
export async function searchRecords(
  database: Database,
  query: RecordQuery,
  sees?: (record: CallRecord) => boolean,
): Promise<{ records: CallRecord[]; next: string | null; searched_to: string | null }> {
  const { rows, next } = sees
    ? await seenPage(
        {
          page: (after) => shownPage(database, { ...query, after, limit: lookedAtOnce }),
          placeOf: ({ started_at, id }) =>
            placeText({ at: new Date(started_at), id: Buffer.from(id, "hex") }),
          sees,
        },
        query.after,
        query.limit,
      )
    : await shownPage(database, query);
  return { records: rows, next, searched_to: next && placeIn(next).at.toISOString() };
}

async function shownPage(
  database: Database,
  query: RecordQuery,
): Promise<{ rows: CallRecord[]; next: string | null }> {
  const { rows, next } = await pageOf(database, query);
  return {
    rows: await shownRecords(database, rows),
    next: next && placeText({ at: next.startedAt, id: next.id }),
  };
}
