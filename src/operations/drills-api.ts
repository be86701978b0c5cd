import { Cron } from "croner";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { safeDrills } from "../cluster/drills-schema.ts";
import type { HostContext } from "../cluster/facts.ts";
import { Problem } from "../http/problems.ts";
import type { AgentDoor } from "./agent-door.ts";
import { runRequest, scheduleSchema } from "./drills-schema.ts";
import { give, holderOf, orderId, viewOf, whoAsks } from "./orders-api.ts";
import { givenSchema } from "./orders-schema.ts";

/** Running drills on the cluster, and their schedule. Results: /v1/drills (drill-runs/). */

export const drillRunRoutes =
  (context: Pick<HostContext, "cluster" | "self">, door: AgentDoor): FastifyPluginAsyncZod =>
  async (app) => {
    const tags = ["drills"];
    app.get(
      "/v1/drills/schedule",
      {
        schema: {
          summary: "What is drilled by itself and when, and what may be run",
          description: "The schedule stands in cluster.yaml (`drills`); 'dialtone apply' changes it.",
          tags,
          response: { 200: scheduleSchema },
        },
      },
      () => {
        const { time_zone, schedule } = context.cluster.drills;
        return {
          time_zone,
          windows: schedule.map(({ cron, window_minutes, run }) => ({
            ...{ cron, window_minutes, run },
            next: new Cron(cron, { timezone: time_zone, paused: true })
              .nextRuns(3)
              .map((date) => date.toISOString()),
          })),
          safe: [...safeDrills],
        };
      },
    );
    app.post(
      "/v1/drills/run",
      {
        schema: {
          summary: "Run a drill on the cluster, under calls of its own",
          description:
            "The holder of the service address runs it, while all is green, one at a time. Its progress stands in /v1/cluster " +
            "(`drilling`), that it has begun or was refused under `orders`, its result in /v1/drills.",
          tags,
          body: runRequest,
          response: { 202: givenSchema },
        },
      },
      async (request, reply) => {
        const { body } = request;
        const name = safeDrills.find((safe) => safe === body.name);
        if (name === undefined)
          throw new Problem("unknown-name", `${body.name} is no drill that may run on a cluster`, [
            { path: "/name", message: `must be one of ${safeDrills.join(", ")}` },
          ]);
        const view = await viewOf(context, door);
        const work = { kind: "drill", name, runs: body.runs } as const;
        const by = { id: orderId(request), who: whoAsks(request) };
        return reply.code(202).send(await give(context, door, holderOf(view), work, by));
      },
    );
  };
