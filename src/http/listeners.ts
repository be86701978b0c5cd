import { chmodSync, rmSync } from "node:fs";
import { createServer as createHttpServer, type RequestListener } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { connect, isIPv6, type Server } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { hostIn } from "../base/host-in.ts";
import type { Secrets } from "../cluster/secrets.ts";
import type { Events } from "../telemetry/log.ts";

/** Where to listen: a unix socket or an address. */
export type Place = { path: string } | { host: string; port: number };

const show = (place: Place): string => ("path" in place ? place.path : `${hostIn(place.host)}:${place.port}`);

/** @throws Error that names the place and what is wrong with it. */
export async function listen(server: Server, place: Place, what: string): Promise<void> {
  if ("path" in place) await clearSocket(place.path);
  await new Promise<void>((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException) => {
      const why =
        error.code === "EADDRINUSE"
          ? "the port is in use by another program"
          : error.code === "EADDRNOTAVAIL"
            ? `this host does not have the address (is net.${"host" in place && isIPv6(place.host) ? "ipv6" : "ipv4"}.ip_nonlocal_bind=1 set?)`
            : error.message;
      reject(new Error(`can not listen on ${show(place)} (${what}): ${why}`, { cause: error }));
    };
    server.once("error", failed);
    server.listen(place, () => {
      server.off("error", failed);
      resolve();
    });
  });
  if ("path" in place) chmodSync(place.path, 0o660);
}

/** Removes the socket that a dead predecessor left; refuses when somebody answers there. */
async function clearSocket(path: string): Promise<void> {
  const alive = await new Promise<boolean>((resolve) => {
    const probe = connect({ path });
    probe.setTimeout(1000, () => {
      probe.destroy();
      resolve(true); // hung, but there: not ours to remove
    });
    probe.once("connect", () => {
      probe.destroy();
      resolve(true);
    });
    probe.once("error", () => resolve(false));
  });
  if (alive) throw new Error(`can not listen on ${path}: another app of this host runs already`);
  rmSync(path, { force: true });
}

/** Tries until it works or `signal` aborts: for addresses that may be missing at first. */
export async function listenEventually(
  server: Server,
  place: Place,
  what: string,
  events: Events,
  signal: AbortSignal,
): Promise<void> {
  for (let told = false; !signal.aborted; ) {
    try {
      await listen(server, place, what);
      if (told) events.listenerBack(show(place));
      return;
    } catch (error) {
      if (!told) events.listenerFailed(show(place), error);
      told = true;
      await delay(2000, undefined, { signal }).catch(() => {}); // aborted: the loop ends
    }
  }
}

/** An idle connection is kept for so long: longer than client.ts keeps one, so that no question meets its end. */
const keepAliveTimeout = 35_000;

export const httpServer = (handler: RequestListener): Server =>
  createHttpServer({ keepAliveTimeout }, handler);

/** TLS 1.2 or later with the cluster's own certificate. */
export const httpsServer = (tls: Secrets["tls"], handler: RequestListener): Server =>
  createHttpsServer(
    { cert: tls.cert, key: tls.key, ca: tls.ca, minVersion: "TLSv1.2", keepAliveTimeout },
    handler,
  );

/** Stops accepting, lets running requests end for a moment, then closes what is left. */
export async function closeServer(
  server: Server & { closeAllConnections?: () => void; sockets?: Set<{ destroy: () => void }> },
  graceMs: number,
): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  const timer = setTimeout(() => {
    server.closeAllConnections?.();
    for (const socket of server.sockets ?? []) socket.destroy();
  }, graceMs);
  await closed;
  clearTimeout(timer);
}
