import { readFileSync, writeFileSync } from "node:fs";
import { mkdir, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type HostContext, hostDirs, hostNamed, runFiles } from "../../src/cluster/facts.ts";
import { writeInit } from "../../src/cluster/init.ts";
import { loadCluster, loadSecrets } from "../../src/cluster/load.ts";

/** A cluster on loopback addresses for tests of the app alone. @param more ends its cluster.yaml */
export async function makeTestCluster(
  more = "",
): Promise<{ root: string; contextOf: (host: string) => HostContext }> {
  const root = await mkdtemp(join(tmpdir(), "dialtone-app-"));
  const file = join(root, "cluster.yaml");
  writeInit(file, {
    cluster: "apptest",
    serviceAddress: "127.77.0.100/24",
    hosts: [
      { name: "a", role: "node", address: "127.77.0.11", interface: "lo" },
      { name: "b", role: "node", address: "127.77.0.12", interface: "lo" },
      { name: "w", role: "witness", address: "127.77.0.13", interface: "lo" },
    ],
    upstream: [],
  });
  // No agent runs there, so `init` writes none.
  const text = readFileSync(file, "utf8");
  writeFileSync(
    file,
    `${text.replace(/^hosts:\n/m, "hosts:\n  fs1: { role: freeswitch, address: 127.77.0.21 }\n")}${more}`,
  );
  const cluster = loadCluster(file);
  const secrets = loadSecrets(file);
  for (const host of ["a", "b"]) {
    const dirs = hostDirs(join(root, host));
    for (const path of [dirs.run, join(dirs.journal, "sip"), dirs.app])
      await mkdir(path, { recursive: true });
  }
  return {
    root,
    contextOf: (host) => ({
      cluster,
      secrets,
      self: hostNamed(cluster, host),
      dirs: hostDirs(join(root, host)),
      clusterFile: file,
    }),
  };
}

export const appSocket = (context: HostContext): string => runFiles(context.dirs).appSocket;
