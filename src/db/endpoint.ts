import { type Connection, createConnection } from "mysql2";
import { messageOf } from "../base/message.ts";
import { DatabaseUnavailable } from "./errors.ts";

/** Where a database server listens: a unix socket on this host, or a peer's TCP port with TLS. */
export type Endpoint =
  | { name: string; socketPath: string }
  | { name: string; host: string; port: number; ca: string };

export interface Login {
  user: string;
  password: string;
  database: string;
}

/** One connection with a deadline on every query; Kysely's driver sees it as a mysql2 pool connection. */
export class DeadlineConnection {
  readonly endpoint: Endpoint;
  private readonly raw: Connection;
  private readonly deadlineMs: number;
  private readonly onRelease: (connection: DeadlineConnection) => void;
  private readonly onFault: (error: unknown) => void;
  broken = false;

  constructor(
    raw: Connection,
    endpoint: Endpoint,
    deadlineMs: number,
    hooks: { onRelease: (connection: DeadlineConnection) => void; onFault: (error: unknown) => void },
  ) {
    this.raw = raw;
    this.endpoint = endpoint;
    this.deadlineMs = deadlineMs;
    this.onRelease = hooks.onRelease;
    this.onFault = hooks.onFault;
    // Without a listener a dropped idle connection would end the process.
    raw.on("error", (error: unknown) => {
      this.broken = true;
      this.onFault(error);
    });
    raw.on("end", () => {
      this.broken = true;
    });
  }

  query(sql: string, parameters: unknown[]): { stream: () => never };
  query(
    sql: string,
    parameters: unknown[],
    callback: (
      error: unknown,
      result: { affectedRows: number; changedRows: number; insertId: number },
    ) => void,
  ): void;
  query(
    sql: string,
    parameters: unknown[],
    // The driver's callback; Kysely takes rows and result headers through the same parameter.
    callback?: (
      error: unknown,
      result: { affectedRows: number; changedRows: number; insertId: number },
    ) => void,
  ): unknown {
    if (!callback) throw new Error("streaming queries are not supported here");
    let settled = false;
    const settle = (error: unknown, result?: unknown) => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      if (error) this.onFault(error);
      callback(error, result as { affectedRows: number; changedRows: number; insertId: number });
    };
    const timer = setTimeout(() => {
      // The answer may still come, to somebody else's question: this connection is of no more use.
      this.destroy();
      settle(new DatabaseUnavailable(`${this.endpoint.name}: no answer within ${this.deadlineMs} ms`));
    }, this.deadlineMs);
    if (this.broken) {
      settle(new DatabaseUnavailable(`${this.endpoint.name}: connection was lost`));
      return undefined;
    }
    this.raw.query(sql, parameters, (error, result) => settle(error, result));
    return undefined;
  }

  release(): void {
    this.onRelease(this);
  }

  destroy(): void {
    this.broken = true;
    this.raw.destroy();
  }
}

/**
 * Opens one connection and proves that its server takes part in the cluster: a node without quorum still
 * accepts connections and `SELECT 1`, so wsrep_ready is asked.
 * @throws DatabaseUnavailable
 */
export async function openConnection(
  endpoint: Endpoint,
  login: Login,
  limits: { connectMs: number; queryMs: number },
  hooks: { onRelease: (connection: DeadlineConnection) => void; onFault: (error: unknown) => void },
): Promise<DeadlineConnection> {
  const where =
    "socketPath" in endpoint
      ? { socketPath: endpoint.socketPath }
      : {
          host: endpoint.host,
          port: endpoint.port,
          // One certificate serves all hosts, so the name is not compared; only our own authority signs.
          ssl: { ca: endpoint.ca, minVersion: "TLSv1.2", verifyIdentity: false, rejectUnauthorized: true },
        };
  const raw = createConnection({
    ...where,
    ...login,
    connectTimeout: limits.connectMs,
    timezone: "Z",
    supportBigNumbers: true,
    charset: "utf8mb4",
  });
  raw.on("error", () => {}); // Handshake faults reach the callback below too; this one only keeps Node alive.
  try {
    await new Promise<void>((resolve, reject) => {
      // mysql2's own connect timeout ends with the TCP connection: a stopped server accepts and stays silent.
      const timer = setTimeout(
        () => reject(new DatabaseUnavailable(`${endpoint.name}: no handshake within ${limits.connectMs} ms`)),
        limits.connectMs,
      );
      const done = (error: unknown) => {
        clearTimeout(timer);
        if (error) reject(error);
        else resolve();
      };
      raw.query("SET SESSION time_zone = '+00:00', SESSION innodb_lock_wait_timeout = 5", (error) =>
        done(error),
      );
    });
    const connection = new DeadlineConnection(raw, endpoint, limits.queryMs, hooks);
    await assertReady(raw, endpoint, limits.connectMs);
    return connection;
  } catch (error) {
    raw.destroy();
    if (error instanceof DatabaseUnavailable) throw error;
    throw new DatabaseUnavailable(`${endpoint.name}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

async function assertReady(raw: Connection, endpoint: Endpoint, deadlineMs: number): Promise<void> {
  const ask = <Row>(question: string): Promise<Row[]> =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new DatabaseUnavailable(`${endpoint.name}: no answer within ${deadlineMs} ms`)),
        deadlineMs,
      );
      raw.query(question, (error, result) => {
        clearTimeout(timer);
        if (error) reject(error);
        else resolve(Array.isArray(result) ? (result as Row[]) : []);
      });
    });
  const rows = await ask<{ Variable_name: string; Value: string }>(
    "SHOW GLOBAL STATUS WHERE Variable_name IN ('wsrep_ready','wsrep_cluster_status','wsrep_provider_name')",
  );
  const status = new Map(rows.map((row) => [row.Variable_name, row.Value]));
  // Without Galera there is no quorum to be part of. Only the provider's name tells: a Galera node that fell out of its
  // cluster has size 0 and the status Disconnected, too.
  if ((status.get("wsrep_provider_name") ?? "") === "") {
    const [variables] = await ask<{ readOnly: number }>("SELECT @@GLOBAL.read_only AS readOnly");
    if (variables?.readOnly === 1)
      throw new DatabaseUnavailable(`${endpoint.name}: read-only, it has not caught up with the other node`);
    return;
  }
  const clusterStatus = status.get("wsrep_cluster_status");
  if (status.get("wsrep_ready") !== "ON" || clusterStatus !== "Primary")
    throw new DatabaseUnavailable(
      `${endpoint.name}: not part of the primary component (wsrep_cluster_status ${clusterStatus}, wsrep_ready ${status.get("wsrep_ready")})`,
    );
}
