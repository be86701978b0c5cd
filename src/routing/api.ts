import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { understood } from "../call/number.ts";
import { explain } from "./decide.ts";
import type { Snapshot } from "./registry.ts";
import { explanationSchema, simulateQuery } from "./simulation-schema.ts";

/** GET /v1/rules/simulate: what the rules would do. */
export const simulationRoutes =
  (live: { snapshot: Snapshot }, realm: string): FastifyPluginAsyncZod =>
  async (app) => {
    app.get(
      "/v1/rules/simulate",
      {
        schema: {
          summary: "What would happen to a call, and why",
          tags: ["rules"],
          querystring: simulateQuery,
          response: { 200: explanationSchema },
        },
      },
      async ({ query: { number, from, user, source } }) =>
        explain(
          live.snapshot,
          understood({
            v: 1,
            call_id: "simulation",
            from: { user: from, domain: realm },
            to: { user: number, domain: realm },
            request_uri: `sip:${number}@${realm}`,
            number,
            source: { address: source, port: 5060 },
            transport: "udp",
            ...(user !== undefined && { user }),
          }),
          Date.now(),
        ),
    );
  };
