import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chown, mkdir, open, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import mysql from "mysql2/promise";
import { patient } from "../../src/base/patience.ts";
import { redoLog } from "../../src/components/mariadb/config.ts";
import { accountIn } from "../../src/host/files.ts";
import { copyDatabase, emptyDatabase } from "../../src/lab/first-database.ts";

/** A MariaDB server of a test's own: temporary data, a unix socket only; never Debian's service. */
export class PrivateMariadb implements AsyncDisposable {
  private readonly directory: string;
  readonly socket: string;
  private child: ChildProcess | undefined;

  constructor(directory: string, socket: string) {
    this.directory = directory;
    this.socket = socket;
  }

  get pid(): number {
    const pid = this.child?.pid;
    if (pid === undefined) throw new Error("mariadbd does not run");
    return pid;
  }

  /** Makes the data directory and the database `dialtone` with its user. */
  async create(password: string): Promise<void> {
    const account = accountIn(await readFile("/etc/passwd", "utf8"), "mysql");
    if (!account) throw new Error("there is no system user mysql");
    for (const path of [dirname(this.directory), dirname(this.socket)])
      await mkdir(path, { recursive: true });
    await chown(dirname(this.socket), account.uid, account.gid);
    const signal = AbortSignal.timeout(patient(60_000));
    await copyDatabase(await emptyDatabase(signal), this.directory, signal);
    await this.start();
    const root = await mysql.createConnection({
      socketPath: this.socket,
      user: "root",
      multipleStatements: true,
    });
    await root.query(
      `CREATE DATABASE dialtone; CREATE USER dialtone@'%' IDENTIFIED BY '${password}'; GRANT ALL ON dialtone.* TO dialtone@'%';`,
    );
    await root.end();
  }

  async start(): Promise<void> {
    await using log = await open(join(dirname(this.directory), "mariadbd.log"), "a");
    this.child = spawn(
      "mariadbd",
      [
        "--no-defaults",
        "--user=mysql",
        `--datadir=${this.directory}`,
        `--socket=${this.socket}`,
        "--skip-networking",
        "--skip-log-bin",
        "--performance-schema=OFF",
        "--innodb-buffer-pool-size=64M",
        // As the template has it: another one would be made at the start.
        redoLog,
        // What a killed server wrote stays: only the machine's power is not survived.
        "--innodb-flush-method=nosync",
        "--innodb-force-primary-key=1",
        "--character-set-server=utf8mb4",
        "--collation-server=utf8mb4_bin",
      ],
      { stdio: ["ignore", log.fd, log.fd] },
    );
    const deadline = Date.now() + 20_000;
    for (;;) {
      try {
        const connection = await mysql.createConnection({ socketPath: this.socket, user: "root" });
        await connection.end();
        return;
      } catch (error) {
        if (Date.now() > deadline) throw error;
        await delay(50);
      }
    }
  }

  async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    const child = this.child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGCONT");
    child.kill(signal);
    await once(child, "exit");
    this.child = undefined;
  }

  /** As the operator would: for looking into the tables. */
  async query(sql: string): Promise<Record<string, unknown>[]> {
    const connection = await mysql.createConnection({
      socketPath: this.socket,
      user: "root",
      database: "dialtone",
    });
    try {
      const [rows] = await connection.query(sql);
      return rows as Record<string, unknown>[];
    } finally {
      await connection.end();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}
