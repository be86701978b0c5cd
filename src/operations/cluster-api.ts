import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { Problem } from "../http/problems.ts";
import { clusterNewsSchema, clusterSchema } from "./cluster-schema.ts";
import type { ClusterWatch } from "./cluster-watch.ts";
import { tellNewest } from "./event-stream.ts";

/** So many may look at the cluster by way of one node. */
const maxListeners = 1000;

/** GET /v1/cluster and its stream: what `dialtone status` knows. */
export const clusterRoutes =
  (watch: ClusterWatch): FastifyPluginAsyncZod =>
  async (app) => {
    const tags = ["cluster"];
    const closing = new AbortController();
    let listeners = 0;
    app.addHook("preClose", async () => closing.abort());

    app.get(
      "/v1/cluster",
      {
        schema: {
          summary: "How the cluster is: hosts, parts, address, light, problems, what to do",
          description:
            "As the agents tell it. Without a database, and without this node's own agent, it is told too, and says so.",
          tags,
          response: { 200: clusterSchema },
        },
      },
      () => watch.now(),
    );

    app.get(
      "/v1/cluster/events",
      {
        schema: {
          summary: "The same when it changes (text/event-stream)",
          description:
            "Server-sent events: `cluster` with the whole, at first and when something changes, `load` with the figures alone. " +
            "`data` is as the schema of this answer says. Only the newest counts: a slow reader misses what is between.",
          tags,
          produces: ["text/event-stream"],
          response: { 200: clusterNewsSchema },
        },
      },
      async (_request, reply) => {
        if (listeners >= maxListeners)
          throw new Problem("not-now", `${maxListeners} look by way of this node already: ask another one`);
        listeners++;
        reply.hijack();
        tellNewest(
          reply.raw,
          (listener) => watch.listen(listener),
          closing.signal,
          () => listeners--,
        );
      },
    );
  };
