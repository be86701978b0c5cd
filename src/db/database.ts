import { setTimeout as delay } from "node:timers/promises";
import { Kysely, MysqlDialect, type Transaction } from "kysely";
import { type HostContext, nodes, ports, replicatesAsynchronously, runFiles } from "../cluster/facts.ts";
import type { Endpoint } from "./endpoint.ts";
import { isRetryable } from "./errors.ts";
import { type EndpointState, FailoverPool, type PoolOptions } from "./pool.ts";
import type { Db, Tables } from "./tables.ts";

/** The cluster's database as one app sees it. */
export interface Database extends AsyncDisposable {
  db: Db;
  /** Runs one transaction, again from its beginning when it met a conflict or lost its server. */
  transact<T>(work: (trx: Transaction<Tables>) => Promise<T>, options?: RetryOptions): Promise<T>;
  /** Reads, again by way of another server when one is lost. */
  read<T>(work: (db: Db) => Promise<T>, options?: RetryOptions): Promise<T>;
  state(): EndpointState[];
}

export interface RetryOptions {
  /** Give up after so long; default 4000. */
  deadlineMs?: number;
  signal?: AbortSignal;
}

/**
 * This host's own server by its unix socket, then the other nodes' by TCP with TLS. Where they replicate asynchronously
 * the first node's comes first everywhere, so that as a rule one of them takes all writes.
 */
export function endpointsOf(context: HostContext): Endpoint[] {
  const own: Endpoint[] =
    context.self.role === "node"
      ? [{ name: `${context.self.name} (socket)`, socketPath: runFiles(context.dirs).mariadbSocket }]
      : [];
  const all = nodes(context.cluster);
  const peers = all
    .filter((node) => node.name !== context.self.name)
    .map((peer) => ({
      name: peer.name,
      host: peer.address,
      port: ports.sql,
      ca: context.secrets.tls.ca,
    }));
  return replicatesAsynchronously(context.cluster) && all[0]?.name !== context.self.name
    ? [...peers, ...own]
    : [...own, ...peers];
}

export const databaseLogin = (context: HostContext): PoolOptions["login"] => ({
  user: "dialtone",
  password: context.secrets.database.app,
  database: "dialtone",
});

/** Nothing is connected until the first query. */
export function openDatabase(options: PoolOptions): Database {
  const pool = new FailoverPool(options);
  const db = new Kysely<Tables>({ dialect: new MysqlDialect({ pool }) });
  return {
    db,
    transact: (work, retry) => withRetry(() => db.transaction().execute(work), retry),
    read: (work, retry) => withRetry(() => work(db), { deadlineMs: 4000, ...retry }),
    state: () => pool.state(),
    [Symbol.asyncDispose]: async () => {
      await db.destroy();
      pool.end(() => {});
    },
  };
}

/**
 * Runs `work` again, with growing pauses, while it fails with something that another try can cure. `work` must be
 * safe to repeat: a commit whose answer was lost may have happened.
 */
export async function withRetry<T>(work: () => Promise<T>, options: RetryOptions = {}): Promise<T> {
  const deadline = performance.now() + (options.deadlineMs ?? 4000);
  for (let attempt = 0; ; attempt++) {
    options.signal?.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      // Jitter: two nodes that collided in certification must not collide again in step.
      const pause = Math.min(500, 5 * 2 ** Math.min(attempt, 7)) * (0.5 + Math.random());
      if (!isRetryable(error) || performance.now() + pause > deadline) throw error;
      await delay(pause, undefined, options.signal ? { signal: options.signal } : undefined);
    }
  }
}
