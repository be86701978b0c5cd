import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { type HostContext, hostDirs } from "../../src/cluster/facts.ts";
import { kamailioFacts } from "../../src/components/kamailio/rpc.ts";
import { treeOf } from "../common.ts";

/** What an assault may leave behind in a SIP server. */
export interface SipHealth {
  pids: number[];
  /** Shared memory in use, KiB. */
  sharedKib: number;
  /** Memory of the processes' own (Pss_Anon of smaps_rollup, proc(5)), KiB. */
  ownKib: number;
  /** Of its log, bytes. */
  log: number;
  transactions: number;
}

/** @param data a host's folder */
export async function sipHealth(data: string): Promise<SipHealth> {
  const dirs = hostDirs(data);
  const { memory, transactions } = await kamailioFacts({ dirs } as HostContext, AbortSignal.timeout(5000));
  const pids = await treeOf(Number(readFileSync(join(dirs.run, "kamailio", "kamailio.pid"), "utf8")));
  const own = (pid: number) =>
    Number(/^Pss_Anon:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1] ?? 0);
  return {
    pids: pids.sort((one, other) => one - other),
    sharedKib: Math.round((memory.total - memory.free) / 1024),
    ownKib: pids.reduce((sum, pid) => sum + own(pid), 0),
    log: statSync(join(dirs.log, "kamailio.log")).size,
    transactions,
  };
}
