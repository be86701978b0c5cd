import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import type { HostContext } from "../cluster/facts.ts";
import type { Database } from "../db/database.ts";
import { AcmeOrders, type AcmeParts } from "./acme.ts";
import { AcmeStore } from "./acme-store.ts";
import { type CertificateApiParts, certificateRoutes } from "./api.ts";
import { CertificateKeeper, type KeeperParts } from "./keeper.ts";
import { CertificateStore } from "./store.ts";

/** What an app has of the web door's certificates. */
export interface CertificateService {
  routes: FastifyPluginAsyncZod[];
  /** What people should know. */
  problems(): string[];
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
} & Pick<KeeperParts, "holds" | "ready"> & {
    events: KeeperParts["events"] & AcmeParts["events"];
  }): CertificateService {
  const store = new CertificateStore(database);
  const orders = new AcmeStore(database);
  const acme = new AcmeOrders({ context, store, orders, ...parts });
  const keeper = new CertificateKeeper({ context, store, acme, ...parts });
  return {
    problems: () => acme.problems(),
    routes: [
      certificateRoutes({
        ...{ context, store, acme, answers: orders, reports },
        changed: () => keeper.changed(),
      }),
    ],
    run: (signal) => keeper.run(signal),
  };
}
