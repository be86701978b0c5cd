import { createSocket } from "node:dgram";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { networkInterfaces } from "node:os";
import { execa } from "execa";
import { addressesMissing } from "../cluster/certificate.ts";
import { type HostContext, nodes, ports, relayPort, runFiles, serviceIp } from "../cluster/facts.ts";
import { ConfigError, secretsFileOf } from "../cluster/load.ts";
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
      const socket = createSocket("udp4").once("error", answer);
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

/** Ports that are not held by a part of ours that a restarted agent will adopt. */
async function portProblems(context: HostContext): Promise<string[]> {
  const { cluster, self, dirs } = context;
  const partsFile = runFiles(dirs).parts;
  const records = existsSync(partsFile)
    ? (JSON.parse(readFileSync(partsFile, "utf8")) as Record<string, ProcessId>)
    : {};
  const adopted = (part: string) => records[part] !== undefined && isAlive(records[part]);
  const service = serviceIp(cluster);
  const wanted: [part: string, what: string, "tcp" | "udp", string, number][] =
    self.role === "edge"
      ? [
          ["kamailio", "SIP", "udp", self.address, cluster.sip.port],
          ["kamailio", "SIP", "tcp", self.address, cluster.sip.port],
        ]
      : self.role === "witness"
        ? [["garbd", "Galera", "tcp", self.address, ports.galera]]
        : [
            ["kamailio", "SIP", "udp", service, cluster.sip.port],
            ["kamailio", "SIP", "tcp", service, cluster.sip.port],
            ["kamailio", "SIP between the nodes", "udp", self.address, cluster.sip.port],
            ["kamailio", "health of Kamailio", "udp", "127.0.0.1", ports.sipProbe],
            ["app", "HTTPS of the app", "tcp", self.address, cluster.api.port],
            ["app", "HTTPS of the app", "tcp", service, cluster.api.port],
            ["app", "JSON-RPC of the app", "tcp", self.address, ports.rpc],
            ["app", "JSON-RPC of the app", "tcp", "127.0.0.1", ports.rpc],
            ...nodes(cluster)
              .filter((host) => host.name !== self.name)
              .map((host): [string, string, "tcp", string, number] => [
                ...(["agent", `way to the app of ${host.name}`, "tcp", "127.0.0.1"] as const),
                relayPort(cluster, host.name),
              ]),
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
        `${host}:${port}/${protocol} (${what}) is in use by ${await whoListens(protocol, port)}; stop it, or choose another port in cluster.yaml`,
      );
    else if (code !== undefined)
      problems.push(`${host}:${port}/${protocol} (${what}) can not be opened: ${code}`);
  }
  return problems;
}

/** Kernel settings that the parts count on, ip-sysctl(7), with the reason for each. */
const settings: [file: string, wanted: string][] = [
  // The standby's parts listen on the service address before they own it.
  ["/proc/sys/net/ipv4/ip_nonlocal_bind", "1"],
  // A connection to a peer without power is tried again after 15 s, not after 2 minutes.
  ["/proc/sys/net/ipv4/tcp_syn_retries", "3"],
];

const applySettings = (): string[] =>
  settings.flatMap(([file, wanted]) => {
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

const programs = {
  node: [
    "mariadbd",
    "mariadb-install-db",
    "mariabackup",
    "socat",
    "kamailio",
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
  if (!addresses.includes(self.address))
    problems.push(
      `${clusterFile}: hosts.${self.name}: interface ${self.interface} of this machine does not have ${self.address} (it has ${addresses.join(", ") || "no address, or does not exist"})`,
    );
  const dnsClient = context.cluster.movers.dns && self.role === "node" ? ["nsupdate"] : [];
  const { fencing } = context.cluster;
  const others = Object.entries(fencing?.devices ?? {}).filter(([host]) => host !== self.name);
  const fencers =
    self.role === "node" ? others.flatMap(([, devices]) => devices.map((one) => one.agent)) : [];
  for (const program of new Set(fencers)) {
    const found = await execa("sh", ["-c", 'command -v "$1"', "sh", program], { reject: false });
    if (found.exitCode !== 0)
      problems.push(
        `${clusterFile}: fencing.devices: the program '${program}' is not on this host; run: apt install fence-agents`,
      );
  }
  for (const program of [...programs[self.role], ...dnsClient]) {
    const found = await execa("sh", ["-c", 'command -v "$1"', "sh", program], { reject: false });
    if (found.exitCode !== 0)
      problems.push(`the program '${program}' is not installed; run 'sh scripts/setup' in dialtone's folder`);
  }
  if (self.role === "node") problems.push(...applySettings());
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
