import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { entityName } from "../directory/names-schema.ts";
import { Problem } from "../http/problems.ts";
import { scriptLogSchema } from "./log-schema.ts";
import type { ScriptHost } from "./script-host.ts";
import { questionKey } from "./web-applications.ts";

/** GET /v1/scripts/:name/log and /v1/question-key: what people who write such things need to see. */
export const scriptRoutes =
  ({ scripts, root }: { scripts: ScriptHost; root: string }): FastifyPluginAsyncZod =>
  async (app) => {
    app.get(
      "/v1/scripts/:name/log",
      {
        schema: {
          summary: "How a script does at this node, and what it logged there",
          tags: ["scripts"],
          params: z.object({ name: entityName }),
          response: { 200: scriptLogSchema },
        },
      },
      async ({ params: { name } }) => {
        const state = scripts.states().find((each) => each.name === name);
        if (!state)
          throw new Problem("not-found", `no script ${name} was used at this node since it started`);
        const lines = scripts
          .log(name)
          .map(({ at, ...line }) => ({ at: new Date(at).toISOString(), ...line }));
        return { ...state, lines };
      },
    );
    app.get(
      "/v1/question-key",
      {
        schema: {
          summary: "The key that questions to a web application are signed with (Standard Webhooks)",
          tags: ["rules"],
          querystring: z.object({ url: z.url({ protocol: /^https?$/ }) }),
          response: { 200: z.object({ origin: z.string(), key: z.string() }) },
        },
      },
      async ({ query: { url } }) => ({ origin: new URL(url).origin, key: questionKey(root, url) }),
    );
  };
