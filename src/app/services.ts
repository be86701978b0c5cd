import type { Deciding } from "../call/ask.ts";
import { type ProbeCredentials, probeCredentials } from "../call/probe-user.ts";
import type { HostContext } from "../cluster/facts.ts";
import type { Database } from "../db/database.ts";
import type { HttpJournal } from "../journal/http-journal.ts";
import type { ProbeStore } from "../probe/store.ts";
import type { Recordings } from "../recordings/service.ts";
import type { Ledger } from "../records/ledger.ts";
import type { Reconciler } from "../records/reconcile.ts";
import type { Shipper } from "../records/shipper.ts";
import type { LiveRouting } from "../routing/live.ts";
import type { Events } from "../telemetry/log.ts";
import type { LoopMonitor } from "../telemetry/loop-delay.ts";

/** What the HTTP and JSON-RPC endpoints work with; made in one place, context.ts. */
export interface Services {
  context: HostContext;
  database: Database;
  live: LiveRouting;
  journal: HttpJournal;
  ledger: Ledger;
  /** The functional test's events. */
  probes: ProbeStore;
  shipper: Shipper;
  reconciler: Reconciler;
  recordings: Recordings;
  events: Events;
  loop: LoopMonitor;
  /** Names of the migrations that were found or applied; null: the database was not reached yet. */
  schemaReady: () => boolean;
}

/** What calls are decided with, whoever asks. */
export const decidingWith = ({
  context,
  live,
  recordings,
  events,
}: Pick<Services, "context" | "live" | "recordings" | "events">): Deciding & {
  live: LiveRouting;
  probes: ReadonlyMap<string, ProbeCredentials>;
  events: Events;
} => ({ live, guard: recordings.guard, probes: probeCredentials(context), events });
