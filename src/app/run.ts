import { flushCompileCache } from "node:module";
import type { Server } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "pino";
import { allHosts, type HostContext, ports, runFiles, serviceIp, serviceIps } from "../cluster/facts.ts";
import { migrate } from "../db/migrations.ts";
import { TrustedSockets } from "../http/auth.ts";
import { closeServer, httpServer, httpsServer, listen, listenEventually } from "../http/listeners.ts";
import { pruneJournal } from "../journal/retention.ts";
import { type App, appFiles, createApp, type Overrides } from "./context.ts";
import { followGuards } from "./guard-ledger.ts";
import { buildHttp } from "./http.ts";
import { dropPrivileges } from "./privileges.ts";
import { createRpcServer } from "./rpc.ts";

/**
 * Runs the app of one host until `signal` aborts. Starts in any order with the other parts: rules come from disk
 * until the database answers, events go to the journal.
 * @throws Error when a port of this host is taken.
 */
export async function runApp(
  context: HostContext,
  log: Logger,
  signal: AbortSignal,
  overrides: Overrides = {},
): Promise<void> {
  await using app = await createApp(context, log, overrides);
  const { events, live } = app;
  await live.loadFromDisk();
  const stopping = new AbortController();
  const stop = AbortSignal.any([signal, stopping.signal]);
  await using servers = new AsyncDisposableStack();
  try {
    const listeners = await startListeners(app, stop, servers);
    // A killed process would leave no cache behind, and later it may not write there.
    flushCompileCache();
    dropPrivileges(context, events);
    events.started({ version: process.version, listeners });
    await Promise.all([
      prepareSchema(app, stop),
      live.run(stop),
      app.carriers.run(stop),
      followGuards(app.database, live, app.carriers.calls.spending, stop),
      app.carriers.ready(stop).then(() => app.shipper.run(stop)),
      app.reconciler.run(stop),
      app.rollUp.run(stop),
      app.recordings.worker.run(stop),
      app.recordings.guard.run(stop),
      app.callStatus.teller.run(stop),
      app.dials.dialer.run(stop),
      app.access.run(stop),
      app.certificates.run(stop),
      keepScripts(app, stop),
      every(stop, 30_000, () => closeOverdue(app)),
      every(stop, 3_600_000, () => prune(app)),
      every(stop, 3_600_000, () => app.carriers.prune()),
      every(stop, 3_600_000, () =>
        Promise.all([app.callStatus.prune(), app.dials.prune(), app.access.prune()]).then(
          () => {},
          (error: unknown) => app.events.pruneFailed(error),
        ),
      ),
    ]);
    events.stopping("asked to");
  } finally {
    stopping.abort();
  }
}

async function startListeners(app: App, stop: AbortSignal, servers: AsyncDisposableStack): Promise<string[]> {
  const { context, events } = app;
  const { cluster, secrets, self, dirs } = context;
  const trusted = new TrustedSockets();
  const http = await buildHttp(app.http, trusted);
  servers.defer(() => http.close());
  const use = <S extends Server>(server: S): S => {
    servers.defer(() => closeServer(server, 1000));
    return server;
  };
  const handler = http.routing;
  const friends = new Set([...allHosts(cluster).map((host) => host.address), serviceIp(cluster)]);

  const local = httpServer(handler);
  trusted.trust(local);
  const required = [
    { server: local, place: { path: runFiles(dirs).appSocket }, what: "API" },
    {
      server: createRpcServer(app.rpc, friends),
      place: { host: "127.0.0.1", port: ports.rpc },
      what: "JSON-RPC",
    },
    {
      server: createRpcServer(app.rpc, friends),
      place: { host: self.address, port: ports.rpc },
      what: "JSON-RPC",
    },
    {
      server: httpServer(handler),
      place: { host: "127.0.0.1", port: ports.appWeb },
      what: "HTTP for HAProxy",
    },
    {
      server: httpsServer(secrets.tls, handler),
      place: { host: self.address, port: cluster.api.port },
      what: "HTTPS",
    },
  ];
  for (const { server, place, what } of required) {
    await listen(server, place, what);
    use(server);
  }
  // The service address may be refused where nonlocal binding is not allowed: then try again when it is ours.
  for (const host of serviceIps(cluster)) {
    const service = httpsServer(secrets.tls, handler);
    const eventually = listenEventually(service, { host, port: cluster.api.port }, "HTTPS", events, stop);
    servers.defer(async () => {
      await eventually;
      if (service.listening) await closeServer(service, 1000);
    });
  }
  return required.map(({ place }) => ("path" in place ? place.path : `${place.host}:${place.port}`));
}

/** Brings the schema up to date as soon as a database answers. */
async function prepareSchema(app: App, signal: AbortSignal): Promise<void> {
  for (let told = false; !signal.aborted; ) {
    try {
      const applied = await migrate(app.patient);
      if (applied.length > 0) app.events.migrated(applied);
      app.schema.ready = true;
      await app.live.catchUp();
      return;
    } catch (error) {
      if (!told) app.events.migrationWaits(error);
      told = true;
      await delay(300, undefined, { signal }).catch(() => {}); // aborted: the loop ends
    }
  }
}

/** Does something again and again until `signal` aborts, first after one interval. */
async function every(signal: AbortSignal, ms: number, work: () => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    await delay(ms, undefined, { signal }).catch(() => {}); // aborted: the loop ends
    if (!signal.aborted) await work();
  }
}

/** Scripts are loaded before a call needs them. */
async function keepScripts({ live, scripts }: App, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    scripts.use(live.snapshot.parts.scripts);
    await live.changed(signal);
  }
}

/** Closes records whose end is overdue, on every node: doing it twice changes nothing. */
async function closeOverdue(app: App): Promise<void> {
  try {
    const count = await app.ledger.closeOverdue();
    if (count > 0) app.events.closedByEstimate(count);
  } catch (error) {
    app.events.sweepFailed(error);
  }
}

/** Kamailio's own files are for the agent to rotate and remove: this process has no right to. */
async function prune(app: App): Promise<void> {
  try {
    const names = await pruneJournal(appFiles(app.context).httpJournal, app.checkpoint);
    names.push(...(await app.recordings.worker.pruneOrphans()));
    if (names.length > 0) app.events.pruned(names);
  } catch (error) {
    app.events.pruneFailed(error);
  }
}
