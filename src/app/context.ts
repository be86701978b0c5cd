import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Logger } from "pino";
import { type AccessService, createAccess } from "../access/service.ts";
import { eventSchema } from "../call/contract.ts";
import { dialCredentials } from "../call/dial-user.ts";
import { probeCredentials } from "../call/probe-user.ts";
import { type CallStatusService, createCallStatus } from "../call-status/service.ts";
import { type CarrierService, createCarriers } from "../carriers/service.ts";
import { type CertificateService, createCertificates } from "../certificates/service.ts";
import { freeswitchHosts, type HostContext, journalDirs } from "../cluster/facts.ts";
import { freeswitchToken, webProxyKey } from "../cluster/secrets.ts";
import { journalFiles } from "../components/kamailio/journal.ts";
import { musicOf } from "../components/rtpengine/music.ts";
import { scriptRoutes } from "../consult/api.ts";
import { scriptHelpers } from "../consult/helpers.ts";
import { Others } from "../consult/others.ts";
import { ScriptHost } from "../consult/script-host.ts";
import { WebApplications } from "../consult/web-applications.ts";
import { type Database, databaseLogin, endpointsOf, openDatabase } from "../db/database.ts";
import type { PoolOptions } from "../db/pool.ts";
import { createDials, type DialService } from "../dials/service.ts";
import { DeskKeeper } from "../directory/desk-keeper.ts";
import { FeatureKeeper } from "../directory/feature-keeper.ts";
import { phoneRoutes } from "../directory/phone-api.ts";
import { drillEvidence, drillRoutes } from "../drill-runs/history-api.ts";
import { entityRoutes } from "../entities/api.ts";
import { freeswitchRoutes } from "../freeswitch/api.ts";
import { storedTag } from "../http/etag.ts";
import { HostLogins } from "../http/host-logins.ts";
import { type Checkpoint, loadCheckpoint } from "../journal/checkpoint.ts";
import { type HttpJournal, openHttpJournal } from "../journal/http-journal.ts";
import { Kept } from "../journal/kept.ts";
import { parseJournalLine, parseProbeLine } from "../journal/sip-journal.ts";
import { meRoutes } from "../me/api.ts";
import { createOperations } from "../operations/service.ts";
import { planRoutes } from "../planner/plan-host.ts";
import { probeRoutes } from "../probe/api.ts";
import { ProbeStore } from "../probe/store.ts";
import { recordingRoutes } from "../recordings/api.ts";
import { whyNotOwner } from "../recordings/owner.ts";
import { peerRecordingRoutes } from "../recordings/peer-api.ts";
import { createRecordings, type Recordings } from "../recordings/service.ts";
import { recordRoutes } from "../records/api.ts";
import { HourMarks } from "../records/hour-marks.ts";
import { Ledger } from "../records/ledger.ts";
import { moveRoutes } from "../records/moves.ts";
import { Quarantine } from "../records/quarantine.ts";
import { Reconciler } from "../records/reconcile.ts";
import { Shipper, type Source } from "../records/shipper.ts";
import { reportRoutes } from "../reports/api.ts";
import { RollUp } from "../reports/roll-up.ts";
import { simulationRoutes } from "../routing/api.ts";
import { LiveRouting } from "../routing/live.ts";
import { registry } from "../routing/registry.ts";
import { createEvents, type Events } from "../telemetry/log.ts";
import { LoopMonitor } from "../telemetry/loop-delay.ts";
import { assertKnown, assertUnnamed } from "../versions/references.ts";
import { replayRoutes } from "../versions/replay-host.ts";
import { createVersions } from "../versions/service.ts";
import { callRoutes } from "./calls-api.ts";
import { healthRoutes } from "./health-api.ts";
import type { HttpParts } from "./http.ts";
import { LateDecisions } from "./late.ts";
import type { RpcParts } from "./rpc.ts";

/** A call without any final event is given up after so long. */
const maxSetupMs = 5 * 60_000;

/** What tests may put in place of the real thing. */
export interface Overrides {
  endpoints?: PoolOptions["endpoints"];
  maxSetupMs?: number;
}

/** The app's files below DIR. */
export const appFiles = ({ dirs }: HostContext) => ({
  snapshot: join(dirs.app, "rules.ndjson"),
  prices: join(dirs.app, "prices"),
  checkpoint: join(dirs.app, "checkpoint.json"),
  audit: join(dirs.app, "audit.ndjson"),
  quarantine: join(dirs.journal, "quarantine", "lines.ndjson"),
  httpJournal: join(dirs.journal, "http"),
  sipJournal: journalDirs(dirs).disk,
});

/** The app of one host: what runs, and what its HTTP and JSON-RPC servers are made from. */
export interface App extends AsyncDisposable {
  context: HostContext;
  events: Events;
  database: Database;
  /** The same database with long deadlines, for schema changes and comparisons. */
  patient: Database;
  schema: { ready: boolean };
  checkpoint: Checkpoint;
  journal: HttpJournal;
  ledger: Ledger;
  shipper: Shipper;
  reconciler: Reconciler;
  rollUp: RollUp;
  recordings: Recordings;
  callStatus: CallStatusService;
  dials: DialService;
  live: LiveRouting;
  scripts: ScriptHost;
  carriers: CarrierService;
  access: AccessService;
  certificates: CertificateService;
  rpc: RpcParts;
  http: HttpParts;
}

/** The composition root: makes every part of the app once and wires them. Connects to nothing yet. */
export async function createApp(context: HostContext, log: Logger, overrides: Overrides = {}): Promise<App> {
  const events = createEvents(log);
  const files = appFiles(context);
  for (const directory of [context.dirs.app, files.httpJournal, dirname(files.quarantine)])
    await mkdir(directory, { recursive: true, mode: 0o750 });
  const servers = {
    endpoints: overrides.endpoints ?? endpointsOf(context),
    login: databaseLogin(context),
  };
  const database = openDatabase(servers);
  // Making tables and comparing a whole day may take their time, and must not make a server look hung to the rest.
  const patient = openDatabase({ ...servers, queryMs: 120_000, size: 2 });
  const node = context.self.name;
  const sources: Source[] = [
    {
      directory: files.sipJournal,
      parse: (line) => parseJournalLine(line, node),
      probe: (line) => parseProbeLine(line, node),
      closedByRestart: false,
    },
    {
      directory: files.httpJournal,
      parse: (line) => eventSchema.parse(JSON.parse(line)),
      closedByRestart: true,
    },
  ];
  const live = new LiveRouting(files.snapshot, database, events);
  const patience = {
    maxCallMs: context.cluster.sip.max_call_hours * 3_600_000,
    maxSetupMs: overrides.maxSetupMs ?? maxSetupMs,
  };
  const carriers = createCarriers({
    context,
    database,
    live,
    journals: sources,
    directory: files.prices,
    patience,
    events,
  });
  live.world = carriers.world;
  const { charge, calls } = carriers;
  const marks = new HourMarks(node);
  const ledger = new Ledger(database, { ...patience, charge }, marks);
  const rollUp = new RollUp({
    ...{ node, marks, events },
    database: patient,
    longestCallMs: patience.maxCallMs,
  });
  const checkpoint = await loadCheckpoint(files.checkpoint);
  const quarantine = new Quarantine(files.quarantine, events);
  const journal = await openHttpJournal(files.httpJournal, events);
  const recordings = createRecordings(context, database, events);
  const { store, work } = recordings.files.places;
  for (const directory of [store, work]) await mkdir(directory, { recursive: true, mode: 0o750 });
  const { watch } = recordings;
  const callStatus = createCallStatus({ database, live, watch, secret: context.secrets.peer_token, events });
  const probes = new ProbeStore(database);
  const schema = { ready: false };
  const shipper = new Shipper({ sources, ledger, probes, checkpoint, quarantine, events });
  const reconciler = new Reconciler({
    node,
    sources,
    database: patient,
    ledger,
    checkpoint,
    quarantine,
    events,
  });
  const loop = new LoopMonitor();
  const { secrets } = context;
  const scripts = new ScriptHost(scriptHelpers(live, carriers.pricesFor), events);
  const web = new WebApplications(secrets.peer_token, events);
  const others = new Others(
    scripts,
    web,
    new FeatureKeeper(database, live),
    new DeskKeeper(database, live, events),
    () => live.snapshot.parts.users,
    () => live.snapshot.parts.scripts,
  );
  const dials = createDials({ context, database, live, watch, events });
  const deciding = {
    live,
    dials: dials.active,
    others,
    calls,
    guard: recordings.guard,
    probes: probeCredentials(context),
    events,
  };
  const music = musicOf(context);
  const { realm } = context.cluster.sip;
  const logins = new HostLogins(
    "dialtone",
    new Map(freeswitchHosts(context.cluster).map(({ name }) => [name, freeswitchToken(secrets, name)])),
    secrets.nonce_secret,
  );
  const kept = new Kept(journalDirs(context.dirs).memory, journalFiles);
  const { guard } = recordings;
  const schemaReady = () => schema.ready;
  const { teller } = callStatus;
  const { names } = carriers;
  const setting = { realm, secret: secrets.peer_token };
  const versions = createVersions(database, live, setting);
  const access = createAccess({ database, context, live, file: files.audit, events });
  const operations = createOperations({ context, database, events });
  const certificates = createCertificates({
    ...{ context, database, events, reports: operations.reports, ready: schemaReady },
    holds: async () => whyNotOwner(await watch.view()) === undefined,
  });
  const health = {
    node,
    live,
    database,
    journal,
    shipper,
    reconciler,
    guard,
    teller,
    names,
    certificates,
    access,
    loop,
    schemaReady,
  };
  const routes = [
    ...access.routes,
    ...certificates.routes,
    callRoutes({ deciding, journal, events }),
    freeswitchRoutes({ context, deciding, logins, journal, events }),
    healthRoutes(health),
    ...Object.values(registry).map((entity) =>
      entityRoutes(entity, {
        database,
        live,
        setting,
        assertKnown,
        assertUnnamed: (of, name) => assertUnnamed(live.snapshot, of, name),
      }),
    ),
    ...versions.routes,
    replayRoutes({ ...servers, snapshot: files.snapshot, prices: files.prices, setting }),
    simulationRoutes(live, others, realm, versions.snapshotWith),
    ...carriers.routes,
    scriptRoutes({ scripts, root: secrets.peer_token }),
    recordRoutes({ database, reconciler }),
    reportRoutes(database),
    ...callStatus.routes,
    ...dials.routes,
    phoneRoutes({
      cluster: context.cluster,
      secret: secrets.nonce_secret,
      user: (name) => live.snapshot.parts.users.get(name),
    }),
    meRoutes({
      database,
      live,
      dials: dials.work,
      recordings: { context, database, recordings, events },
      tag: storedTag(secrets.peer_token),
      hears: context.cluster.recording.own,
      assertKnown,
    }),
    moveRoutes({ database }),
    probeRoutes({ probes, context }),
    drillRoutes({ database }),
    ...operations.routes,
    planRoutes(context.cluster, () => drillEvidence(database)),
    recordingRoutes({ context, database, recordings, events }),
    peerRecordingRoutes({ recordings, events }),
  ];
  return {
    context,
    events,
    database,
    patient,
    schema,
    checkpoint,
    journal,
    ledger,
    shipper,
    reconciler,
    rollUp,
    recordings,
    callStatus,
    dials,
    live,
    scripts,
    carriers,
    rpc: {
      ...deciding,
      broken: carriers.broken,
      reach: carriers.reach,
      dialer: dialCredentials(context),
      phoneSecret: secrets.nonce_secret,
      late: new LateDecisions(),
      music,
      realm,
      secret: secrets.peer_token,
      kept: (deadlineMs) => kept.wait(deadlineMs),
    },
    access,
    certificates,
    http: {
      node,
      secrets,
      proxyKey: webProxyKey(secrets),
      logins,
      people: access.guard,
      audit: access.audit,
      answers: access.answers,
      routes,
      loop,
      events,
    },
    [Symbol.asyncDispose]: async () => {
      kept.close();
      music[Symbol.dispose]();
      await scripts[Symbol.asyncDispose]();
      await web[Symbol.asyncDispose]();
      await journal[Symbol.asyncDispose]();
      await recordings[Symbol.asyncDispose]();
      await callStatus[Symbol.asyncDispose]();
      await operations[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
      await patient[Symbol.asyncDispose]();
    },
  };
}
