import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { DateTime } from "luxon";
import type { Database } from "../db/database.ts";
import { Problem } from "../http/problems.ts";
import { hourMs } from "../records/hour-marks.ts";
import { report } from "./read.ts";
import { reportQuery, reportSchema } from "./report-schema.ts";

const weekMs = 7 * 24 * hourMs;
const mostMs = 800 * 24 * hourMs;

/** /v1/reports: figures of calls. */
export const reportRoutes =
  (database: Database): FastifyPluginAsyncZod =>
  async (app) => {
    app.get(
      "/v1/reports/calls",
      {
        schema: {
          summary: "Calls by hour, day, number, user, carrier, rule or node, with their outcomes",
          description:
            "Counted by the hour a few minutes after calls change; no record is looked at. Hours are kept for 100 days, " +
            "days for 800. An hour keeps the 2000 values with most calls of each kind, the others as `*`.",
          tags: ["records"],
          querystring: reportQuery,
          response: { 200: reportSchema },
        },
      },
      async ({ query }) => {
        const now = Date.now();
        const until = query.until === undefined ? now : Date.parse(query.until);
        const since = query.since === undefined ? until - weekMs : Date.parse(query.since);
        const refuse = (path: string, message: string) =>
          new Problem("invalid-request", message, [{ path, message }]);
        if (since >= until) throw refuse("/since", "must be before `until`");
        if (until - since > mostMs) throw refuse("/since", "must be at most 800 days before `until`");
        if (!DateTime.utc().setZone(query.time_zone).isValid)
          throw refuse("/time_zone", "must be an IANA time zone such as Europe/Amsterdam");
        return await report(database, query, { since, until });
      },
    );
  };
