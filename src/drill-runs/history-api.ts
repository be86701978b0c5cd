import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import type { Selectable } from "kysely";
import { z } from "zod";
import type { Database } from "../db/database.ts";
import { olderThan } from "../db/older.ts";
import type { DrillRunsTable } from "../db/tables.ts";
import { uuidToBytes } from "../db/uuid.ts";
import { nextPlace, placeIn, timePage } from "../http/paging.ts";
import { Problem } from "../http/problems.ts";
import { type DrillEvidence, type DrillRun, drillEvidenceSchema, drillRunSchema } from "./run-record.ts";

/** /v1/drills: what was drilled, when, and with which result. */

const query = z.object({
  kind: z.string().max(64).optional(),
  since: z.iso.datetime({ offset: true }).optional().describe("finished at or after"),
  ...timePage,
});

const idParam = z.object({ id: z.uuid() });
/** All but the evidence. */
const columns = [
  "id",
  "kind",
  "place",
  "started_at",
  "finished_at",
  "release_version",
  "config",
  "runs",
  "passed",
  "aborted",
  "started_by",
  "summary",
  "figures",
] as const;

export const drillRoutes =
  ({ database }: { database: Database }): FastifyPluginAsyncZod =>
  async (app) => {
    const tags = ["drills"];
    app.post(
      "/v1/drills",
      {
        schema: {
          summary: "Keep the result of a drill",
          description: "Known by its `id`: sending it again changes nothing.",
          tags,
          body: drillEvidenceSchema,
          response: { 201: z.object({ id: z.uuid() }) },
        },
      },
      async ({ body }, reply) => {
        await storeDrill(database, body);
        return reply.code(201).send({ id: body.id });
      },
    );
    app.get(
      "/v1/drills",
      {
        schema: {
          summary: "Drills, newest first, without their evidence",
          tags,
          querystring: query,
          response: { 200: z.object({ drills: z.array(drillRunSchema), next: z.string().nullable() }) },
        },
      },
      async ({ query: { kind, since, after, limit } }) => {
        let select = database.db.selectFrom("drill_runs").select(columns);
        if (kind !== undefined) select = select.where("kind", "=", kind);
        if (since !== undefined) select = select.where("finished_at", ">=", new Date(since));
        if (after !== undefined) select = select.where(olderThan("finished_at", "id", placeIn(after)));
        const page = select.orderBy("finished_at", "desc").orderBy("id", "desc").limit(limit);
        const rows = await database.read(() => page.execute());
        const next = nextPlace(rows, limit, ({ finished_at: at, id }) => ({ at, id }));
        return { drills: rows.map(drillOfRow), next };
      },
    );
    app.get(
      "/v1/drills/last",
      {
        schema: {
          summary: "The newest drill of each kind",
          tags,
          response: { 200: z.object({ drills: z.array(drillRunSchema) }) },
        },
      },
      async () => ({ drills: await lastDrills(database) }),
    );
    app.get(
      "/v1/drills/:id",
      {
        schema: {
          summary: "One drill with its evidence",
          tags,
          params: idParam,
          response: { 200: drillEvidenceSchema },
        },
      },
      async ({ params: { id } }) => {
        const row = await database.read((db) =>
          db.selectFrom("drill_runs").selectAll().where("id", "=", uuidToBytes(id)).executeTakeFirst(),
        );
        if (!row) throw new Problem("not-found", `there is no drill ${id}`);
        return { ...drillOfRow(row), evidence: JSON.parse(row.evidence) as DrillEvidence["evidence"] }; // checked when it was stored
      },
    );
  };

/** Those that ended at or after a moment, newest first; at most 1000. */
export async function drillsSince(database: Database, since: Date): Promise<DrillRun[]> {
  const rows = await database.read((db) =>
    db
      .selectFrom("drill_runs")
      .select(columns)
      .where("finished_at", ">=", since)
      .orderBy("finished_at", "desc")
      .limit(1000)
      .execute(),
  );
  return rows.map(drillOfRow);
}

/** What was measured in the newest drills, newest first; at most 200. */
export async function drillEvidence(database: Database): Promise<DrillEvidence["evidence"][]> {
  const rows = await database.read((db) =>
    db.selectFrom("drill_runs").select("evidence").orderBy("finished_at", "desc").limit(200).execute(),
  );
  return rows.map(({ evidence }) => JSON.parse(evidence) as DrillEvidence["evidence"]); // checked when it was stored
}

async function storeDrill(database: Database, drill: DrillEvidence): Promise<void> {
  const { id, started_at, finished_at, release, passed, figures, evidence, ...same } = drill;
  await database.transact((trx) =>
    trx
      .insertInto("drill_runs")
      .ignore()
      .values({
        ...same,
        id: uuidToBytes(id),
        release_version: release,
        passed: passed ? 1 : 0,
        started_at: new Date(started_at),
        finished_at: new Date(finished_at),
        figures: figures && JSON.stringify(figures),
        evidence: JSON.stringify(evidence),
      })
      .execute(),
  );
}

/** The newest drill of each kind, sorted by kind. */
async function lastDrills(database: Database): Promise<DrillRun[]> {
  const rows = await database.read((db) =>
    db
      .selectFrom("drill_runs")
      .innerJoin(
        (inner) =>
          inner
            .selectFrom("drill_runs")
            .select(["kind as newest_kind", ({ fn }) => fn.max("finished_at").as("newest_at")])
            .groupBy("kind")
            .as("newest"),
        (join) => join.onRef("newest_kind", "=", "kind").onRef("newest_at", "=", "finished_at"),
      )
      .select(columns)
      .orderBy("kind")
      .orderBy("id")
      .execute(),
  );
  // Two that ended in the same millisecond: one is enough.
  return [...new Map(rows.map((row) => [row.kind, drillOfRow(row)])).values()];
}

const hexToUuid = (hex: string): string => hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");

const drillOfRow = (row: Omit<Selectable<DrillRunsTable>, "evidence">): DrillRun => ({
  id: hexToUuid(row.id.toString("hex")),
  kind: row.kind,
  place: row.place,
  started_at: row.started_at.toISOString(),
  finished_at: row.finished_at.toISOString(),
  release: row.release_version,
  config: row.config,
  runs: row.runs,
  passed: row.passed === 1,
  aborted: row.aborted,
  started_by: row.started_by,
  summary: row.summary,
  figures: row.figures === null ? null : (JSON.parse(row.figures) as DrillRun["figures"]), // checked when it was stored
});
