import { type Logger, pino } from "pino";
import { messageOf } from "../base/message.ts";
import { counters } from "./app-metrics.ts";

/** Lines that a disk does not take; what comes on top is dropped. */
const maxWaitingBytes = 4 * 1024 * 1024;

/**
 * The app's log: JSON lines on stdout, which the agent keeps. Secrets never enter it. Nobody waits for the disk below it:
 * it may be full, or not answer at all.
 */
export function createLogger(host: string, level = "info", output: string | number = 1): Logger {
  const destination = pino.destination({ dest: output, sync: false, maxLength: maxWaitingBytes });
  // A full disk must not end the app: calls go on, and the lines are written when there is space again.
  destination.on("error", () => {});
  const options = {
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
  };
  return pino(options, destination);
}

/** One function per thing that happens, so that log and metrics never disagree. None of them throws. */
export const createEvents = (log: Logger) => ({
  started: (facts: { version: string; listeners: string[] }) => log.info(facts, "app started"),
  stopping: (why: string) => log.info({ why }, "app stops"),
  listenerFailed: (where: string, error: unknown) =>
    log.error({ where, error: messageOf(error) }, "can not listen"),
  listenerBack: (where: string) => log.info({ where }, "listens now"),
  privilegesDropped: (user: string) => log.info({ user }, "dropped root's rights"),
  privilegesKept: (why: string) => log.warn({ why }, "keeps root's rights"),

  migrated: (names: string[]) => log.info({ names }, "database schema brought up to date"),
  migrationWaits: (error: unknown) =>
    log.warn({ error: messageOf(error) }, "database schema not checked yet, trying again"),
  databaseLost: (error: unknown) => {
    counters.databaseOutages.inc();
    log.warn({ error: messageOf(error) }, "database can not be used; calls go on by the last rules");
  },
  databaseBack: () => log.info("database can be used again"),

  snapshotLoaded: (state: object) => log.info(state, "routing data loaded"),
  snapshotChanged: (version: number) => log.info({ version }, "routing data changed"),
  pricesReady: (facts: { tables: number; prices: number; ms: number }) =>
    log.info(facts, "calls are decided by these prices"),
  nameUnknown: (host: string, problem: string) =>
    log.warn({ host, problem }, "DNS does not say where this carrier is"),
  pricesFail: (error: unknown) =>
    log.error({ error: messageOf(error) }, "new prices can not be used; the last ones stay"),
  pricesNotPruned: (error: unknown) =>
    log.warn({ error: messageOf(error) }, "sheets of prices that nobody has any more stay in the database"),
  snapshotUnreadable: (file: string, error: unknown) =>
    log.error(
      { file, error: messageOf(error) },
      "routing data on disk can not be used; waiting for the database",
    ),
  snapshotNotSaved: (file: string, error: unknown) =>
    log.error({ file, error: messageOf(error) }, "routing data can not be kept on disk"),
  entitiesSkipped: (names: string[]) =>
    log.error({ names }, "routing data that this release can not read is left out"),

  decided: (by: "rpc" | "http", action: string, micros: number) => {
    counters.decisions.inc({ by, action });
    counters.decisionMicros.observe(micros);
  },
  undecided: (by: "rpc" | "http", callId: string, error: unknown) =>
    log.error({ by, call_id: callId, err: error }, "a call could not be decided by a fault of ours"),
  deskChanged: (phone: string, user: string, what: "logged in" | "logged off") =>
    log.info({ phone, user, what }, "a telephone has another user"),
  pinRefused: (phone: string, user: string, why: "wrong" | "locked") =>
    log.warn({ phone, user, why }, "a PIN that was dialled is not taken"),
  scriptFailed: (script: string, callId: string, failure: string, why: string) =>
    log.warn({ script, callId, failure, why }, "a script did not decide: the next rule does"),
  scriptsEnded: (why: string) =>
    log.warn({ why }, "the process of the scripts ended; it is started again when it is needed"),
  applicationFailed: (rule: string, url: string, callId: string, why: string, instead: "last" | "next") =>
    log.warn(
      { rule, url, callId, why },
      instead === "last"
        ? "a web application did not decide: its last answer for this caller does"
        : "a web application did not decide: the next rule does",
    ),
  rpcFailed: (method: string, error: unknown) =>
    log.error({ method, err: error }, "JSON-RPC request failed by a fault of ours"),
  rpcRefused: (address: string) => log.warn({ address }, "JSON-RPC from a stranger refused"),
  rpcFault: (address: string, error: unknown) =>
    log.warn({ address, error: messageOf(error) }, "JSON-RPC connection failed"),

  eventsTaken: (count: number) => counters.eventsTaken.inc(count),
  journalFault: (error: unknown) => {
    counters.journalFaults.inc();
    log.error({ error: messageOf(error) }, "journal can not be written: events are refused");
  },
  journalReserveFault: (error: unknown) =>
    log.warn({ error: messageOf(error) }, "no space is reserved for the journal: a full disk refuses events"),
  journalBack: () => log.info("journal can be written again"),
  shipped: (events: number, calls: number, ms: number) => {
    counters.eventsShipped.inc(events);
    log.debug({ events, calls, ms }, "events stored");
  },
  shippingFails: (error: unknown) => log.warn({ error: messageOf(error) }, "events wait in the journal"),
  shippingWorks: (waited_ms: number) => log.info({ waited_ms }, "events are stored again"),
  quarantined: (file: string, offset: number, why: string) => {
    counters.quarantined.inc();
    log.error({ file, offset, why }, "a journal line can not be used and is set aside");
  },
  journalFollowFault: (where: string, error: unknown) =>
    log.error({ where, error: messageOf(error) }, "journal can not be read"),
  closedByEstimate: (count: number) => {
    counters.estimated.inc(count);
    log.info({ count }, "records without an end closed by estimate");
  },
  sweepFailed: (error: unknown) =>
    log.warn({ error: messageOf(error) }, "looking for records without an end failed"),
  pruned: (names: string[]) => log.info({ names }, "old journal segments removed"),
  pruneFailed: (error: unknown) =>
    log.warn({ error: messageOf(error) }, "old journal segments can not be removed"),
  reconciled: (result: { journalled: number; missing: number; repaired: number }) => {
    counters.missing.inc(result.missing);
    if (result.missing > 0) log.error(result, "events were missing in the database and are shipped again");
    else log.debug(result, "journal and database agree");
  },
  rollUpFailed: (error: unknown) =>
    log.warn({ error: messageOf(error) }, "reports are behind: hours can not be counted now"),
  reconcileFailed: (error: unknown) =>
    log.warn({ error: messageOf(error) }, "comparing journal and database failed"),
  recordingMade: (id: string, status: string, facts: object) => {
    counters.recordings.inc({ status });
    log.info({ id, status, ...facts }, "recording made");
  },
  recordingAlarm: (id: string, status: string, problem: string) => {
    if (status !== "ready") counters.recordings.inc({ status });
    log.error({ id, status, problem }, "something is wrong with a recording");
  },
  recordingWaits: (id: string, problem: string) => log.info({ id, problem }, "recording waits"),
  recordingDeleted: (id: string, by: string, files: string[]) => {
    counters.recordings.inc({ status: "deleted" });
    log.info({ id, by, files }, "recording deleted");
  },
  recordingRemoved: (id: string, by: string, what: string[]) =>
    log.info({ id, by, what }, "recording's files removed here, as the holder of the service address said"),
  recordingCopied: (id: string, to: string) => log.info({ id, to }, "recording copied"),
  recordingRequested: (id: string, action: "start" | "stop", node: string) =>
    log.info({ id, action, node }, "recording on request"),
  instructionRefused: (from: string, what: string, why: string) =>
    log.error({ from, what, why }, "an instruction about recordings was refused"),
  recordingWork: (error: unknown) => log.warn({ error: messageOf(error) }, "work on recordings waits"),
  recordingAlarms: (count: number) => counters.recordingAlarms.set(count),
  recordingSpace: (bytes: number) => counters.recordingSpace.set(bytes),
  recordingRefused: () => counters.recordingRefused.inc(),
  recordingGuard: (state: string, freeMb: number) => log.error({ state, freeMb }, "space for recordings"),
  webhookFailed: (webhook: string, id: string, why: string, again: Date | undefined) =>
    log.warn(
      { webhook, id, why, again },
      again ? "a webhook did not take an event" : "a webhook never took an event",
    ),
  dialFailed: (id: string, error: unknown) =>
    log.warn({ id, error: messageOf(error) }, "a dial waits: it is looked at again"),
  dialerFailed: (error: unknown) => log.warn({ error: messageOf(error) }, "dials wait"),
  loggedIn: (person: string, how: string, source: string) =>
    log.info({ person, how, source }, "somebody logged in"),
  loggedOut: (person: string) => log.info({ person }, "somebody logged out"),
  loginRefused: (person: string, source: string, why: string) =>
    log.warn({ person, source, why }, "a login was refused"),
  factorChanged: (person: string, what: string, source: string) =>
    log.info({ person, what, source }, "a second factor was changed"),
  auditWaits: (error: unknown) =>
    log.warn({ error: messageOf(error) }, "entries of the record of changes wait on this node's disk"),
  auditLost: (error: unknown) =>
    log.error({ error: messageOf(error) }, "an entry of the record of changes could not be kept"),
  certificateKept: (kind: string) => log.info({ kind }, "browsers are to get another certificate"),
  certificateMade: (why: string) => log.info({ why }, "made a certificate for browsers"),
  certificateOrdered: (why: string) => log.info({ why }, "a certificate is ordered"),
  certificateGot: (names: readonly string[]) => log.info({ names }, "an authority gave a certificate"),
  certificateRefused: (why: string, nextAt: string | null) =>
    log.warn({ why, nextAt }, "an order of a certificate does not go on"),
  certificatesWait: (error: unknown) =>
    log.warn({ error: messageOf(error) }, "certificates can not be looked at; browsers get the one before"),
  answerNotKept: (error: unknown) =>
    log.warn(
      { error: messageOf(error) },
      "the answer to a request with a key could not be kept: sent again, it is done again",
    ),
  requestFailed: (method: string, url: string, error: unknown) =>
    log.error({ method, url, err: error }, "request failed by a fault of ours"),
});

export type Events = ReturnType<typeof createEvents>;
