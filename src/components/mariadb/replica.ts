import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type mysql from "mysql2/promise";
import { messageOf } from "../../base/message.ts";
import { type Host, type HostContext, nodes, ports, runFiles } from "../../cluster/facts.ts";
import type { DatabaseFacts } from "../../report/database.ts";
import { replicationText } from "../../report/database.ts";
import type { Component, Health, StartHow } from "../common/component.ts";
import { tlsFiles } from "../common/galera.ts";
import {
  commonAccounts,
  commonConfig,
  createDatadir,
  serverFiles,
  type TlsPaths,
  unfinishedMark,
} from "./config.ts";
import { mariadb } from "./index.ts";
import { askServer } from "./monitor.ts";
import { replicationOf, type SlaveStatus, sequenceOf } from "./replication-status.ts";

/**
 * MariaDB without Galera: each of two nodes follows the other's binary log, and neither waits for the other. Each logs
 * only what was written at itself, under a GTID domain of its own.
 */

/** The other node. */
export function partnerOf({ cluster, self }: HostContext): Host {
  const partner = nodes(cluster).find((node) => node.name !== self.name);
  // The schema asks for two nodes.
  if (!partner) throw new Error(`no other node than ${self.name} in cluster.yaml`);
  return partner;
}

/** server_id and GTID domain of a node: its place in cluster.yaml. */
export const numberOf = ({ cluster }: HostContext, name: string): number =>
  1 + nodes(cluster).findIndex((node) => node.name === name);

/** Marks beside the directory: it is being made; its data must be copied from the other node; it shall be made from scratch. */
export const marks = ({ dirs }: Pick<HostContext, "dirs">) => ({
  unfinished: unfinishedMark({ dirs }),
  copy: join(dirs.data, "mariadb-copy"),
  renew: join(dirs.data, "mariadb-renew"),
  /** Tells these data from those that were here before. */
  id: join(dirs.data, "mariadb-id"),
  /** Where data go that are made from scratch. */
  before: join(dirs.data, "mariadb-before"),
});

const hasTables = ({ dirs }: HostContext): boolean => existsSync(join(dirs.mariadb, "mysql"));

/** Has this host a database of its own, complete or still to be filled? */
export const initialised = (context: HostContext): boolean =>
  hasTables(context) && !existsSync(marks(context).unfinished) && !existsSync(marks(context).renew);

/**
 * Statements and not rows are logged: events and call records are written with INSERT … ON DUPLICATE KEY UPDATE and explicit
 * values, so that what both nodes have written does no harm where it arrives a second time; two changes of the rules
 * under one number still collide, and stop the replication.
 */
function config(context: HostContext, tls: TlsPaths): string {
  const number = numberOf(context, context.self.name);
  return `${commonConfig(context, tls)}# Until it has caught up with the other node: the agent lifts it.
read_only=ON
server_id=${number}
gtid_domain_id=${number}
log_bin=binlog
log_bin_index=binlog.index
relay_log=relay
relay_log_index=relay.index
relay_log_recovery=ON
binlog_format=STATEMENT
sync_binlog=1
max_binlog_size=64M
# Longer away than 14 days: the data are copied again.
binlog_expire_logs_seconds=1209600
slave_exec_mode=STRICT
slave_net_timeout=6
`;
}

/** `replica` may follow and copy, and change nothing; it comes from the other node, with TLS. */
const accounts = (context: HostContext): string => `${commonAccounts(context)}
CREATE USER IF NOT EXISTS 'replica'@'%' IDENTIFIED BY '${context.secrets.database.sst}' REQUIRE SSL;
GRANT REPLICATION SLAVE, RELOAD, BINLOG MONITOR ON *.* TO 'replica'@'%';
GRANT SELECT, LOCK TABLES, SHOW VIEW, TRIGGER ON dialtone.* TO 'replica'@'%';
GRANT SLAVE MONITOR ON *.* TO 'monitor'@'localhost';
`;

/** How the other node's database is reached for copying and following. */
export const partnerLogin = (context: HostContext) => ({
  host: partnerOf(context).address,
  port: ports.sql,
  user: "replica",
  password: context.secrets.database.sst,
  ca: tlsFiles(context, "mariadb", "mysql").paths.ca,
});

/** Before its next start the database is to be made from scratch; what was put aside the last time is deleted. */
export async function markForRenewal(context: HostContext): Promise<void> {
  const { renew, before } = marks(context);
  await rm(before, { recursive: true, force: true });
  await writeFile(renew, "");
}

/** Puts the data aside that a person no longer wants. Interrupted, it goes on where it was. */
async function putAside(context: HostContext): Promise<void> {
  const { renew, before } = marks(context);
  if (!existsSync(renew)) return;
  await mkdir(before, { mode: 0o700, recursive: true });
  for (const name of await readdir(context.dirs.mariadb))
    await rename(join(context.dirs.mariadb, name), join(before, name));
  await rm(renew);
}

async function prepare(context: HostContext, how: StartHow): Promise<string[]> {
  const datadir = context.dirs.mariadb;
  const { unfinished, copy, id } = marks(context);
  if (existsSync(join(datadir, "grastate.dat")))
    throw new Error(
      `${datadir} belongs to a Galera cluster, and cluster.yaml says database.replication: asynchronous. Set it back, or move the directory away`,
    );
  await putAside(context);
  if (initialised(context)) {
    if (!existsSync(id)) await writeFile(id, randomUUID());
    return [];
  }
  const left = await readdir(datadir);
  if (left.length > 0 && !existsSync(unfinished))
    throw new Error(
      `${datadir} holds files that are no database: dialtone does not delete data it did not make; move them away`,
    );
  for (const name of left) await rm(join(datadir, name), { recursive: true });
  await writeFile(unfinished, "");
  await createDatadir(context, accounts(context), how.signal);
  if (!how.bootstrap) await writeFile(copy, "");
  await writeFile(id, randomUUID());
  await rm(unfinished);
  return [];
}

interface Variables {
  readOnly: number;
  own: string;
  applied: string;
}

async function probe(context: HostContext, signal: AbortSignal): Promise<Health<DatabaseFacts>> {
  const partner = partnerOf(context);
  const [variables, slaves] = await askServer(context, signal, async (connection) => {
    const [[first]] = await connection.query<(mysql.RowDataPacket & Variables)[]>(
      "SELECT @@GLOBAL.read_only AS readOnly, @@GLOBAL.gtid_binlog_pos AS own, @@GLOBAL.gtid_slave_pos AS applied",
    );
    const [rows] = await connection.query<(mysql.RowDataPacket & SlaveStatus)[]>("SHOW ALL SLAVES STATUS");
    return [first, rows] as const;
  });
  const replication = replicationOf(slaves[0], {
    from: partner.name,
    id: readFileSync(marks(context).id, "utf8"),
    copying: existsSync(marks(context).copy),
    own: sequenceOf(variables?.own ?? "", numberOf(context, context.self.name)),
    applied: sequenceOf(variables?.applied ?? "", numberOf(context, partner.name)),
    readOnly: variables?.readOnly === 1,
  });
  const { state } = replication;
  const facts: DatabaseFacts = {
    primary: state !== "copying",
    state: state === "copying" ? "Copying" : "Synced",
    size: state === "following" ? 2 : 1,
    seqno: 0,
    uuid: "",
    replication,
  };
  return { ok: true, detail: replicationText(replication), facts };
}

/** MariaDB that follows the other node's: the rules, the users and the ledger of calls. */
export const mariadbReplica: Component = {
  ...mariadb,
  files: (context) => serverFiles(context, config),
  prepare,
  probe,
};

const run = promisify(execFile);

/** Arguments of mariadb(1) for the own server: root by its unix socket. */
export const ownServer = ({ dirs }: HostContext): string[] => [
  "--no-defaults",
  `--socket=${runFiles(dirs).mariadbSocket}`,
];

/** Runs SQL at the own server. @throws Error with the server's words. */
export async function asRoot(context: HostContext, sql: string, signal: AbortSignal): Promise<void> {
  const running = run("mariadb", ownServer(context), { signal });
  // Passwords are in it: not for the process list. A server that is gone is told by the program's end.
  running.child.stdin?.on("error", () => undefined);
  running.child.stdin?.end(sql);
  try {
    await running;
  } catch (error) {
    const { stderr = "" } = error as { stderr?: string };
    // Errors of syntax quote what they do not understand.
    throw new Error(stderr.split(/ near '/)[0]?.trim() || messageOf(error));
  }
}

/** Follow the other node from where the own data end. */
export function followSql(context: HostContext): string {
  const { host, port, user, password, ca } = partnerLogin(context);
  const name = partnerOf(context).name;
  return `CHANGE MASTER '${name}' TO MASTER_HOST='${host}', MASTER_PORT=${port}, MASTER_USER='${user}', MASTER_PASSWORD='${password}',
  MASTER_USE_GTID=slave_pos, MASTER_CONNECT_RETRY=1, MASTER_HEARTBEAT_PERIOD=2,
  MASTER_SSL=1, MASTER_SSL_CA='${ca}', MASTER_SSL_VERIFY_SERVER_CERT=0;
START SLAVE '${name}';
`;
}

/** From its position again: what had come from the other's log before may be of data that are no longer there. */
export function startSql(context: HostContext): string {
  const { name } = partnerOf(context);
  return `STOP SLAVE '${name}'; START SLAVE '${name}';`;
}
export const writableSql = "SET GLOBAL read_only=OFF;";
