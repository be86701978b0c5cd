import type { FastifyReply, FastifyRequest } from "fastify";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { sql } from "kysely";
import { z } from "zod";
import { type CallEvent, eventSchema } from "../call/contract.ts";
import type { Database } from "../db/database.ts";
import { Problem } from "../http/problems.ts";
import { narrowingOf } from "../http/scope.ts";
import { legsOf } from "./build-record.ts";
import { type CallRecord, callRecordSchema } from "./call-record.ts";
import { csvOf } from "./csv.ts";
import type { Reconciler } from "./reconcile.ts";
import { reconciliationSchema } from "./reconciliation-schema.ts";
import { recordQuery } from "./record-query-schema.ts";
import { searchRecords } from "./search.ts";
import { shownRecords } from "./shown.ts";

const listQuery = recordQuery.extend({
  format: z.enum(["json", "csv"]).optional().describe("default: as the header Accept asks"),
});

const recordPageSchema = z.object({
  records: z.array(callRecordSchema),
  next: z.string().nullable().describe("`after` of the next page; null: there is nothing older"),
  searched_to: z
    .string()
    .nullable()
    .describe("all that began after this was looked at, for this page and those before it; null: everything"),
});

const params = z.object({ id: z.string().regex(/^[0-9a-f]{32}$/, "must be 32 hexadecimal digits") });

const checkQuery = z.object({
  hours: z.coerce
    .number()
    .positive()
    .max(24 * 31)
    .default(24),
});

/** @throws Problem `not-found` */
async function recordWithEvents(
  database: Database,
  id: string,
  sees?: (record: CallRecord) => boolean,
): Promise<{ record: CallRecord; events: CallEvent[] }> {
  const row = await database.read((db) =>
    db.selectFrom("records").selectAll().where("id", "=", Buffer.from(id, "hex")).executeTakeFirst(),
  );
  const [record] = row ? await shownRecords(database, [row]) : [];
  if (!row || !record || sees?.(record) === false) throw new Problem("not-found", `there is no record ${id}`);
  const stored = await database.read((db) =>
    db
      .selectFrom("events")
      .select("body")
      .where("call_ref", "=", row.call_ref)
      .orderBy(sql`at, id`)
      .execute(),
  );
  const events = stored.map(({ body }) => JSON.parse(body) as CallEvent); // checked when it was stored
  return { record, events: legsOf(events).get(row.from_tag) ?? [] };
}

/** Which of them somebody may see; undefined: all. */
function seesIn(request: FastifyRequest): ((record: CallRecord) => boolean) | undefined {
  const narrowing = narrowingOf(request);
  return narrowing && ((record) => narrowing.call(record));
}

/** /v1/records: call records, newest first. */
export const recordRoutes =
  ({ database, reconciler }: { database: Database; reconciler: Reconciler }): FastifyPluginAsyncZod =>
  async (app) => {
    const tags = ["records"];
    // A browser may keep it, and asks whether it is still so.
    app.addHook("onSend", async ({ method }, reply) => {
      if (method === "GET" && (reply.statusCode === 200 || reply.statusCode === 304))
        reply.header("cache-control", "private, no-cache");
    });
    app.get(
      "/v1/records",
      {
        schema: {
          summary: "Call records, newest first",
          description:
            "A page has as many as `limit` says, or fewer when each row had to be looked at for more than a second: as long as " +
            "`next` is there, more may come. With `Accept: text/csv` or `format=csv`: all that the search finds, as one CSV file.",
          tags,
          querystring: listQuery,
          response: { 200: recordPageSchema },
        },
      },
      async (request, reply) => {
        const { format, ...query } = request.query;
        const sees = seesIn(request);
        const accepts = request.headers.accept ?? "";
        if (format !== "csv" && !(format === undefined && /^text\/csv\b/i.test(accepts)))
          return searchRecords(database, query, sees);
        reply
          .type("text/csv; charset=utf-8; header=present")
          .header("content-disposition", 'attachment; filename="records.csv"')
          .header("cache-control", "no-store");
        // A stream is sent as it is, past the schema of the JSON answer.
        return (reply as FastifyReply).send(await csvOf(database, query, sees));
      },
    );
    app.get(
      "/v1/records/check",
      {
        schema: {
          summary: "Are all events of this node's journals in the database?",
          description: "Compares event by event and stores again what is missing.",
          tags,
          querystring: checkQuery,
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
          params,
          response: { 200: z.object({ record: callRecordSchema, events: z.array(eventSchema) }) },
        },
      },
      (request) => recordWithEvents(database, request.params.id, seesIn(request)),
    );
  };
