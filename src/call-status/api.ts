import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { callStatusSchema, newsSchema, newsTypes } from "../call/news-schema.ts";
import type { Database } from "../db/database.ts";
import { Problem } from "../http/problems.ts";
import { narrowingOf } from "../http/scope.ts";
import { callRefOf } from "../records/build-record.ts";
import type { CallRecord } from "../records/call-record.ts";
import { feedHead } from "../records/feed.ts";
import { recordQuery } from "../records/record-query-schema.ts";
import { searchRecords } from "../records/search.ts";
import { callFilterSchema } from "../webhooks/webhook-schema.ts";
import type { FeedReader } from "./feed-reader.ts";
import { statusOf } from "./status.ts";
import { type Followed, placeAfter, tellNews } from "./stream.ts";

/** So many may listen to the stream of one node: 200 open consoles, and programs. */
const maxListeners = 300;

const liveQuery = recordQuery
  .pick({ user: true, number: true, carrier: true, tag: true, limit: true, after: true })
  .extend({ state: z.enum(["trying", "ringing", "answered"]).optional() });

const streamQuery = callFilterSchema.extend({
  types: z
    .string()
    .transform((text) => text.split(","))
    .pipe(z.array(z.enum(newsTypes)))
    .optional()
    .describe(`which, with commas between them: ${newsTypes.join(", ")}; default: all`),
  last_event_id: z.string().max(32).optional().describe("as the header Last-Event-ID, which counts more"),
});

/** GET /v1/calls: calls in progress. GET /v1/call-events: what happens to calls, as a stream. */
export const callStatusRoutes =
  ({
    database,
    reader,
    followed,
  }: {
    database: Database;
    reader: FeedReader;
    followed: Followed;
  }): FastifyPluginAsyncZod =>
  async (app) => {
    const tags = ["call status"];
    const closing = new AbortController();
    let listeners = 0;
    app.addHook("preClose", async () => closing.abort());

    app.get(
      "/v1/calls",
      {
        schema: {
          summary: "Calls in progress on all nodes, newest first",
          description:
            "As the call records know them, up to two thirds of a second late. `ringing` is told while a webhook wants call.ringing; " +
            "else such a call is `trying`. Calls that are over: /v1/records.",
          tags,
          querystring: liveQuery,
          response: { 200: z.object({ calls: z.array(callStatusSchema), next: z.string().nullable() }) },
        },
      },
      async (request) => {
        const { state, ...query } = request.query;
        const narrowing = narrowingOf(request);
        const sees = narrowing && ((record: CallRecord) => narrowing.call(record));
        const { records, next } = await searchRecords(database, { ...query, open: true }, sees);
        const rang = await ringing(
          database,
          records.map(({ call_id }) => callRefOf(call_id)),
        );
        const calls = records.map((record) =>
          statusOf(record, rang.has(callRefOf(record.call_id).toString("hex"))),
        );
        return { calls: calls.filter((call) => state === undefined || call.state === state), next };
      },
    );

    app.get(
      "/v1/call-events",
      {
        schema: {
          summary: "What happens to calls, as it happens (text/event-stream)",
          description:
            "Server-sent events of the calls of all nodes; `data` is as the schema of this answer says. With the header " +
            "Last-Event-ID it goes on behind that event, up to a day later; event `gap`: some before are not kept any more. " +
            "An event may come twice (after a restart), with the same `id` in its data.",
          tags,
          querystring: streamQuery,
          produces: ["text/event-stream"],
          response: { 200: newsSchema },
        },
      },
      async (request, reply) => {
        const { headers, query } = request;
        const narrowing = narrowingOf(request);
        const { types, last_event_id, ...filter } = query;
        const id = [headers["last-event-id"]].flat()[0] ?? last_event_id;
        const place = id === undefined ? undefined : placeAfter(id);
        if (id !== undefined && !place)
          throw new Problem("invalid-request", `Last-Event-ID: ${id} is not one of ours`);
        if (listeners >= maxListeners)
          throw new Problem("not-now", `${maxListeners} listen to this node already: ask another one`);
        const start = place ?? { position: await database.read(feedHead), within: 0 };
        listeners++;
        reply.hijack();
        const { raw } = reply;
        raw.writeHead(200, {
          "content-type": "text/event-stream",
          "cache-control": "no-store",
          "x-accel-buffering": "no",
        });
        const wanted = { types: types && new Set(types), filter, narrowing };
        void tellNews(raw, { followed, reader, wanted }, start, closing.signal)
          .catch(() => {}) // a fault of the connection, which is over
          .finally(() => listeners--);
      },
    );
  };

/** Of these calls, those of which a telephone said that it rings. */
async function ringing(database: Database, refs: readonly Buffer[]): Promise<Set<string>> {
  if (refs.length === 0) return new Set();
  const rows = await database.read((db) =>
    db
      .selectFrom("events")
      .select("call_ref")
      .where("kind", "=", "ring")
      .where("call_ref", "in", refs)
      .execute(),
  );
  return new Set(rows.map(({ call_ref }) => call_ref.toString("hex")));
}
