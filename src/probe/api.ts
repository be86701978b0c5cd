import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import type { HostContext } from "../cluster/facts.ts";
import type { ProbeStore } from "./store.ts";

/** GET /v1/probe: how far this node's functional test came. For the agent. */
export const probeRoutes =
  ({ probes, context }: { probes: ProbeStore; context: HostContext }): FastifyPluginAsyncZod =>
  async (app) => {
    const answer = z.object({ call_id: z.string().nullable() });
    app.get("/v1/probe", { schema: { hide: true, response: { 200: answer } } }, async () => ({
      call_id: (await probes.newest(context.self.name)) ?? null,
    }));
  };
