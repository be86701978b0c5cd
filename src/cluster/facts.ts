import { createHash } from "node:crypto";
import { isIP } from "node:net";
import { join } from "node:path";
import type { Cluster, HostRole } from "./schema.ts";
import type { Secrets } from "./secrets.ts";

/** Facts derived from cluster.yaml. Every port, path and address of a host has its one place here. */

/** A host with its name. */
export interface Host {
  name: string;
  role: HostRole;
  address: string;
  /** Of IPv6, without brackets. */
  address6?: string | undefined;
  interface: string;
}

/** Where one host keeps its things. `data` survives a reboot; `run` need not (sockets, pids). */
export interface HostDirs {
  data: string;
  /** Generated configuration files. */
  etc: string;
  /** Sockets, pid files, the VRRP track file, parts.json. In memory (host/memory.ts): nobody waits there for a disk. */
  run: string;
  log: string;
  /** Where the parts' output comes first: in memory too, moved to `log` within seconds (agent/chores/logs.ts). */
  fresh: string;
  /** Journals of call events: append-only, kept for days. */
  journal: string;
  /** MariaDB's datadir. */
  mariadb: string;
  /** The app's own files: rules snapshot, shipper checkpoint. */
  app: string;
  /** What rtpengine writes of recorded calls: `pcaps/`, `metadata/`, `tmp/`. */
  captures: string;
}

/** All that a component needs to know about the host it runs on. */
export interface HostContext {
  cluster: Cluster;
  secrets: Secrets;
  self: Host;
  dirs: HostDirs;
  /** Where the cluster.yaml was read: the app reads it too. */
  clusterFile: string;
}

/** Ports that are not settings: loopback or between the nodes only. */
export const ports = {
  /** JSON-RPC (netstrings) of the app for Kamailio: loopback and node address, peers only. */
  rpc: 8081,
  /** From here on: the agent's ways to the apps of the other nodes, for Kamailio (agent/app-relay.ts): loopback only. */
  rpcRelay: 8090,
  /** WebSockets of telephones in browsers, from this host's HAProxy to its Kamailio: loopback only. */
  sipWeb: 8083,
  /** The app for this host's HAProxy, in the clear: loopback only. */
  appWeb: 8084,
  /** Where Kamailio tells this host's agent how it is (sip/overload.cfg): loopback only. */
  sipProbe: 8082,
  sql: 3306,
  galera: 4567,
  galeraIst: 4568,
  galeraSst: 4444,
  /** Media sessions: loopback and node address, with a password. */
  redis: 6379,
  /** rtpengine's control protocol (ng) for Kamailio and the app: loopback only. */
  rtpengineNg: 2223,
  /** rtpengine's command line (active, standby, list …): loopback only. */
  rtpengineCli: 2225,
  /** The service's own telephone for click-to-dial (src/dials/): service address, SIP over UDP, from this host's Kamailio only. */
  dialer: 8086,
  /** Where the agent hears from rtpengine that a call's audio has ended: loopback only. */
  mediaTimeout: 2224,
} as const;

export const hostDirs = (data: string): HostDirs => ({
  data,
  etc: join(data, "etc"),
  run: join(data, "run"),
  log: join(data, "log"),
  fresh: join(data, "run", "log"),
  journal: join(data, "journal"),
  mariadb: join(data, "mariadb"),
  app: join(data, "app"),
  captures: join(data, "captures"),
});

/** Kamailio's journal: where it writes, in memory, and where each line is carried at once (journal/carrier.ts). */
export const journalDirs = (dirs: HostDirs) => ({
  memory: join(dirs.run, "journal"),
  disk: join(dirs.journal, "sip"),
});

/** Files and sockets in `run` that more than one part knows. */
export const runFiles = (dirs: HostDirs) => ({
  /** HTTP over a unix socket: the agent's status and control, for people with rights on this host. */
  agentSocket: join(dirs.run, "agent.sock"),
  /** The same for this host's app, which may ask less (http/access.ts, agentAppAccess). */
  agentAppSocket: join(dirs.run, "agent-app.sock"),
  /** HTTP over a unix socket: the app's API, no token needed. */
  appSocket: join(dirs.run, "app.sock"),
  /** JSON: the agent's own {pid, start}. */
  agentPid: join(dirs.run, "agent.json"),
  /** JSON: part name → {pid, start} of each running child. */
  parts: join(dirs.run, "parts.json"),
  /** keepalived's track file: 0 = healthy, otherwise FAULT. */
  track: join(dirs.run, "health"),
  mariadbSocket: join(dirs.run, "mariadb", "mysqld.sock"),
  /** Kamailio's control socket: BINRPC, for kamcmd and components/kamailio/rpc.ts. */
  kamailioSocket: join(dirs.run, "kamailio", "ctl.sock"),
  vrrpFifo: join(dirs.run, "vrrp.fifo"),
});

/** Tells one checked cluster.yaml from another; comments and order of keys in the text do not count. */
export const configDigest = (cluster: Cluster): string =>
  createHash("sha256").update(JSON.stringify(cluster)).digest("hex").slice(0, 12);

export const serviceIp = (cluster: Cluster): string => cluster.service.address.split("/")[0] ?? "";

/** The service address of IPv6, without brackets (RFC 5952); undefined: this cluster has none. */
export const serviceIp6 = (cluster: Cluster): string | undefined => cluster.service.address6?.split("/")[0];

/** The service address of each family that it has, IPv4 first. */
export const serviceIps = (cluster: Cluster): string[] =>
  [serviceIp(cluster), serviceIp6(cluster) ?? []].flat();

/** Where HAProxy listens without TLS; undefined: nowhere. An authority looks at no other port (RFC 8555 8.3). */
export const webPlainPort = ({ web }: Cluster): number | undefined =>
  web.acme || web.redirect === true ? 80 : undefined;

/** Where browsers find the console: by a name, if there is one. */
export function webOrigin(cluster: Cluster): string {
  const { port, names } = cluster.web;
  return `https://${names[0] ?? serviceIp(cluster)}${port === 443 ? "" : `:${port}`}`;
}

/** Where a browser may come back to from an identity provider: the console's own name, at the web door and at an app's port. */
export function returnOrigins(cluster: Cluster): string[] {
  const { names, port } = cluster.web;
  const host = names[0] ?? serviceIp(cluster);
  const ports = [...new Set([port, cluster.api.port])];
  return ports.map((one) => `https://${host}${one === 443 ? "" : `:${one}`}`);
}

/**
 * The name that passkeys are for, and where browsers may be that use them: the web door and the app's own port. They are for one name
 * for ever, and an address is none (WebAuthn 5.1.2): the first of web.names; undefined: there is none.
 */
export function passkeyHost({ web, api }: Cluster): { name: string; origins: string[] } | undefined {
  const name = web.names.find((one) => isIP(one) === 0);
  if (name === undefined) return undefined;
  const ports = [...new Set([web.port, api.port])];
  return { name, origins: ports.map((port) => `https://${name}${port === 443 ? "" : `:${port}`}`) };
}

/** The hosts on which an agent runs. */
export const allHosts = (cluster: Cluster): Host[] =>
  Object.entries(cluster.hosts).flatMap(([name, { role, address, address6, interface: link }]) =>
    role === "freeswitch" ? [] : [{ name, role, address, address6, interface: link }],
  );

/** A FreeSWITCH host: it asks the apps, and the agents look whether it answers. */
export interface FreeswitchHost {
  name: string;
  address: string;
  sipPort: number;
}

export const freeswitchHosts = (cluster: Cluster): FreeswitchHost[] =>
  Object.entries(cluster.hosts).flatMap(([name, { role, address, sip_port = 5060 }]) =>
    role === "freeswitch" ? [{ name, address, sipPort: sip_port }] : [],
  );

/** Does a standby follow registrations and media sessions of the holder (policy)? */
export const replicates = ({ policy }: Cluster): boolean => policy === "warm-active" || policy === "hot-hot";

/**
 * The node whose media sessions this one keeps a copy of: the next one in the order of cluster.yaml (with two nodes:
 * the other). rtpengine can follow one other only. Nobody's, where the policy does without copies or audio goes to the
 * nodes' own addresses.
 */
export function mediaPeer(cluster: Cluster, self: string): Host | undefined {
  if (servesAtOwnAddress(cluster)) return undefined;
  const all = nodes(cluster);
  if (!replicates(cluster)) return undefined;
  const index = all.findIndex((host) => host.name === self);
  const peer = all[(index + 1) % all.length];
  return index === -1 || peer?.name === self ? undefined : peer;
}

/** From where this node's HAProxy speaks to its Kamailio: on no other node the same. */
export const webLoopback = (cluster: Cluster, node: string): string =>
  `127.0.0.${nodes(cluster).findIndex((host) => host.name === node) + 2}`;

/** Where the agents pass on to the app of this node. */
export const relayPort = (cluster: Cluster, node: string): number =>
  ports.rpcRelay + nodes(cluster).findIndex((host) => host.name === node);
/** The hosts that count for a majority: nodes and witnesses. */
export const voters = (cluster: Cluster): Host[] => allHosts(cluster).filter((host) => host.role !== "edge");

/** Two databases that follow each other and wait for nobody, instead of one Galera group. */
export const replicatesAsynchronously = ({ database }: Cluster): boolean =>
  database.replication === "asynchronous";

/** The hosts that pass SIP on to the nodes. */
export const edges = (cluster: Cluster): Host[] => allHosts(cluster).filter((host) => host.role === "edge");

/** Which hosts the records of movers.dns name; undefined: no such mover. */
export function dnsTargets(cluster: Cluster): Host[] | undefined {
  const { dns } = cluster.movers;
  if (!dns) return undefined;
  const fronts = edges(cluster);
  return (dns.to ?? (fronts.length > 0 ? "edges" : "nodes")) === "edges" ? fronts : nodes(cluster);
}

/**
 * Do users reach a node at its own address, not only at the service address? Then the node's address has the audio of
 * those calls too, and no other node can go on with it.
 */
export const servesAtOwnAddress = (cluster: Cluster): boolean =>
  cluster.policy === "hot-hot" || dnsTargets(cluster)?.[0]?.role === "node";

/** The hosts that carry calls and data, in the order of cluster.yaml. */
export const nodes = (cluster: Cluster): Host[] => allHosts(cluster).filter((host) => host.role === "node");

export const peersOf = (cluster: Cluster, self: string): Host[] =>
  allHosts(cluster).filter((host) => host.name !== self);

/** @throws Error that names the host and lists the known ones. */
export function hostNamed(cluster: Cluster, name: string): Host {
  const host = allHosts(cluster).find((candidate) => candidate.name === name);
  if (host) return host;
  if (cluster.hosts[name])
    throw new Error(`${name} is a FreeSWITCH host: no agent runs there (dialtone freeswitch init)`);
  const names = allHosts(cluster).map((known) => known.name);
  throw new Error(`no host '${name}' in the cluster '${cluster.cluster}'; it has ${names.join(", ")}`);
}

/** Where a real host keeps its data. */
export const defaultData = "/var/lib/dialtone";
