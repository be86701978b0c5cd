import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { type HostContext, replicatesAsynchronously } from "../cluster/facts.ts";
import { installDatabase, redoLog, runAlone } from "../components/mariadb/config.ts";
import { initialAccounts } from "../components/mariadb/index.ts";
import { readDiskState } from "../components/mariadb/state.ts";
import { labsRoot } from "./names.ts";

/**
 * The first database of a new lab, made once and copied to its nodes. Two hosts that begin with equal data need no state
 * transfer; Debian's script for it (wsrep_sst_mariabackup) alone sleeps for 10 s. Real hosts know nothing of each other
 * before they start, and do make the transfer.
 */

const run = promisify(execFile);

export const copyDatabase = (from: string, to: string, signal: AbortSignal) =>
  run("cp", ["-a", "--reflink=auto", from, to], { signal });

/**
 * Gives a database its place in a cluster's history (grastate.dat, and the same in InnoDB): it is once the first node of
 * one, in a network namespace with nobody else in it.
 */
async function beginHistory(datadir: string, signal: AbortSignal): Promise<void> {
  const stop = join(datadir, "stop.sql");
  await writeFile(stop, "SHUTDOWN;\n", { mode: 0o644 });
  const server = [
    "mariadbd",
    "--no-defaults",
    "--user=mysql",
    `--datadir=${datadir}`,
    `--socket=${join(datadir, "first.sock")}`,
    "--skip-networking",
    `--init-file=${stop}`,
    "--binlog-format=ROW",
    "--wsrep-on=ON",
    "--wsrep-provider=/usr/lib/galera/libgalera_smm.so",
    "--wsrep-new-cluster",
    "--wsrep-cluster-address=gcomm://",
    "--wsrep-node-address=127.0.0.1",
    "--wsrep-provider-options=gmcast.listen_addr=tcp://127.0.0.1:4567;gcache.size=1M",
    redoLog,
  ];
  await run("unshare", ["--net", "sh", "-c", 'ip link set lo up; exec "$@"', "sh", ...server], {
    signal,
    maxBuffer: 16 << 20,
  });
  if (readDiskState(datadir).seqno < 0)
    throw new Error(`${datadir}: mariadbd left no position in grastate.dat`);
  for (const name of ["stop.sql", "galera.cache", "gvwstate.dat"])
    await rm(join(datadir, name), { force: true });
}

/** An empty database of this machine's MariaDB; every lab's begins as a copy of it. Root enters by its unix socket. */
export async function emptyDatabase(signal: AbortSignal): Promise<string> {
  const { stdout } = await run("mariadbd", ["--no-defaults", "--version"], { signal });
  const version = /Ver (\S+)/.exec(stdout)?.[1];
  if (version === undefined) throw new Error(`mariadbd --version said '${stdout.trim()}'`);
  const place = join(labsRoot, `.database-${version}`);
  if (existsSync(place)) return place;
  const making = `${place}.${process.pid}`;
  await mkdir(labsRoot, { recursive: true });
  await rm(making, { recursive: true, force: true });
  try {
    await installDatabase(making, undefined, signal);
    await beginHistory(making, signal);
    // Another lab may have made it meanwhile: one is as good as the other.
    if (!existsSync(place)) await rename(making, place);
  } finally {
    await rm(making, { recursive: true, force: true });
  }
  return place;
}

/** Fills the data directories of these nodes, unless one of them has data: then they agree on it themselves. */
export async function makeFirstDatabases(nodes: HostContext[], signal: AbortSignal): Promise<void> {
  const [first, ...others] = nodes;
  if (!first || others.length === 0 || replicatesAsynchronously(first.cluster)) return;
  if (nodes.some(({ dirs }) => existsSync(dirs.mariadb))) return;
  const from = await emptyDatabase(signal);
  const made = join(first.dirs.data, "mariadb-first");
  await rm(made, { recursive: true, force: true });
  await copyDatabase(from, made, signal);
  await runAlone(made, initialAccounts(first), signal);
  for (const { dirs } of others) await copyDatabase(made, dirs.mariadb, signal);
  await rename(made, first.dirs.mariadb);
}
