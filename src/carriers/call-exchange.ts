import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import type { z } from "zod";
import type { HttpClient } from "../http/client.ts";
import { newsPageSchema, newsQuery } from "./call-news.ts";
import type { LiveCalls } from "./live-calls.ts";

/**
 * Apps tell each other of calls through carriers, so that limits count on all nodes and a node that takes over knows what is in
 * progress. A question waits at the other app until there is something new, so that a quiet service costs nothing. No call
 * waits for any of this.
 */

/** News are gathered for so long before they are told. */
const gatherMs = 100;
/** A question without news is answered after so long. */
const holdMs = 5000;
const againMs = 500;

const life = randomUUID();

type Page = z.infer<typeof newsPageSchema>;

const pageSince = (calls: LiveCalls, asked: z.infer<typeof newsQuery>): Page => {
  const found = asked.life === life ? calls.since(asked.from) : undefined;
  const { next, news } = found ?? { next: calls.next, news: calls.all() };
  const page: Page = { life, next, whole: found === undefined, news: [], users: [] };
  for (const one of news)
    if (one.kind === "talk" || one.kind === "idle") page.users.push(one);
    else page.news.push(one);
  return page;
};

/** GET /v1/peer/calls: what is new of calls through carriers. */
export const callNewsRoutes =
  (calls: LiveCalls): FastifyPluginAsyncZod =>
  async (app) => {
    app.get(
      "/v1/peer/calls",
      { schema: { hide: true, querystring: newsQuery, response: { 200: newsPageSchema } } },
      async ({ query }) => {
        const soon = pageSince(calls, query);
        if (soon.whole || soon.news.length + soon.users.length > 0) return soon;
        const waiting = new AbortController();
        await Promise.race([
          calls.changed(),
          delay(holdMs, undefined, { signal: waiting.signal }).catch(() => {}),
        ]);
        waiting.abort();
        await delay(gatherMs);
        return pageSince(calls, query);
      },
    );
  };

/** Learns from one other app what it knows, while that is `wanted`, until `signal` aborts. Who does not answer is asked again. */
export async function learnFrom(
  client: HttpClient,
  calls: LiveCalls,
  signal: AbortSignal,
  wanted: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  let known = { life: "", next: 0 };
  while (!signal.aborted)
    try {
      await wanted(signal);
      const path = `/v1/peer/calls?life=${known.life}&from=${known.next}`;
      const page = newsPageSchema.parse(await client.json({ path, deadlineMs: holdMs + 3000, signal }));
      calls.take([...page.users, ...page.news], page.whole);
      known = page;
    } catch {
      // It is down, or of a release that does not know this: the agents tell that.
      await delay(againMs, undefined, { signal }).catch(() => {});
    }
}
