import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { dialCredentials, dialUser } from "../call/dial-user.ts";
import type { CallStatus } from "../call/news-schema.ts";
import { statusOf } from "../call-status/status.ts";
import { type HostContext, ports, serviceIp } from "../cluster/facts.ts";
import type { Database } from "../db/database.ts";
import { type AddressWatch, whyNotOwner } from "../recordings/owner.ts";
import { searchRecords } from "../records/search.ts";
import type { LiveRouting } from "../routing/live.ts";
import { Credentials } from "../sip/user-agent/credentials.ts";
import { ActiveDials } from "./active.ts";
import { type DialWork, dialRoutes, dialWork } from "./api.ts";
import { Dialer, type DialerParts } from "./dialer.ts";
import { DialStore, type OpenDial } from "./store.ts";
import { Telephone } from "./telephone.ts";

/** Click-to-dial, put together once. */
export interface DialService {
  routes: FastifyPluginAsyncZod[];
  work: DialWork;
  active: ActiveDials;
  dialer: Dialer;
  prune(): Promise<void>;
}

const keptDays = 30;
/** A nonce is good for 300 s (sip/modules.cfg). */
const nonceMs = 240_000;

export function createDials({
  context,
  database,
  live,
  watch,
  events,
}: {
  context: HostContext;
  database: Database;
  live: LiveRouting;
  watch: Pick<AddressWatch, "view">;
  events: DialerParts["events"];
}): DialService {
  const { cluster, self } = context;
  const { realm, port } = cluster.sip;
  const address = serviceIp(cluster);
  const store = new DialStore(database);
  const active = new ActiveDials();
  const callsOf = async ({ id, created_at }: OpenDial): Promise<CallStatus[]> => {
    const { records } = await searchRecords(database, {
      since: created_at,
      tag: { name: "dial", value: id },
      limit: 10,
    });
    return records.map((record) => statusOf(record, false));
  };
  const dialer = new Dialer({
    live,
    store,
    active,
    node: self.name,
    openTelephone: () =>
      Telephone.open(
        { address, port: ports.dialer },
        { address, port },
        realm,
        new Credentials({ user: dialUser, ...dialCredentials(context) }, nonceMs),
      ),
    holds: async () => whyNotOwner(await watch.view()) === undefined,
    callToB: async (dial) => (await callsOf(dial)).find(({ user }) => user === dial.user),
    events,
  });
  const work = dialWork({ store, live, callsOf, address, realm });
  return {
    routes: [dialRoutes(work, store)],
    work,
    active,
    dialer,
    prune: () => store.prune(keptDays),
  };
}
