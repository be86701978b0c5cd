import { join } from "node:path";
import { type HostContext, ports, voters } from "../../cluster/facts.ts";
import type { GeneratedFile } from "../../host/generated.ts";

/** What mariadbd and garbd must say alike: they are members of one Galera group. */

/**
 * Eviction timing of Galera's extended virtual synchrony, ISO 8601 durations. Constraints that Galera does not check:
 * keepalive ≤ suspect/3, inactive_check ≤ suspect/2, install ≤ inactive; the same in every member.
 * https://galeracluster.com/library/documentation/galera-parameters.html
 */
const evs = {
  t500: { keepalive: 0.1, inactive_check: 0.1, suspect: 0.5, inactive: 1.5, install: 1, join_retrans: 0.2 },
  t1000: { keepalive: 0.3, inactive_check: 0.3, suspect: 1, inactive: 3, install: 1.5, join_retrans: 0.3 },
} as const;

/** gcomm:// URL of all members, the own one included. */
export const groupAddress = (context: HostContext): string =>
  `gcomm://${voters(context.cluster)
    .map((host) => `${host.address}:${ports.galera}`)
    .join(",")}`;

/** Files of the TLS identity for one part: only its own user can read the key. */
export const tlsFiles = (context: HostContext, part: string, owner: string) => {
  const path = (name: string) => join(context.dirs.etc, `${part}-tls`, name);
  const { tls } = context.secrets;
  const paths = { ca: path("ca.crt"), cert: path("host.crt"), key: path("host.key") };
  const files: GeneratedFile[] = [
    { path: paths.ca, content: tls.ca },
    { path: paths.cert, content: tls.cert },
    { path: paths.key, content: tls.key, mode: 0o600, owner },
  ];
  return { paths, files };
};

/** wsrep provider options common to data nodes and arbitrator. */
export function providerOptions(
  context: HostContext,
  tls: { ca: string; cert: string; key: string },
): string {
  const timing = evs[context.cluster.galera.profile];
  const duration = (seconds: number) => `PT${seconds}S`;
  return [
    "pc.recovery=true",
    `gmcast.listen_addr=ssl://${context.self.address}:${ports.galera}`,
    `evs.keepalive_period=${duration(timing.keepalive)}`,
    `evs.inactive_check_period=${duration(timing.inactive_check)}`,
    `evs.suspect_timeout=${duration(timing.suspect)}`,
    `evs.inactive_timeout=${duration(timing.inactive)}`,
    `evs.install_timeout=${duration(timing.install)}`,
    `evs.join_retrans_period=${duration(timing.join_retrans)}`,
    `socket.ssl_ca=${tls.ca}`,
    `socket.ssl_cert=${tls.cert}`,
    `socket.ssl_key=${tls.key}`,
  ].join(";");
}
