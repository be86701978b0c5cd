import { sql } from "kysely";
import type { Database } from "../db/database.ts";
import type { PastCall } from "./replay.ts";

/** Call records of a time, in small pages. */

const pageRows = 5000;

interface Row {
  call_id: string;
  caller: string;
  number: string;
  user_name: string;
  source: string;
  started_at: Date;
  answered_at: Date | null;
  duration_ms: number | null;
  rule: string;
}

/**
 * The records lie in the order of their ids, which are digests: those of a day are on pages everywhere in the table. So it is read from
 * its beginning to its end in slices of ids, one after the other: finding each record by its time would read a page for each.
 */
export async function* pastCalls(database: Database, since: Date, until: Date): AsyncGenerator<PastCall[]> {
  const slices = Math.max(1, Math.ceil((await rowsAbout(database)) / pageRows));
  let next = slice(database, since, until, 0, slices);
  for (let at = 0; at < slices; at++) {
    const rows = await next;
    if (at + 1 < slices) {
      // The next slice is read while this one is decided.
      next = slice(database, since, until, at + 1, slices);
      next.catch(() => {}); // whoever awaits it sees the error
    }
    if (rows.length > 0)
      yield rows.map((row) => ({
        callId: row.call_id,
        caller: row.caller,
        number: row.number,
        user: row.user_name,
        source: row.source,
        startedMs: row.started_at.getTime(),
        durationMs: row.answered_at === null || row.duration_ms === null ? null : Number(row.duration_ms),
        rule: row.rule,
      }));
  }
}

/** As the database guesses: it counts none. */
const rowsAbout = (database: Database): Promise<number> =>
  database.read(async (db) => {
    const { rows } = await sql<{
      count: number | null;
    }>`SELECT table_rows AS count FROM information_schema.tables
      WHERE table_schema = DATABASE() AND table_name = 'records'`.execute(db);
    return Number(rows[0]?.count ?? 0);
  });

/** The id at which a slice begins: of 32 bits, which are spread evenly. Pure. */
export function beginOf(at: number, slices: number): Buffer {
  const id = Buffer.alloc(16);
  id.writeUInt32BE(Math.floor((at / slices) * 2 ** 32), 0);
  return id;
}

const slice = (database: Database, since: Date, until: Date, at: number, slices: number): Promise<Row[]> =>
  database.read(
    async (db) => {
      const end = at + 1 < slices ? sql`AND id < ${beginOf(at + 1, slices)}` : sql``;
      const { rows } = await sql<Row>`
        SELECT call_id, caller, number, user_name, source, started_at, answered_at, duration_ms, rule
        FROM records FORCE INDEX (PRIMARY)
        WHERE id >= ${beginOf(at, slices)} ${end} AND started_at >= ${since} AND started_at < ${until}`.execute(
        db,
      );
      return rows;
    },
    { deadlineMs: 60_000 },
  );
