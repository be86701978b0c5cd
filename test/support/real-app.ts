import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { patient } from "../../src/base/patience.ts";
import type { HostContext } from "../../src/cluster/facts.ts";
import { HttpClient } from "../../src/http/client.ts";
import { question } from "./app-calls.ts";
import { appSocket, makeTestCluster } from "./app-host.ts";
import { PrivateMariadb } from "./private-mariadb.ts";

/** The app of host a, the real program in a process of its own, with a real MariaDB. */
export class RealApp implements AsyncDisposable {
  readonly context: HostContext;
  readonly database: PrivateMariadb;
  /** Folder of the cluster that it is of. */
  readonly root: string;
  /** What it printed so far. */
  log = "";
  private readonly client: HttpClient;
  private process: ChildProcess;

  /** Of each host of the cluster. */
  readonly contextOf: (host: string) => HostContext;

  private constructor(
    { root, contextOf }: Awaited<ReturnType<typeof makeTestCluster>>,
    context: HostContext,
    database: PrivateMariadb,
  ) {
    this.root = root;
    this.contextOf = contextOf;
    this.context = context;
    this.database = database;
    this.client = new HttpClient({ name: "the app", socketPath: appSocket(context) });
    this.process = this.spawn();
  }

  /** Resolves when its tables are made. @param more ends its cluster.yaml */
  static async open(more?: string): Promise<RealApp> {
    const cluster = await makeTestCluster(more);
    await chmod(cluster.root, 0o755);
    const context = cluster.contextOf("a");
    const socket = join(context.dirs.run, "mariadb", "mysqld.sock");
    const database = new PrivateMariadb(join(cluster.root, "mysql"), socket);
    await database.create(context.secrets.database.app);
    const app = new RealApp(cluster, context, database);
    await app.until("schema", () => app.isReady());
    return app;
  }

  async isReady(): Promise<boolean> {
    return (await this.ask("GET", "/v1/health")).body.database.schema_ready === true;
  }

  async ask(
    method: "GET" | "POST" | "PUT" | "DELETE",
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ) {
    const { status, text } = await this.client.ask({ method, path, body, headers });
    // biome-ignore lint/suspicious/noExplicitAny: a test looks at whatever came
    return { status, body: JSON.parse(text || "null") as any };
  }

  /** The text of an answer. */
  async raw(path: string): Promise<string> {
    return (await this.client.ask({ method: "GET", path })).text;
  }

  /** The decision of a call to this number. */
  async decided(number: string, user?: string) {
    return (await this.ask("POST", "/v1/calls/decide", question(number, user))).body;
  }

  /** Polls until `check` gives something true. @throws Error with the end of the log */
  async until<T>(what: string, check: () => Promise<T | undefined | false>): Promise<T> {
    const deadline = Date.now() + patient(15_000);
    for (;;) {
      const found = await check().catch(() => undefined);
      if (found) return found;
      if (Date.now() > deadline) throw new Error(`not in time: ${what}\n${this.log.slice(-3000)}`);
      await delay(20);
    }
  }

  /**
   * Changes logins or tokens as the other node's app does. The rows before the number: who sees a new number reads, once, the rows that
   * have it.
   */
  async changeElsewhere(table: "sessions" | "tokens", set: string, where = "TRUE"): Promise<void> {
    await this.database.query(
      `UPDATE ${table} SET ${set}, revision = (SELECT revision + 1 FROM access_revision) WHERE ${where}`,
    );
    await this.database.query("UPDATE access_revision SET revision = revision + 1");
  }

  private spawn(): ChildProcess {
    const { clusterFile, dirs } = this.context;
    const words = ["src/main.ts", "--config", clusterFile, "app", "--host", "a", "--data", dirs.data];
    const child = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "pipe"] });
    for (const output of [child.stdout, child.stderr])
      output?.on("data", (chunk: Buffer) => {
        this.log += chunk.toString();
      });
    return child;
  }

  start(): void {
    this.process = this.spawn();
  }

  async stop(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    this.process.kill(signal);
    await once(this.process, "exit");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await this.client[Symbol.asyncDispose]();
    await this.database[Symbol.asyncDispose]();
    await rm(this.root, { recursive: true, force: true });
  }
}
