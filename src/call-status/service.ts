import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import type { Database } from "../db/database.ts";
import { type AddressWatch, whyNotOwner } from "../recordings/owner.ts";
import { pruneFeed } from "../records/feed.ts";
import { callStatusRoutes } from "./api.ts";
import { Courier } from "./delivery.ts";
import { FeedReader } from "./feed-reader.ts";
import { Positions } from "./positions.ts";
import { Teller, type TellerParts } from "./teller.ts";
import { webhookRoutes } from "./webhook-api.ts";

/** Live calls and their news, put together once. */
export interface CallStatusService extends AsyncDisposable {
  routes: FastifyPluginAsyncZod[];
  teller: Teller;
  prune(): Promise<void>;
}

export function createCallStatus({
  database,
  live,
  watch,
  secret,
  events,
}: {
  database: Database;
  live: TellerParts["live"] & Parameters<typeof webhookRoutes>[0]["live"];
  watch: Pick<AddressWatch, "view">;
  /** What keys of receivers are derived from. */
  secret: string;
  events: TellerParts["events"];
}): CallStatusService {
  const reader = new FeedReader(database);
  const positions = new Positions(database);
  const courier = new Courier(secret);
  const holds = async () => whyNotOwner(await watch.view()) === undefined;
  return {
    teller: new Teller({ live, reader, positions, courier, holds, events }),
    routes: [
      callStatusRoutes({ database, reader, followed: live }),
      webhookRoutes({ courier, positions, live }),
    ],
    prune: () => pruneFeed(database.db),
    [Symbol.asyncDispose]: () => courier[Symbol.asyncDispose](),
  };
}
