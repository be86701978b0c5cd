import { type Logger, pino } from "pino";
import { counters } from "./metrics.ts";

/** The app's log: JSON lines on stdout, which the agent keeps. Secrets never enter it. */
export function createLogger(host: string, level = "info"): Logger {
  return pino({
    level,
    base: { part: "app", host },
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: {
      paths: [
        "password",
        "*.password",
        "ha1_md5",
        "*.ha1_md5",
        "ha1_sha256",
        "*.ha1_sha256",
        "authorization",
        "*.authorization",
      ],
      censor: "[secret]",
    },
  });
}

const message = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** One function per thing that happens, so that log and metrics never disagree. None of them throws. */
export const createEvents = (log: Logger) => ({
  started: (facts: { version: string; listeners: string[] }) => log.info(facts, "app started"),
  stopping: (why: string) => log.info({ why }, "app stops"),
  listenerFailed: (where: string, error: unknown) =>
    log.error({ where, error: message(error) }, "can not listen"),
  listenerBack: (where: string) => log.info({ where }, "listens now"),
  privilegesDropped: (user: string) => log.info({ user }, "dropped root's rights"),
  privilegesKept: (why: string) => log.warn({ why }, "keeps root's rights"),

  migrated: (names: string[]) => log.info({ names }, "database schema brought up to date"),
  migrationWaits: (error: unknown) =>
    log.warn({ error: message(error) }, "database schema not checked yet, trying again"),
  databaseLost: (error: unknown) => {
    counters.databaseOutages.inc();
    log.warn({ error: message(error) }, "database can not be used; calls go on by the last rules");
  },
  databaseBack: () => log.info("database can be used again"),

  snapshotLoaded: (state: object) => log.info(state, "routing data loaded"),
  snapshotChanged: (version: number) => log.info({ version }, "routing data changed"),
  snapshotUnreadable: (file: string, error: unknown) =>
    log.error(
      { file, error: message(error) },
      "routing data on disk can not be used; waiting for the database",
    ),
  snapshotNotSaved: (file: string, error: unknown) =>
    log.error({ file, error: message(error) }, "routing data can not be kept on disk"),
  rulesSkipped: (names: string[]) =>
    log.error({ names }, "rules that this release can not read are left out"),

  decided: (by: "rpc" | "http", action: string, micros: number) => {
    counters.decisions.inc({ by, action });
    counters.decisionMicros.observe(micros);
  },
  rpcRefused: (address: string) => log.warn({ address }, "JSON-RPC from a stranger refused"),
  rpcFault: (address: string, error: unknown) =>
    log.warn({ address, error: message(error) }, "JSON-RPC connection failed"),

  eventsTaken: (count: number) => counters.eventsTaken.inc(count),
  journalFault: (error: unknown) => {
    counters.journalFaults.inc();
    log.error({ error: message(error) }, "journal can not be written: events are refused");
  },
  journalBack: () => log.info("journal can be written again"),
  shipped: (events: number, calls: number, ms: number) => {
    counters.eventsShipped.inc(events);
    log.debug({ events, calls, ms }, "events stored");
  },
  shippingFails: (error: unknown) => log.warn({ error: message(error) }, "events wait in the journal"),
  shippingWorks: (waited_ms: number) => log.info({ waited_ms }, "events are stored again"),
  quarantined: (file: string, offset: number, why: string) => {
    counters.quarantined.inc();
    log.error({ file, offset, why }, "a journal line can not be used and is set aside");
  },
  journalFollowFault: (where: string, error: unknown) =>
    log.error({ where, error: message(error) }, "journal can not be read"),
  closedByEstimate: (count: number) => {
    counters.estimated.inc(count);
    log.info({ count }, "records without an end closed by estimate");
  },
  sweepFailed: (error: unknown) =>
    log.warn({ error: message(error) }, "looking for records without an end failed"),
  pruned: (names: string[]) => log.info({ names }, "old journal segments removed"),
  pruneFailed: (error: unknown) =>
    log.warn({ error: message(error) }, "old journal segments can not be removed"),
  reconciled: (result: { journalled: number; missing: number; repaired: number }) => {
    counters.missing.inc(result.missing);
    if (result.missing > 0) log.error(result, "events were missing in the database and are shipped again");
    else log.debug(result, "journal and database agree");
  },
  reconcileFailed: (error: unknown) =>
    log.warn({ error: message(error) }, "comparing journal and database failed"),
  requestFailed: (method: string, url: string, error: unknown) =>
    log.error({ method, url, err: error }, "request failed by a fault of ours"),
});

export type Events = ReturnType<typeof createEvents>;
