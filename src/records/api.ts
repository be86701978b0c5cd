import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { type SelectQueryBuilder, sql } from "kysely";
import { z } from "zod";
import { type CallEvent, eventSchema } from "../call/contract.ts";
import type { Database } from "../db/database.ts";
import type { Db, RecordsTable, Tables } from "../db/tables.ts";
import { Problem } from "../http/problems.ts";
import { callRefOf, legsOf } from "./build-record.ts";
import { type CallRecord, callRecordSchema, outcomes } from "./call-record.ts";
import { interruptionsOf, interruptionText, type Move, movesDuring } from "./moves.ts";
import type { Reconciler } from "./reconcile.ts";
import { reconciliationSchema } from "./reconcile.ts";
import { recordingsOf } from "./recording-rows.ts";

const moment = z.iso.datetime({ offset: true });

const recordQuery = z.object({
  since: moment.optional().describe("started at or after"),
  until: moment.optional().describe("started before"),
  from: z.string().max(256).optional().describe("part of the caller's address"),
  to: z.string().max(256).optional().describe("part of the called address"),
  number: z.string().max(256).optional().describe("the dialled number, exactly"),
  user: z.string().max(256).optional().describe("the authenticated user, exactly"),
  status: z.coerce.number().int().min(0).max(699).optional(),
  outcome: z.enum(outcomes).optional(),
  node: z.string().max(64).optional().describe("a node that saw something of the call"),
  call_id: z.string().max(512).optional(),
  open: z.stringbool().optional().describe("only calls that are not over (true) or over (false)"),
  ended_since: moment.optional().describe("ended at or after, or not over"),
  affected: z
    .stringbool()
    .optional()
    .describe(
      "true: only calls that something happened to: failed, without their own end, on more than one node",
    ),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  cursor: z.string().max(128).optional().describe("`next` of the page before"),
});

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

/** Newest first. */
export const recordRoutes =
  ({ database, reconciler }: { database: Database; reconciler: Reconciler }): FastifyPluginAsyncZod =>
  async (app) => {
    const tags = ["records"];
    app.get(
      "/v1/records",
      {
        schema: {
          summary: "Call records, newest first",
          tags,
          querystring: recordQuery,
          response: { 200: z.object({ records: z.array(callRecordSchema), next: z.string().nullable() }) },
        },
      },
      async ({ query }) => {
        let select = database.db.selectFrom("records").selectAll();
        const like = (text: string) => `%${text.replace(/[\\%_]/g, "\\$&")}%`;
        if (query.since !== undefined) select = select.where("started_at", ">=", new Date(query.since));
        if (query.until !== undefined) select = select.where("started_at", "<", new Date(query.until));
        if (query.from !== undefined) select = select.where("caller", "like", like(query.from));
        if (query.to !== undefined) select = select.where("callee", "like", like(query.to));
        if (query.number !== undefined) select = select.where("number", "=", query.number);
        if (query.user !== undefined) select = select.where("user_name", "=", query.user);
        if (query.status !== undefined) select = select.where("status", "=", query.status);
        if (query.outcome !== undefined) select = select.where("outcome", "=", query.outcome);
        if (query.node !== undefined)
          select = select.where("nodes", "like", like(JSON.stringify(query.node)));
        if (query.call_id !== undefined) select = select.where("call_ref", "=", callRefOf(query.call_id));
        if (query.open !== undefined) select = select.where("closed_how", query.open ? "is" : "is not", null);
        const { ended_since } = query;
        if (ended_since !== undefined)
          select = select.where((where) =>
            where.or([where("ended_at", ">=", new Date(ended_since)), where("ended_at", "is", null)]),
          );
        if (query.affected === true)
          select = select.where((where) =>
            where.or([
              where("outcome", "in", ["failed", "unknown"]),
              where("closed_how", "in", ["estimated", "media-timeout"]),
              where("nodes", "like", "%,%"),
            ]),
          );
        if (query.cursor !== undefined) {
          const { startedAt, id } = decodeCursor(query.cursor);
          select = select.where((where) =>
            where.or([
              where("started_at", "<", startedAt),
              where.and([where("started_at", "=", startedAt), where("id", "<", id)]),
            ]),
          );
        }
        const page = select
          .orderBy("started_at", "desc")
          .orderBy("id", "desc")
          .limit(query.limit + 1);
        const rows = await database.read((db) => limited(db, page));
        const shown = rows.slice(0, query.limit);
        const recordings = await database.read((db) =>
          recordingsOf(
            db,
            shown.map((row) => row.id),
          ),
        );
        const moves = await database.read((db) => movesDuring(db, shown));
        const records = shown.map((row) => recordOfRow(row, recordings, moves));
        const final = records.at(-1);
        return { records, next: rows.length > query.limit && final ? encodeCursor(final) : null };
      },
    );
    app.get(
      "/v1/records/check",
      {
        schema: {
          summary: "Are all events of this node's journals in the database?",
          description: "Compares event by event and stores again what is missing.",
          tags,
          querystring: z.object({
            hours: z.coerce
              .number()
              .positive()
              .max(24 * 31)
              .default(24),
          }),
          response: { 200: reconciliationSchema },
        },
      },
      ({ query: { hours } }) => reconciler.check(hours),
    );
    app.get(
      "/v1/records/:id",
      {
        schema: {
          summary: "One call record with the events that it was built from",
          tags,
          params: z.object({ id: z.string().regex(/^[0-9a-f]{32}$/, "must be 32 hexadecimal digits") }),
          response: { 200: z.object({ record: callRecordSchema, events: z.array(eventSchema) }) },
        },
      },
      async ({ params: { id } }) => {
        const row = await database.read((db) =>
          db.selectFrom("records").selectAll().where("id", "=", Buffer.from(id, "hex")).executeTakeFirst(),
        );
        if (!row) throw new Problem("not-found", `there is no record ${id}`);
        const rows = await database.read((db) =>
          db
            .selectFrom("events")
            .select("body")
            .where("call_ref", "=", row.call_ref)
            .orderBy(sql`at, id`)
            .execute(),
        );
        const all = rows.map((entry) => JSON.parse(entry.body) as CallEvent); // checked when it was stored
        const recordings = await database.read((db) => recordingsOf(db, [row.id]));
        const moves = await database.read((db) => movesDuring(db, [row]));
        return { record: recordOfRow(row, recordings, moves), events: legsOf(all).get(row.from_tag) ?? [] };
      },
    );
  };

const recordOfRow = (
  row: Omit<RecordsTable, "updated_at"> & { updated_at: Date | unknown },
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
  interruptions: interruptionsOf(row, moves),
  note: [row.note, ...interruptionsOf(row, moves).map(interruptionText)].filter(Boolean).join("; "),
  recording: recordings.get(row.id.toString("hex")) ?? null,
  events: row.events,
});
