import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { type HostContext, passkeyHost, returnOrigins, webOrigin } from "../cluster/facts.ts";
import { firstAdministratorToken } from "../cluster/secrets.ts";
import type { Database } from "../db/database.ts";
import { storedTag } from "../http/etag.ts";
import type { Related } from "../http/scope.ts";
import type { EndingToken } from "../report/app-health.ts";
import { Answers } from "./answers.ts";
import { type AccessParts, accessRoutes } from "./api.ts";
import { pruneTries } from "./attempts.ts";
import { AuditLog } from "./audit.ts";
import { auditRoutes } from "./audit-api.ts";
import { pruneChallenges } from "./challenges.ts";
import { endingTokens } from "./ending-tokens.ts";
import { factorRoutes } from "./factor-api.ts";
import { Factors } from "./factors.ts";
import { SessionGuard } from "./guard.ts";
import { Identities } from "./identities.ts";
import { Logins } from "./logins.ts";
import { AccessMemory } from "./memory.ts";
import { ownLoginRoutes } from "./own-logins-api.ts";
import { Passkeys } from "./passkeys.ts";
import { People } from "./people.ts";
import { providerRoutes } from "./provider-api.ts";
import { ProviderClient } from "./provider-client.ts";
import { ProviderLogins } from "./provider-logins.ts";
import { Providers } from "./providers.ts";
import { Sessions } from "./sessions.ts";
import { tokenRoutes } from "./token-api.ts";
import { TokenGuard } from "./token-guard.ts";
import { Tokens } from "./tokens.ts";

/** What an app has of people and their logins. */
export interface AccessService {
  guard: SessionGuard;
  audit: AuditLog;
  answers: Answers;
  routes: FastifyPluginAsyncZod[];
  /** Programs' tokens of which people should know that they end. */
  endingTokens(): EndingToken[];
  run(signal: AbortSignal): Promise<void>;
  /** Forgets what is long over. */
  prune(): Promise<void>;
}

interface Parts {
  database: Database;
  context: Pick<HostContext, "cluster" | "secrets" | "self">;
  live: {
    access: number;
    confirmedMsAgo: number | undefined;
    moved(signal: AbortSignal): Promise<void>;
    snapshot: { parts: Related };
  };
  /** Where entries of the record of changes wait for the database. */
  file: string;
  events: AccessParts["events"] & {
    auditWaits(error: unknown): void;
    auditLost(error: unknown): void;
  };
}

/** Nobody can change anything when the database has not been heard for so long. */
const unheardMs = 3000;

export function createAccess({ database, context, live, file, events }: Parts): AccessService {
  const { cluster, secrets, self } = context;
  const people = new People(database, cluster.cluster);
  const sessions = new Sessions(database);
  const memory = new AccessMemory(database);
  const tokens = new Tokens(database);
  const factors = new Factors(database, secrets.peer_token);
  const service = `Dialtone ${cluster.cluster}`;
  const passkeys = new Passkeys({
    database,
    factors,
    root: secrets.peer_token,
    host: passkeyHost(cluster),
    service,
  });
  const providers = new Providers(database, secrets.peer_token);
  const identities = new Identities(database);
  const client = new ProviderClient();
  const providerLogins = new ProviderLogins({
    ...{ database, providers, identities, factors, client },
    root: secrets.peer_token,
    origins: returnOrigins(cluster),
  });
  const tag = storedTag(secrets.peer_token);
  const logins = new Logins({ database, people, factors, events });
  const writable = () => (live.confirmedMsAgo ?? Number.POSITIVE_INFINITY) < unheardMs;
  const audit = new AuditLog({ database, file, events });
  const answers = new Answers(database, secrets.peer_token);
  const firstToken = firstAdministratorToken(secrets);
  const secondFactor = cluster.access.second_factor;
  const guard = new SessionGuard({
    memory,
    sessions,
    tokens: new TokenGuard({ memory, tokens }),
    related: () => live.snapshot.parts,
    secondFactor,
    writable,
  });
  return {
    guard,
    audit,
    answers,
    routes: [
      accessRoutes({
        people,
        sessions,
        logins,
        passkeys,
        providers,
        providerLogins,
        audit,
        node: self.name,
        memory,
        firstToken,
        tag,
        origin: webOrigin(cluster),
        writable,
        secondFactor,
        assertFresh: (principal) => guard.assertFresh(principal),
        events,
      }),
      factorRoutes({
        people,
        sessions,
        logins,
        factors,
        passkeys,
        memory,
        secondFactor,
        issuer: service,
        events,
      }),
      ownLoginRoutes({ sessions, memory }),
      providerRoutes({
        providers,
        identities,
        client,
        people,
        tag,
        redirectUris: providerLogins.redirectUris,
      }),
      tokenRoutes({ tokens, memory }),
      auditRoutes(audit),
    ],
    endingTokens: () => endingTokens(memory.tokens.all(), (name) => memory.person(name), Date.now()),
    run: async (signal) => {
      await Promise.all([memory.run(live, signal), audit.run(signal)]);
    },
    prune: async () => {
      const now = new Date();
      memory.prune(now.getTime());
      await sessions.prune(now);
      await tokens.prune(now);
      await pruneTries(database, now);
      await pruneChallenges(database, now);
      await answers.prune(now);
    },
  };
}
