import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { firstAdministratorToken, type Secrets } from "../cluster/secrets.ts";
import type { Database } from "../db/database.ts";
import type { LoggedIn } from "../http/auth.ts";
import { type AccessParts, accessRoutes } from "./api.ts";
import { pruneTries } from "./attempts.ts";
import { SessionGuard } from "./guard.ts";
import { Logins } from "./logins.ts";
import { AccessMemory } from "./memory.ts";
import { People } from "./people.ts";
import { Sessions } from "./sessions.ts";

/** What an app has of people and their logins. */
export interface AccessService {
  guard: LoggedIn;
  routes: FastifyPluginAsyncZod[];
  run(signal: AbortSignal): Promise<void>;
  /** Forgets what is long over. */
  prune(): Promise<void>;
}

interface Parts {
  database: Database;
  secrets: Secrets;
  live: { access: number; confirmedMsAgo: number | undefined; moved(signal: AbortSignal): Promise<void> };
  events: AccessParts["events"] & { loginRefused(person: string, source: string, why: string): void };
}

/** Nobody can change anything when the database has not been heard for so long. */
const unheardMs = 3000;

export function createAccess({ database, secrets, live, events }: Parts): AccessService {
  const people = new People(database);
  const sessions = new Sessions(database);
  const memory = new AccessMemory(database);
  const logins = new Logins({ database, people, events });
  const writable = () => (live.confirmedMsAgo ?? Number.POSITIVE_INFINITY) < unheardMs;
  const firstToken = firstAdministratorToken(secrets);
  return {
    guard: new SessionGuard({ memory, sessions, writable }),
    routes: [accessRoutes({ people, sessions, logins, memory, firstToken, writable, events })],
    run: (signal) => memory.run(live, signal),
    prune: async () => {
      const now = new Date();
      memory.prune(now.getTime());
      await sessions.prune(now);
      await pruneTries(database, now);
    },
  };
}
