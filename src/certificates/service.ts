import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import type { HostContext } from "../cluster/facts.ts";
import type { Database } from "../db/database.ts";
import { type CertificateApiParts, certificateRoutes } from "./api.ts";
import { CertificateKeeper, type KeeperParts } from "./keeper.ts";
import { CertificateStore } from "./store.ts";

/** What an app has of the web door's certificates. */
export interface CertificateService {
  routes: FastifyPluginAsyncZod[];
  run(signal: AbortSignal): Promise<void>;
}

export function createCertificates({
  context,
  database,
  reports,
  ...parts
}: {
  context: HostContext;
  database: Database;
  reports: CertificateApiParts["reports"];
} & Pick<KeeperParts, "holds" | "ready" | "events">): CertificateService {
  const store = new CertificateStore(database);
  const keeper = new CertificateKeeper({ context, store, ...parts });
  return {
    routes: [certificateRoutes({ context, store, changed: () => keeper.changed(), reports })],
    run: (signal) => keeper.run(signal),
  };
}
