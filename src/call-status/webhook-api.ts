import { randomUUID } from "node:crypto";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { Problem } from "../http/problems.ts";
import type { TestNews } from "../webhooks/catalogue.ts";
import { deliveriesSchema, testedSchema, type Webhook, webhookSchema } from "../webhooks/webhook-schema.ts";
import type { Courier } from "./delivery.ts";
import type { Positions } from "./positions.ts";

const params = z.object({ name: webhookSchema.shape.name });

/** What webhooks have beside what all things have: how they do, and a test. */
export const webhookRoutes =
  (parts: {
    courier: Courier;
    positions: Positions;
    live: { feed: number; snapshot: { parts: { webhooks: { get(name: string): Webhook | undefined } } } };
  }): FastifyPluginAsyncZod =>
  async (app) => {
    const { courier, positions, live } = parts;
    const tags = ["call status"];
    app.get(
      "/v1/webhooks/:name/deliveries",
      {
        schema: {
          summary: "How a webhook does: what was told, what waits and why",
          tags,
          params,
          response: { 200: deliveriesSchema },
        },
      },
      ({ params: { name } }) => positions.deliveries(name, live.feed),
    );
    app.post(
      "/v1/webhooks/:name/test",
      {
        schema: {
          summary: "Tells a webhook that this is a test, now, from the node that is asked",
          tags,
          params,
          response: { 200: testedSchema },
        },
      },
      async ({ params: { name } }) => {
        const hook = live.snapshot.parts.webhooks.get(name);
        if (!hook) throw new Problem("not-found", `there is no webhook ${name}`);
        const id = randomUUID();
        const body: TestNews = { id, type: "test", time: new Date().toISOString(), webhook: name };
        const attempts = await courier.deliver(hook, id, body, AbortSignal.timeout(60_000));
        return {
          taken: attempts.some(({ taken }) => taken),
          attempts: attempts.map(({ url, answer, ms }) => ({ url, answer, ms })),
        };
      },
    );
  };
