import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import type { AccessService } from "../access/service.ts";
import type { Teller } from "../call-status/teller.ts";
import type { LiveNames } from "../carriers/live-names.ts";
import type { Database } from "../db/database.ts";
import type { HttpJournal } from "../journal/http-journal.ts";
import type { SpaceGuard } from "../recordings/guard.ts";
import type { Reconciler } from "../records/reconcile.ts";
import type { Shipper } from "../records/shipper.ts";
import { type AppHealth, healthSchema } from "../report/app-health.ts";
import type { LiveRouting } from "../routing/live.ts";
import type { LoopMonitor } from "../telemetry/loop-delay.ts";

/** The database counts as usable when it confirmed the rules' version so recently. */
const freshMs = 3000;

/** Kamailio waits 300 ms for a decision. */
const slowLoopMs = 150;

/** Who tells what of the app's health. */
export interface HealthParts {
  node: string;
  live: Pick<LiveRouting, "state">;
  database: Pick<Database, "state">;
  journal: Pick<HttpJournal, "health">;
  shipper: Pick<Shipper, "state">;
  reconciler: Pick<Reconciler, "last">;
  guard: Pick<SpaceGuard, "problem">;
  teller: Pick<Teller, "problem">;
  names: Pick<LiveNames, "problems">;
  certificates: { problems(): string[] };
  access: Pick<AccessService, "endingTokens">;
  loop: Pick<LoopMonitor, "read">;
  schemaReady: () => boolean;
}

/** Collects the health document; asks nothing that could hang but the local file system. */
export async function healthOf(parts: HealthParts): Promise<AppHealth> {
  const { node, live, database, journal, shipper, reconciler, guard, teller, names, schemaReady } = parts;
  const rules = live.state();
  const loop = parts.loop.read();
  const disk = await journal.health();
  const ship = shipper.state();
  const databaseOk = rules.confirmed_ms_ago !== null && rules.confirmed_ms_ago < freshMs;
  const last = reconciler.last();
  const problems = [
    ...(rules.source === "empty" ? ["no rules known yet: every call is refused"] : []),
    ...(databaseOk ? [] : ["no database can be used"]),
    ...(disk.ok ? [] : [`journal: ${disk.detail}`]),
    ...(ship.waiting_ms > 5000
      ? [`events have been waiting for ${Math.round(ship.waiting_ms / 1000)} s`]
      : []),
    ...[guard.problem() ?? []].flat(),
    ...teller.problem(),
    ...names.problems(),
    ...parts.certificates.problems(),
    ...(loop.p99Ms > slowLoopMs ? [`answers late: its event loop is ${loop.p99Ms} ms behind`] : []),
    ...(last.missing > 0 ? [`${last.missing} events were missing in the database`] : []),
    ...(ship.quarantined > 0 ? [`${ship.quarantined} journal lines set aside`] : []),
  ];
  const ending = parts.access.endingTokens();
  return {
    ok: rules.source !== "empty" && disk.ok,
    host: node,
    problems,
    rules,
    database: {
      ok: databaseOk,
      schema_ready: schemaReady(),
      servers: database.state().map((server) => ({ ...server, error: server.error ?? null })),
    },
    journal: disk,
    shipper: { ...ship, error: ship.error ?? null },
    ...(ending.length > 0 && { tokens_ending: ending }),
    records: last,
    event_loop: { p99_ms: loop.p99Ms, max_ms: loop.maxMs },
  };
}

/** GET /v1/health */
export const healthRoutes =
  (parts: HealthParts): FastifyPluginAsyncZod =>
  async (app) => {
    app.get(
      "/v1/health",
      {
        schema: { summary: "How this node's app is", tags: ["health"], response: { 200: healthSchema } },
        // Asked several times a second, and typed already: not compared with its schema each time.
        serializerCompiler: () => (document) => JSON.stringify(document),
      },
      () => healthOf(parts),
    );
  };
