import { setTimeout as delay } from "node:timers/promises";
import { probeCredentials, probeUser } from "../src/call/probe-user.ts";
import { hostDirs, hostNamed, runFiles } from "../src/cluster/facts.ts";
import { loadCluster, loadSecrets } from "../src/cluster/load.ts";
import { askSocket } from "../src/http/socket.ts";
import { ProbeTelephone } from "../src/probe/telephone.ts";

/** Part of functional.ts: many functional tests, run on the host itself. cluster.yaml, host, data, seconds, calls/s. */
const [file = "", name = "", data = "", seconds = "0", rate = "1"] = process.argv.slice(2);
const [cluster, secrets] = [loadCluster(file), loadSecrets(file)];
const self = hostNamed(cluster, name);
const context = { cluster, secrets, self, dirs: hostDirs(data), clusterFile: file };
const credentials = probeCredentials(context).get(probeUser(name));
if (!credentials) throw new Error(`${name} is no node`);
const server = { address: self.address, port: cluster.sip.port };
const telephone = await ProbeTelephone.open(server, probeUser(name), credentials);
const until = performance.now() + 1000 * Number(seconds);
let calls = 0;
while (performance.now() < until) {
  const began = performance.now();
  const signal = AbortSignal.timeout(3000);
  await telephone.register(signal);
  await telephone.call(signal);
  await askSocket(runFiles(context.dirs).appSocket, "GET", "/v1/probe");
  calls++;
  await delay(Math.max(0, 1000 / Number(rate) - (performance.now() - began)));
}
telephone.close();
const { user, system } = process.cpuUsage();
process.stdout.write(`${JSON.stringify({ calls, ownMs: (user + system) / 1000 })}\n`);
