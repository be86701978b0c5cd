import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import type { HostContext } from "../cluster/facts.ts";
import type { Database } from "../db/database.ts";
import { AgentDoor } from "./agent-door.ts";
import { clusterRoutes } from "./cluster-api.ts";
import { ClusterWatch } from "./cluster-watch.ts";
import { drillRunRoutes } from "./drills-api.ts";
import { orderRoutes } from "./orders-api.ts";
import { registrationRoutes } from "./registrations-api.ts";
import { timelineRoutes } from "./timeline-api.ts";

/** What the app tells and orders of the cluster itself, by way of its host's agent. */

export interface Operations extends AsyncDisposable {
  routes: FastifyPluginAsyncZod[];
  /** What the hosts say of themselves now. */
  reports: AgentDoor["cluster"];
}

export function createOperations(parts: {
  context: HostContext;
  database: Database;
  events: { requestFailed(method: string, url: string, error: unknown): void };
}): Operations {
  const { context, database, events } = parts;
  const door = new AgentDoor(context);
  const watch = new ClusterWatch(context, door, database, (error) =>
    events.requestFailed("GET", "/v1/cluster/events", error),
  );
  return {
    reports: () => door.cluster(),
    routes: [
      clusterRoutes(watch),
      orderRoutes(context, door),
      drillRunRoutes(context, door),
      timelineRoutes(context, door, database),
      registrationRoutes(door, database),
    ],
    [Symbol.asyncDispose]: () => door[Symbol.asyncDispose](),
  };
}
