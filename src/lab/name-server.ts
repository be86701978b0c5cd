import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { loadCluster, loadSecrets } from "../cluster/load.ts";
import { kept } from "./agents.ts";
import type { Lab } from "./lab.ts";
import { outsideHost } from "./names.ts";

/** An authoritative name server (Knot DNS) outside of a lab's cluster, which takes signed updates of `movers.dns`. */

/** Pure: knot.conf(5). */
const knotConfig = (directory: string, listen: string, zone: string, key: string): string => `server:
    rundir: ${directory}
    listen: ${listen}@53
log:
  - target: stderr
    any: info
database:
    storage: ${directory}
${key}
acl:
  - id: agents
    key: dialtone
    action: update
zone:
  - domain: ${zone}
    file: ${join(directory, "zone")}
    storage: ${directory}
    acl: agents
    zonefile-load: whole
    zonefile-sync: -1
`;

/**
 * Starts the server that the lab's cluster.yaml names in movers.dns; it lives as long as the lab.
 * @throws Error when there is none in cluster.yaml, or it does not answer within 10 s.
 */
export async function startNameServer(lab: Lab): Promise<void> {
  const { dns } = loadCluster(lab.paths.cluster).movers;
  const secret = loadSecrets(lab.paths.cluster).dns_key;
  if (!dns || secret === undefined) throw new Error(`${lab.paths.cluster} has no movers.dns, or no dns_key`);
  const directory = join(lab.paths.root, "dns");
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const key = `key:\n  - id: ${dns.key}\n    algorithm: ${dns.algorithm}\n    secret: ${secret}`;
  writeFileSync(
    join(directory, "knot.conf"),
    knotConfig(directory, dns.server, dns.zone, key).replace("key: dialtone", `key: ${dns.key}`),
    { mode: 0o600 },
  );
  writeFileSync(
    join(directory, "zone"),
    `$ORIGIN ${dns.zone}.\n$TTL 60\n@ SOA ns hostmaster 1 3600 600 86400 1\n@ NS ns\nns A ${dns.server}\n`,
  );
  const log = join(directory, "knotd.log");
  await lab.startExtra("dns", outsideHost, kept(["knotd", "-c", join(directory, "knot.conf")]), log);
  const until = Date.now() + 10_000;
  for (;;) {
    const query = ["dig", "+time=1", "+tries=1", "+short", `@${dns.server}`, dns.zone, "SOA"];
    const { code, stdout } = await lab.exec(outsideHost, query);
    if (code === 0 && stdout.includes("hostmaster")) return;
    if (Date.now() > until) throw new Error(`the lab's name server does not answer; see ${log}`);
    await delay(100);
  }
}
