import { existsSync } from "node:fs";
import { readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type mysql from "mysql2/promise";
import { type HostContext, ports } from "../../cluster/facts.ts";
import type { DatabaseFacts } from "../../report/database.ts";
import type { Component, Health, StartHow } from "../common/component.ts";
import { groupAddress, providerOptions } from "../common/galera.ts";
import {
  commonAccounts,
  commonConfig,
  configFile,
  createDatadir,
  directories,
  serverFiles,
  type TlsPaths,
  unfinishedMark,
} from "./config.ts";
import { askServer } from "./monitor.ts";
import { markSafeToBootstrap, readDiskState, recoverPosition } from "./state.ts";

function config(context: HostContext, tls: TlsPaths): string {
  const { self, cluster, secrets } = context;
  return `${commonConfig(context, tls)}skip-log-bin
binlog_format=ROW
wsrep_on=ON
wsrep_provider=/usr/lib/galera/libgalera_smm.so
wsrep_cluster_name=${cluster.cluster}
wsrep_cluster_address=${groupAddress(context)}
wsrep_node_name=${self.name}
wsrep_node_address=${self.address}
wsrep_sst_method=mariabackup
wsrep_sst_auth=sst:${secrets.database.sst}
wsrep_sst_receive_address=${self.address}:${ports.galeraSst}
wsrep_provider_options="gcache.size=64M;ist.recv_addr=ssl://${self.address}:${ports.galeraIst};${providerOptions(context, tls)}"

[sst]
encrypt=4
tca=${tls.ca}
tcert=${tls.cert}
tkey=${tls.key}
ssl-ca=${tls.ca}
ssl-cert=${tls.cert}
ssl-key=${tls.key}
ssl-mode=VERIFY_CA
`;
}

/**
 * Accounts of a new cluster; run once, on the node that bootstraps, before wsrep is on. `sst` may only do what
 * mariabackup needs (https://mariadb.com/kb/en/mariabackup-sst-method/).
 */
export const initialAccounts = (context: HostContext): string => `${commonAccounts(context)}
CREATE USER IF NOT EXISTS 'sst'@'localhost' IDENTIFIED BY '${context.secrets.database.sst}';
GRANT RELOAD, PROCESS, LOCK TABLES, BINLOG MONITOR ON *.* TO 'sst'@'localhost';
`;

async function prepare(context: HostContext, how: StartHow): Promise<string[]> {
  const datadir = context.dirs.mariadb;
  const disk = readDiskState(datadir);
  // Beside the directory, for a state transfer empties it; and its script's own mark, when it is inside.
  const unfinished = unfinishedMark(context);
  const marked = existsSync(unfinished) || existsSync(join(datadir, "sst_in_progress"));
  if (!disk.initialised || (disk.uuid === "" && marked)) {
    const left = existsSync(datadir) ? await readdir(datadir) : [];
    if (left.length > 0 && !marked)
      throw new Error(
        `${datadir} holds files but no grastate.dat: dialtone does not delete data it did not make; move them away, or restore the file`,
      );
    // Ours, but interrupted while it was created or received: worth nothing, and in the way of a state transfer.
    for (const name of left) await rm(join(datadir, name), { recursive: true });
    await writeFile(unfinished, "");
    if (!how.bootstrap) return [];
    await createDatadir(context, initialAccounts(context), how.signal);
    return ["--wsrep-new-cluster"];
  }
  await rm(unfinished, { force: true });
  const position =
    disk.seqno >= 0 ? disk : (how.position ?? (await recoverPosition(configFile(context), how.signal)));
  if (position.uuid === "" && !how.bootstrap) return [];
  const start = `--wsrep-start-position=${position.uuid}:${position.seqno}`;
  if (!how.bootstrap) return [start];
  await rm(join(datadir, "gvwstate.dat"), { force: true });
  await markSafeToBootstrap(datadir);
  return [start, "--wsrep-new-cluster"];
}

/** SHOW STATUS answers also without quorum: that is how one learns that there is none. */
async function probe(context: HostContext, signal: AbortSignal): Promise<Health<DatabaseFacts>> {
  const [rows] = await askServer(context, signal, (connection) =>
    connection.query<(mysql.RowDataPacket & { Variable_name: string; Value: string })[]>(
      "SHOW GLOBAL STATUS WHERE Variable_name IN ('wsrep_ready','wsrep_cluster_status','wsrep_local_state_comment','wsrep_cluster_size','wsrep_last_committed','wsrep_cluster_state_uuid')",
    ),
  );
  const status = new Map(rows.map((row) => [row.Variable_name, row.Value]));
  const get = (name: string) => status.get(name) ?? "";
  const facts: DatabaseFacts = {
    primary: get("wsrep_ready") === "ON" && get("wsrep_cluster_status") === "Primary",
    state: get("wsrep_local_state_comment"),
    size: Number(get("wsrep_cluster_size")),
    seqno: Number(get("wsrep_last_committed")),
    uuid: get("wsrep_cluster_state_uuid"),
  };
  const detail = `${get("wsrep_cluster_status") || "no cluster"}, ${facts.state}, ${facts.size} members`;
  return { ok: true, detail, facts };
}

/** MariaDB with Galera: the rules, the users and the ledger of calls. */
export const mariadb: Component = {
  name: "mariadb",
  directories,
  files: (context) => serverFiles(context, config),
  prepare,
  command: (context) => ({ argv: ["mariadbd", `--defaults-file=${configFile(context)}`], nice: -5 }),
  probe,
  probeEveryMs: 250,
  probeDeadlineMs: 1000,
  sickAfterMs: 2500,
  // A state transfer of a large database takes long, and the server answers nobody meanwhile.
  startTimeoutMs: 3_600_000,
  // Galera evicts a hung member by itself; a short hang ends with an incremental transfer, a kill costs more.
  killAfterMs: 30_000,
  stopGraceMs: 30_000,
};
