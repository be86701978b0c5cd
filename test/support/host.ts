import { type HostContext, hostDirs, hostNamed } from "../../src/cluster/facts.ts";
import type { Cluster } from "../../src/cluster/schema.ts";
import type { Secrets } from "../../src/cluster/secrets.ts";

/** A host of a made-up cluster, as everything that reads configuration gets it. */

/** Long enough for everyone; the same everywhere, so that a text that should not contain it is easily searched. */
export const secret = "0123456789abcdef0123456789abcdef";

export const someSecrets: Secrets = {
  api_token: secret,
  peer_token: secret,
  nonce_secret: secret,
  database: { app: secret, sst: secret, monitor: secret },
  tls: { ca: "", ca_key: "", cert: "", key: "" },
};

/** A cluster.yaml with nothing in it that need not be: two nodes and a witness. */
export const smallCluster = {
  cluster: "test",
  service: { address: "192.0.2.100/24" },
  hosts: {
    a: { role: "node", address: "192.0.2.11" },
    b: { role: "node", address: "192.0.2.12" },
    w: { role: "witness", address: "192.0.2.13" },
  },
};

/** @param data where the host keeps its files @param more secrets that matter to the test */
export const hostOf = (
  cluster: Cluster,
  name: string,
  data = "/var/lib/dialtone",
  more: Partial<Secrets> = {},
): HostContext => ({
  cluster,
  secrets: { ...someSecrets, ...more },
  self: hostNamed(cluster, name),
  dirs: hostDirs(data),
  clusterFile: "/etc/dialtone/cluster.yaml",
});
