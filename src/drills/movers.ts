import type { Prober, ProberOptions } from "../callers/prober.ts";
import { startResolvingCallers } from "../callers/resolving/client.ts";
import { edges } from "../cluster/facts.ts";
import { loadCluster } from "../cluster/load.ts";
import type { Lab } from "../lab/lab.ts";
import { domainOf } from "../movers/records.ts";
import { type DrillKind, drillNamed } from "./catalogue.ts";
import { startProber } from "./prober.ts";

/** By which way the callers of a drill reach the service. */
export const ways = ["vrrp", "edge", "dns-srv", "dns-a"] as const;
export type Way = (typeof ways)[number];

/** A telephone that is set to fail over; SIP's own patience (timer B) would be 32 s. */
const failoverMs = 500;

/**
 * Callers who reach a lab's service by one way: the service address, the first edge, DNS with SRV records and fail-over
 * (RFC 3263), or a name's plain addresses.
 * @throws Error when the lab's cluster.yaml has no such way.
 */
export function callersBy(lab: Lab, way: Way): (options: ProberOptions) => Promise<Prober> {
  const cluster = loadCluster(lab.paths.cluster);
  const { dns } = cluster.movers;
  const [edge] = edges(cluster);
  if (way === "vrrp") return startProber;
  if (way === "edge") {
    if (!edge) throw new Error(`${lab.paths.cluster} has no host with role: edge`);
    const service = `${edge.address}:${cluster.sip.port}`;
    return (options) => startProber({ ...options, service });
  }
  if (!dns) throw new Error(`${lab.paths.cluster} has no movers.dns`);
  const server = `${dns.server}:${dns.port}`;
  const by = way === "dns-srv" ? "srv" : "a";
  return (options) => startResolvingCallers(options, { server, domain: domainOf(dns), by, failoverMs });
}

/** The dead holder is replaced (1 s with a busy machine's unevenness), its silence is believed, the record is rewritten. */
const rewrittenMs = 2500;

/** A node's power cut, for callers of this way: those without fail-over wait for the record's lifetime too. */
export function hostDeathBy(lab: Lab, way: Way): DrillKind {
  const kind = drillNamed("host-death");
  const { dns } = loadCluster(lab.paths.cluster).movers;
  return way === "dns-a" ? { ...kind, outageMs: rewrittenMs + 1000 * (dns?.ttl ?? 0) } : kind;
}
