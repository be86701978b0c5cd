import { createSocket } from "node:dgram";
import { accessSync, constants, existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, isIPv6 } from "node:net";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { hostIn } from "../base/host-in.ts";
import { addressesMissing } from "../cluster/certificate.ts";
import {
  type HostContext,
  nodes,
  ports,
  relayPort,
  runFiles,
  serviceIp,
  serviceIp6,
  serviceIps,
  webPlainPort,
} from "../cluster/facts.ts";
import { ConfigError, secretsFileOf } from "../cluster/load.ts";
import type { Cluster } from "../cluster/schema.ts";
import { isAlive, type ProcessId } from "./process.ts";

/** What must be true of a host before its agent starts; every fault is named at once, with what to do. */

/** Bits of CapEff, capabilities(7). */
const capabilities = [
  [0, "CAP_CHOWN"],
  [5, "CAP_KILL"],
  [6, "CAP_SETGID"],
  [7, "CAP_SETUID"],
  [10, "CAP_NET_BIND_SERVICE"],
  [12, "CAP_NET_ADMIN"],
  [13, "CAP_NET_RAW"],
  [23, "CAP_SYS_NICE"],
] as const;

/** Names of the capabilities that a process with this /proc/self/status lacks. Pure. */
export function missingCapabilities(status: string): string[] {
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? "0"}`);
  return capabilities.filter(([bit]) => ((effective >> BigInt(bit)) & 1n) === 0n).map(([, name]) => name);
}

const inUse = (protocol: "tcp" | "udp", host: string, port: number): Promise<string | undefined> =>
  new Promise((resolve) => {
    const answer = (error?: NodeJS.ErrnoException) => resolve(error ? error.code : undefined);
    if (protocol === "tcp") {
      const server = createServer().once("error", answer);
      server.listen({ host, port, exclusive: true }, () => server.close(() => answer()));
    } else {
      const socket = createSocket(isIPv6(host) ? "udp6" : "udp4").once("error", answer);
      socket.bind({ address: host, port, exclusive: true }, () => socket.close(() => answer()));
    }
  });

const whoListens = async (protocol: "tcp" | "udp", port: number): Promise<string> => {
  const { stdout } = await execa("ss", ["-Hlnp", protocol === "tcp" ? "-t" : "-u", `sport = :${port}`], {
    reject: false,
  });
  return /users:\(\("([^"]+)",pid=(\d+)/.exec(stdout)?.slice(1).join(", process ") ?? "another program";
};

/** Is this agent's host already run by another agent? */
function otherAgent(context: HostContext): string[] {
  const file = runFiles(context.dirs).agentPid;
  if (!existsSync(file)) return [];
  const id = JSON.parse(readFileSync(file, "utf8")) as ProcessId;
  return isAlive(id)
    ? [`an agent of host ${context.self.name} runs already (process ${id.pid}); stop it with 'dialtone down'`]
    : [];
}

type Wanted = [part: string, what: string, protocol: "tcp" | "udp", address: string, port: number];

const sixDoors = (address: string | undefined, port: number): Wanted[] =>
  address === undefined
    ? []
    : (["udp", "tcp"] as const).map((protocol) => ["kamailio", "SIP", protocol, address, port]);

/** Ports that are not held by a part of ours that a restarted agent will adopt. */
async function portProblems(context: HostContext): Promise<string[]> {
  const { cluster, self, dirs } = context;
  const partsFile = runFiles(dirs).parts;
  const records = existsSync(partsFile)
    ? (JSON.parse(readFileSync(partsFile, "utf8")) as Record<string, ProcessId>)
    : {};
  const adopted = (part: string) => records[part] !== undefined && isAlive(records[part]);
  const service = serviceIp(cluster);
  const plain = webPlainPort(cluster);
  const six = serviceIp6(cluster);
  const wanted: Wanted[] =
    self.role === "edge"
      ? [
          ["kamailio", "SIP", "udp", self.address, cluster.sip.port],
          ["kamailio", "SIP", "tcp", self.address, cluster.sip.port],
          ...sixDoors(self.address6, cluster.sip.port),
        ]
      : self.role === "witness"
        ? [["garbd", "Galera", "tcp", self.address, ports.galera]]
        : [
            ["kamailio", "SIP", "udp", service, cluster.sip.port],
            ["kamailio", "SIP", "tcp", service, cluster.sip.port],
            ...sixDoors(six, cluster.sip.port),
            ["kamailio", "SIP between the nodes", "udp", self.address, cluster.sip.port],
            ["kamailio", "health of Kamailio", "udp", "127.0.0.1", ports.sipProbe],
            ["app", "HTTPS of the app", "tcp", self.address, cluster.api.port],
            ...serviceIps(cluster).map(
              (one): Wanted => ["app", "HTTPS of the app", "tcp", one, cluster.api.port],
            ),
            ...[self.address, ...serviceIps(cluster)].map(
              (one): Wanted => ["haproxy", "HTTPS for browsers (web.port)", "tcp", one, cluster.web.port],
            ),
            ...(plain === undefined ? [] : [self.address, ...serviceIps(cluster)]).map(
              (one): Wanted => ["haproxy", "HTTP (web.acme, web.redirect)", "tcp", one, plain ?? 0],
            ),
            ["kamailio", "WebSockets of browsers", "tcp", "127.0.0.1", ports.sipWeb],
            ["app", "the app, for HAProxy", "tcp", "127.0.0.1", ports.appWeb],
            ["app", "JSON-RPC of the app", "tcp", self.address, ports.rpc],
            ["app", "JSON-RPC of the app", "tcp", "127.0.0.1", ports.rpc],
            ...nodes(cluster)
              .filter((host) => host.name !== self.name)
              .map(
                (host): Wanted => [
                  ...(["agent", `way to the app of ${host.name}`, "tcp", "127.0.0.1"] as const),
                  relayPort(cluster, host.name),
                ],
              ),
            ["redis", "redis", "tcp", self.address, ports.redis],
            ["redis", "redis", "tcp", "127.0.0.1", ports.redis],
            ["rtpengine", "control of the media relay", "udp", "127.0.0.1", ports.rtpengineNg],
            ["rtpengine", "commands of the media relay", "tcp", "127.0.0.1", ports.rtpengineCli],
            ["mariadb", "MariaDB", "tcp", self.address, ports.sql],
            ["mariadb", "Galera", "tcp", self.address, ports.galera],
          ];
  if (self.role === "node")
    wanted.push(["agent", "ended audio, told by the media relay", "tcp", "127.0.0.1", ports.mediaTimeout]);
  wanted.push(["agent", "HTTPS of the agent", "tcp", self.address, cluster.agent.port]);
  if (cluster.metrics.port !== undefined)
    wanted.push(["agent", "figures for Prometheus", "tcp", self.address, cluster.metrics.port]);
  const problems: string[] = [];
  for (const [part, what, protocol, host, port] of wanted) {
    if (adopted(part)) continue;
    const code = await inUse(protocol, host, port);
    if (code === "EADDRINUSE")
      problems.push(
        `${hostIn(host)}:${port}/${protocol} (${what}) is in use by ${await whoListens(protocol, port)}; stop it, or choose another port in cluster.yaml`,
      );
    else if (code !== undefined)
      problems.push(`${hostIn(host)}:${port}/${protocol} (${what}) can not be opened: ${code}`);
  }
  return problems;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Those that are in no folder of PATH: looked for here, because a shell for each costs a start most of its time. */
const missingPrograms = (wanted: Iterable<string>): string[] =>
  [...wanted].filter((program) => {
    const folders = program.includes("/") ? ["/"] : (process.env.PATH ?? "").split(":");
    return !folders.some((folder) => isExecutable(join(folder, program)));
  });

/** Kernel settings that the parts count on, ip-sysctl(7), with the reason for each. */
const settings: [file: string, wanted: string][] = [
  // The standby's parts listen on the service address before they own it.
  ["/proc/sys/net/ipv4/ip_nonlocal_bind", "1"],
  // A connection to a peer without power is tried again after 15 s, not after 2 minutes.
  ["/proc/sys/net/ipv4/tcp_syn_retries", "3"],
];

const settings6: typeof settings = [["/proc/sys/net/ipv6/ip_nonlocal_bind", "1"]];

const applySettings = (cluster: Cluster): string[] =>
  [...settings, ...(serviceIp6(cluster) === undefined ? [] : settings6)].flatMap(([file, wanted]) => {
    try {
      if (readFileSync(file, "utf8").trim() !== wanted) writeFileSync(file, wanted);
      return [];
    } catch (error) {
      const name = file.slice("/proc/sys/".length).replaceAll("/", ".");
      return [
        `${file} is not ${wanted} and can not be set (${(error as NodeJS.ErrnoException).code}); run as root: sysctl -w ${name}=${wanted}`,
      ];
    }
  });

/**
 * Whether an interface can have the service's IPv6 address: keepalived would leave it out, and say so in its log alone. Pure.
 * @param disabled what stands in its `disable_ipv6`; undefined: there is no such file
 */
export function ip6Problems(link: string, disabled: string | undefined): string[] {
  if (disabled === undefined)
    return [
      `service.address6 is set, but the interface ${link} knows no IPv6: this kernel was started without it`,
    ];
  if (disabled.trim() === "0") return [];
  return [
    `service.address6 is set, but IPv6 is switched off at ${link}; run as root: sysctl -w net.ipv6.conf.${link}.disable_ipv6=0 (and see that it stays so: /etc/sysctl.d)`,
  ];
}

function ip6Missing({ cluster, self }: HostContext): string[] {
  if (serviceIp6(cluster) === undefined) return [];
  const file = `/proc/sys/net/ipv6/conf/${self.interface}/disable_ipv6`;
  return ip6Problems(self.interface, existsSync(file) ? readFileSync(file, "utf8") : undefined);
}

const programs = {
  node: [
    "mariadbd",
    "mariadb-install-db",
    "mariabackup",
    "socat",
    "kamailio",
    "haproxy",
    "keepalived",
    "redis-server",
    "rtpengine",
    "setpriv",
    "arping",
    "ip",
    "ping",
    "ss",
  ],
  witness: ["garbd", "setpriv", "socat", "ss"],
  edge: ["kamailio", "socat", "ss"],
};

/** What this host lacks for this cluster.yaml, whether its agent runs or not: address, programs, kernel settings. */
export async function requirements(context: HostContext): Promise<string[]> {
  const { self, clusterFile } = context;
  const problems: string[] = [];
  if (context.cluster.alerts.email?.user !== undefined && !context.secrets.alerts?.smtp_password)
    problems.push(
      `${secretsFileOf(clusterFile)}: alerts.smtp_password is missing: ${clusterFile} names alerts.email.user`,
    );
  const addresses = (networkInterfaces()[self.interface] ?? []).map((entry) => entry.address);
  for (const own of [self.address, self.address6 ?? []].flat())
    if (!addresses.includes(own))
      problems.push(
        `${clusterFile}: hosts.${self.name}: interface ${self.interface} of this machine does not have ${own} (it has ${addresses.join(", ") || "no address, or does not exist"})`,
      );
  const dnsClient = context.cluster.movers.dns && self.role === "node" ? ["nsupdate"] : [];
  const { fencing } = context.cluster;
  const others = Object.entries(fencing?.devices ?? {}).filter(([host]) => host !== self.name);
  const fencers =
    self.role === "node" ? others.flatMap(([, devices]) => devices.map((one) => one.agent)) : [];
  for (const program of missingPrograms(new Set(fencers)))
    problems.push(
      `${clusterFile}: fencing.devices: the program '${program}' is not on this host; run: apt install fence-agents`,
    );
  const firewall = context.cluster.sip.tcp_per_source !== undefined && self.role === "node" ? ["nft"] : [];
  for (const program of missingPrograms([...programs[self.role], ...dnsClient, ...firewall]))
    problems.push(`the program '${program}' is not installed; run 'sh scripts/setup' in dialtone's folder`);
  if (self.role === "node") problems.push(...applySettings(context.cluster), ...ip6Missing(context));
  if (addressesMissing(context.cluster, context.secrets).includes(self.address))
    problems.push(
      `${secretsFileOf(clusterFile)}: the certificate does not name ${self.address}, so the other hosts would not believe this one: run 'dialtone certificate', and copy the file to all hosts`,
    );
  if (context.cluster.movers.dns && context.secrets.dns_key === undefined)
    problems.push(
      `${secretsFileOf(clusterFile)}: dns_key is missing: movers.dns needs the secret of its TSIG key, as the name server's 'tsig-keygen' or 'keymgr -t' prints it`,
    );
  return problems;
}

/** @throws ConfigError with a line for each thing that is wrong with this host. */
export async function preflight(context: HostContext): Promise<void> {
  if (process.platform !== "linux") throw new ConfigError([`needs Linux, this is ${process.platform}`]);
  const missing = missingCapabilities(readFileSync("/proc/self/status", "utf8"));
  if (missing.length > 0)
    throw new ConfigError([
      `lacks ${missing.join(", ")}: run it as root (in a container: grant these capabilities)`,
    ]);
  const problems = otherAgent(context);
  if (problems.length > 0) throw new ConfigError(problems);
  problems.push(...(await requirements(context)));
  if (problems.length === 0) problems.push(...(await portProblems(context)));
  if (problems.length > 0) throw new ConfigError(problems);
}
