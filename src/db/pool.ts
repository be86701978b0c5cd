import { messageOf } from "../base/message.ts";
import { type DeadlineConnection, type Endpoint, type Login, openConnection } from "./endpoint.ts";
import { DatabaseUnavailable, isEndpointFault } from "./errors.ts";

export interface PoolOptions {
  /** In order of preference: this host's own server first. */
  endpoints: Endpoint[];
  login: Login;
  /** Connections to one endpoint at most. */
  size?: number;
  /** Deadline of a TCP or unix connect with its handshake. */
  connectMs?: number;
  /** Deadline of one query: a stopped server is noticed by it. Longer than Galera's stall when a member dies. */
  queryMs?: number;
  /** An endpoint that failed is left alone for so long. */
  avoidMs?: number;
}

export interface EndpointState {
  name: string;
  /** `ok`: used last without a fault; `avoided`: failed a moment ago; `unknown`: not tried yet. */
  state: "ok" | "avoided" | "unknown";
  error: string | undefined;
}

interface Slot {
  endpoint: Endpoint;
  idle: DeadlineConnection[];
  open: number;
  /** performance.now() until which it is not tried first. */
  avoidUntil: number;
  error: string | undefined;
  used: boolean;
  retrying: boolean;
}

/**
 * A connection pool over several servers of one synchronous cluster, in order of preference. It has the shape that
 * Kysely's MysqlDialect expects. A fault moves new work to the next server at once and back after `avoidMs`.
 */
export class FailoverPool {
  private readonly slots: Slot[];
  private readonly options: Required<PoolOptions>;
  private readonly waiting: { wake: () => void }[] = [];
  private ended = false;

  constructor(options: PoolOptions) {
    this.options = { size: 6, connectMs: 1000, queryMs: 3000, avoidMs: 1000, ...options };
    this.slots = options.endpoints.map((endpoint) => ({
      endpoint,
      idle: [],
      open: 0,
      avoidUntil: 0,
      error: undefined,
      used: false,
      retrying: false,
    }));
  }

  /** Kysely's entry. */
  getConnection(callback: (error: unknown, connection: DeadlineConnection) => void): void {
    this.acquire().then(
      (connection) => callback(undefined, connection),
      // Kysely looks at the connection only when there is no error.
      (error: unknown) => callback(error, undefined as unknown as DeadlineConnection),
    );
  }

  /** @throws DatabaseUnavailable with what each server said. */
  async acquire(): Promise<DeadlineConnection> {
    const deadline = performance.now() + this.options.queryMs;
    for (;;) {
      if (this.ended) throw new DatabaseUnavailable("the pool is closed");
      const found = await this.tryEach();
      if (found !== "busy") return found;
      const left = deadline - performance.now();
      if (left <= 0) throw new DatabaseUnavailable("all database connections are busy");
      await this.freed(left);
    }
  }

  private async tryEach(): Promise<DeadlineConnection | "busy"> {
    // A server with a known fault is tried again beside the work, by one connection: a hung one would otherwise
    // cost every query a connect deadline. Only when no other is left is it tried in line.
    const healthy = this.slots.filter((slot) => slot.error === undefined);
    const suspect = this.slots.filter((slot) => slot.error !== undefined);
    if (healthy.length > 0) for (const slot of suspect) this.retryBeside(slot);
    const order = [...healthy, ...suspect];
    const faults: string[] = [];
    for (const slot of order) {
      for (let idle = slot.idle.pop(); idle; idle = slot.idle.pop()) {
        if (!idle.broken) return idle;
        slot.open--;
      }
      if (slot.open >= this.options.size) return "busy";
      try {
        return await this.open(slot);
      } catch (error) {
        faults.push(messageOf(error));
      }
    }
    throw new DatabaseUnavailable(`no database server can be used: ${faults.join("; ")}`);
  }

  private async open(slot: Slot): Promise<DeadlineConnection> {
    slot.open++;
    try {
      const connection = await openConnection(
        slot.endpoint,
        this.options.login,
        { connectMs: this.options.connectMs, queryMs: this.options.queryMs },
        {
          onRelease: (released) => this.release(slot, released),
          onFault: (error) => this.fault(slot, error),
        },
      );
      slot.used = true;
      slot.error = undefined;
      slot.avoidUntil = 0;
      return connection;
    } catch (error) {
      slot.open--;
      this.fault(slot, error);
      throw error;
    }
  }

  private retryBeside(slot: Slot): void {
    if (slot.retrying || slot.avoidUntil > performance.now()) return;
    slot.retrying = true;
    this.open(slot)
      .then(
        (connection) => this.release(slot, connection),
        () => {}, // #open has noted the fault already
      )
      .finally(() => {
        slot.retrying = false;
      });
  }

  private fault(slot: Slot, error: unknown): void {
    if (!isEndpointFault(error)) return;
    slot.error = messageOf(error);
    slot.avoidUntil = performance.now() + this.options.avoidMs;
    // Idle connections to a server that lost quorum or hangs would all fail in turn.
    for (const idle of slot.idle.splice(0)) {
      idle.destroy();
      slot.open--;
    }
  }

  private release(slot: Slot, connection: DeadlineConnection): void {
    if (connection.broken || this.ended || slot.avoidUntil > performance.now()) {
      connection.destroy();
      slot.open--;
    } else slot.idle.push(connection);
    this.waiting.shift()?.wake();
  }

  private freed(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const entry = {
        wake: () => {
          clearTimeout(timer);
          resolve();
        },
      };
      const timer = setTimeout(() => {
        const at = this.waiting.indexOf(entry);
        if (at >= 0) this.waiting.splice(at, 1);
        resolve();
      }, timeoutMs);
      this.waiting.push(entry);
    });
  }

  /** For the health document. */
  state(): EndpointState[] {
    const now = performance.now();
    return this.slots.map((slot) => ({
      name: slot.endpoint.name,
      state: slot.avoidUntil > now ? "avoided" : slot.error !== undefined || !slot.used ? "unknown" : "ok",
      error: slot.error,
    }));
  }

  /** Closes what is idle; connections in use close when they are released. */
  end(callback: (error: unknown) => void): void {
    this.ended = true;
    for (const slot of this.slots)
      for (const idle of slot.idle.splice(0)) {
        idle.destroy();
        slot.open--;
      }
    for (const entry of this.waiting.splice(0)) entry.wake();
    callback(undefined);
  }
}
