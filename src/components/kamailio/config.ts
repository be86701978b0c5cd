import { hash } from "node:crypto";
import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { join } from "node:path";
import { hostIn } from "../../base/host-in.ts";
import { scriptLine } from "../../call/line.ts";
import { probeUser } from "../../call/probe-user.ts";
import {
  allHosts,
  edges,
  type HostContext,
  journalDirs,
  nodes,
  ports,
  relayPort,
  replicates,
  runFiles,
  servesAtOwnAddress,
  serviceIp,
  serviceIp6,
  serviceIps,
} from "../../cluster/facts.ts";
import type { Cluster } from "../../cluster/schema.ts";
import { nobodysHa1, sealKey } from "../../cluster/secrets.ts";
import type { GeneratedFile } from "../../host/generated.ts";
import { accColumns, journalTable } from "../../journal/sip-journal.ts";
import { contactForm } from "./contact-form.ts";
import { coreParameters } from "./core.ts";
import { locationsFolder } from "./locations.ts";

/** The routing logic of the checkout, in the order of reading. */
const logic = [
  "modules",
  "request",
  "seals",
  "overload",
  "auth",
  "identity",
  "ask",
  "call",
  "chain",
  "steps",
  "contacts",
  "gruu",
  "answers",
  "times",
  "carriers",
  "services",
  "path",
  "media",
  "transport",
  "transfer",
  "pickup",
  "history",
  "websocket",
  "journal",
] as const;
const logicFolder = join(import.meta.dirname, "../../../sip");
const logicText = logic.map(
  (name) => [name, readFileSync(join(logicFolder, `${name}.cfg`), "utf8")] as const,
);

/** Where Kamailio writes its journal: see records/sip-journal.ts. */
export const sipJournal = ({ dirs }: HostContext): string => journalDirs(dirs).memory;

export const kamailioEtc = ({ dirs }: HostContext): string => join(dirs.etc, "kamailio");

const uacFolder = (context: HostContext): string => join(kamailioEtc(context), "uac");

/** The empty table `uacreg`, version 5 (/usr/share/kamailio/dbtext): what is registered where is told by the agent. */
const uacTables = (context: HostContext): GeneratedFile[] => [
  {
    path: join(uacFolder(context), "uacreg"),
    content: `${["l_uuid", "l_username", "l_domain", "r_username", "r_domain", "realm", "auth_username", "auth_password", "auth_ha1", "auth_proxy"].map((name) => `${name}(string)`).join(" ")} expires(int) flags(int) reg_delay(int) contact_addr(string) socket(string)\n`,
  },
  {
    path: join(uacFolder(context), "version"),
    content: "id(int,auto) table_name(string) table_version(int)\n1:uacreg:5\n",
  },
];

/**
 * Shared memory in MB: locations (about 1.5 kB each), remembered decisions, transactions of 1000 calls/s (31 kB for a call
 * that rings, 640 bytes of it for each of max_branches).
 */
const sharedMb = 384;

/**
 * How long a request may wait before calls are refused, and while they are; a decision may take so much longer. Well
 * below the 500 ms after which callers repeat themselves (RFC 3261 17.1.1.1), well above what a busy machine does in passing.
 */
const lagMs = { begin: 150, keep: 50, decision: 100, never: 60_000 };

/** One app gets so long; own and peer together stay under 1.5 s for the first call that meets a fault. */
const askTimeoutMs = 300;
/** More than scripts and web applications are given (src/consult/), less than tm leaves a transaction without an answer. */
const awaitTimeoutMs = 4500;

/** A value inside "…" of Kamailio's language. */
export const quoted = (value: string): string => `"${value.replace(/[\\"]/g, (char) => `\\${char}`)}"`;

/** A POSIX regular expression that matches one of these texts exactly. */
export const oneOf = (values: string[]): string =>
  `^(${[...new Set(values)].map((value) => value.replace(/[^A-Za-z0-9_-]/g, (char) => `[${char}]`)).join("|")})$`;

/** One of these texts, or the whole of the expression `more`. */
const oneOfOr = (values: string[], more: string | undefined): string =>
  more === undefined ? oneOf(values) : `^(${oneOf(values).slice(2, -2)}|${more})$`;

/** Matches the Via that Kamailio writes: without the port when it is SIP's own. */
const ourVia = (addresses: string[], port: number): string =>
  `[ /](UDP|TCP) +(${addresses.map((address) => (isIP(address) === 6 ? `[[]${address}]` : address.replaceAll(".", "[.]"))).join("|")})${port === 5060 ? "(:5060)?" : `:${port}`}([^0-9.:]|$)`;

/** A POSIX regular expression (letters of either case) for any spelling of an IPv6 address, in brackets: RFC 4291 2.2. */
export function spellings(address: string): string {
  const [head = "", tail] = address.split("::");
  const [before, after] = [head, tail ?? ""].map((part) => part.split(":").filter((group) => group !== ""));
  const missing = 8 - (before?.length ?? 0) - (after?.length ?? 0);
  const groups = [...(before ?? []), ...Array<string>(missing).fill("0"), ...(after ?? [])];
  const group = (text: string) =>
    text === "0" ? "0{1,4}" : `${text.length < 4 ? `0{0,${4 - text.length}}` : ""}${text}`;
  const part = (from: number, to: number) => groups.slice(from, to).map(group).join(":");
  const all = [part(0, 8)];
  for (let from = 0; from < 8; from++)
    for (let to = from + 1; to <= 8 && groups[to - 1] === "0"; to++)
      all.push(`${part(0, from)}::${part(to, 8)}`);
  return `[[](${all.join("|")})]`;
}

/** Who is believed: is_in_subnet of ipops wants networks, names are compared. */
function trustedDefines(trusted: string[]): string {
  if (trusted.length === 0) return "";
  const bits = (address: string) => (isIP(address) === 6 ? 128 : 32);
  const isName = (text: string) => isIP(text.split("/")[0] ?? "") === 0;
  const networks = trusted
    .filter((text) => !isName(text))
    .map((text) => (text.includes("/") ? text : `${text}/${bits(text)}`));
  return `#!define WITH_TRUSTED
#!define TRUSTED_NETWORKS ${quoted(networks.join(",") || "255.255.255.255/32")}
#!define TRUSTED_NAMES ${quoted(oneOf(trusted.filter(isName)))}
`;
}

/** What a call without any other decision gets: Kamailio code that sets $avp(line). */
function staticDecision(fallback: string | undefined): string {
  if (fallback === undefined) return '\t$avp(line) = "";';
  const line = scriptLine({
    v: 1,
    action: "route",
    strategy: "serial",
    targets: [{ type: "uri", uri: fallback }],
    record: false,
    rule: "sip.fallback",
    rules_version: 0,
  });
  return `\t$avp(line) = ${quoted(line).replaceAll("$", "$$$$")};`;
}

/** Of IPv6: whatever goes to an address of that family leaves from there. Needs net.ipv6.ip_nonlocal_bind=1. */
function listenSix(cluster: Cluster): string {
  const address = serviceIp6(cluster);
  if (address === undefined) return "";
  const { port } = cluster.sip;
  return `\nsocket_workers=2\nlisten=udp:[${address}]:${port} name "service6"\nlisten=tcp:[${address}]:${port}`;
}

const listenService = ({ cluster, self }: HostContext): string => {
  const [service, { port }] = [serviceIp(cluster), cluster.sip];
  return `# The service address comes first: whatever has no socket of its own is sent from there. It is bound also while
# another node holds it (net.ipv4.ip_nonlocal_bind=1). The node's own address is for the cluster alone.
listen=udp:${service}:${port} name "service"
listen=tcp:${service}:${port}
listen=udp:${self.address}:${port} name "node"${listenSix(cluster)}`;
};

/**
 * Names and addresses that mean the writer of this file in a Route too. Not at any port: a telephone on this host, as the
 * functional test's, would be ourselves, and requests to its Contact a strict router's. (A realm can be any text.)
 */
export const aliases = (domains: string[], port: number): string =>
  [...new Set(domains)]
    .filter((domain) => /^[a-z0-9.-]+$/i.test(domain))
    .map((domain) => `alias=${quoted(domain)}:${port}\n`)
    .join("");

/** Names of the service, whoever answers to them: nodes, or edges before them. */
export const serviceNames = ({ sip: { realm, names }, movers: { dns } }: Cluster): string[] => [
  realm,
  ...names,
  ...(dns ? [dns.name ?? dns.zone] : []),
];

/**
 * Where a page may come from that opens a WebSocket (RFC 6454): by HTTPS, under any name and address of the cluster, from the
 * port for browsers or the API's. A POSIX regular expression.
 */
export function webOrigins(cluster: Cluster): string {
  const hosts = [
    ...[...serviceIps(cluster), ...nodes(cluster).map(({ address }) => address)].map(hostIn),
    ...[...serviceNames(cluster), ...cluster.web.names].filter((name) => /^[a-z0-9.-]+$/i.test(name)),
  ];
  const { web, api } = cluster;
  // Not in a range of characters, and a bracket expression can not begin with its end.
  const plain = (text: string) =>
    text.toLowerCase().replace(/[^a-z0-9-]/g, (char) => (char === "]" ? "[]]" : `[${char}]`));
  const ports = `(:${web.port}|:${api.port})${web.port === 443 ? "?" : ""}`;
  return `^https://(${[...new Set(hosts)].map(plain).join("|")})${ports}$`;
}

const listenOwn = ({ cluster, self }: HostContext): string => {
  const [service, { port }] = [serviceIp(cluster), cluster.sip];
  return `# Calls come in at the node's own address, and at the service address while this node holds it.
listen=udp:${self.address}:${port} name "node"
listen=tcp:${self.address}:${port}
listen=udp:${service}:${port} name "service"
listen=tcp:${service}:${port}`;
};

/**
 * kamailio.cfg of this host: all that differs between hosts and clusters; the logic is included. Pure.
 * https://www.kamailio.org/wikidocs/cookbooks/5.6.x/core/
 */
export function kamailioConfig(context: HostContext): string {
  const { cluster, secrets, self } = context;
  const service = serviceIp(cluster);
  const peers = nodes(cluster).filter((host) => host.name !== self.name);
  const { port, realm, digest } = cluster.sip;
  const own = servesAtOwnAddress(cluster);
  const six = serviceIp6(cluster);
  const anySix = six === undefined ? undefined : spellings(six);
  const edgesSix = edges(cluster).flatMap(({ address6 }) => address6 ?? []);
  const domainsSix = [six ?? [], ...edgesSix].flat().map(spellings).join("|") || undefined;
  /** Where calls come in at this node. */
  const doors = own ? [service, self.address] : serviceIps(cluster);
  const written = doors.map((address) => (isIP(address) === 6 ? `[[]${address}]` : address));
  const { dns } = cluster.movers;
  const domain = dns ? (dns.name ?? dns.zone) : undefined;
  /** Their Route stands before ours: it does not mean us. Other nodes' does: an edge sends here what was for one that died. */
  const fronts = edges(cluster).map((host) => host.address);
  /** At the own address, at another port, is the telephone of the functional test: what it gets would be taken for a strict router's. */
  const others = [...fronts, self.address];
  const domains = [
    ...[service, ...serviceNames(cluster), ...nodes(cluster).map((host) => host.address)],
    ...fronts,
    ...(domain === undefined ? [] : [domain, ...allHosts(cluster).map((host) => `${host.name}.${domain}`)]),
  ];
  const cfg = (name: string) => `include_file ${quoted(join(kamailioEtc(context), `${name}.cfg`))}`;
  const param = (module: string, name: string, value: string | number) =>
    `modparam("${module}", "${name}", ${typeof value === "number" ? value : quoted(value)})`;
  const rpc = (group: string, port: number) =>
    param("janssonrpcc", "server", `conn=${group};addr=127.0.0.1;port=${port};priority=1;weight=1`);
  return `#!KAMAILIO
# Generated by dialtone from cluster.yaml; changes here are overwritten at the next start.
# The routing logic stands in the included files, which are copies of dialtone's folder sip/.
# SIP server of host ${self.name}, cluster ${cluster.cluster}. Contains a secret: not for other eyes.

#!define NODE ${quoted(self.name)}
#!substdef "!NODE_NAME!${self.name}!g"
#!define NODE_ADDRESS ${quoted(self.address)}
#!define NODE_SOCKET ${quoted(`udp:${self.address}:${port}`)}
#!define NODE_URI ${quoted(`sip:${self.address}:${port}`)}
#!substdef "!QUEUE4_AT!${own ? self.address : service}:${port}!g"
#!define PROBE_PORT ${ports.sipProbe}
#!define EMERGENCY ${quoted(oneOf(cluster.sip.emergency))}
#!define LAG_BEGIN_MS ${lagMs.begin}
#!define LAG_KEEP_MS ${lagMs.keep}
#!define DECIDED_SLOWLY_MS ${lagMs.decision}
#!define NEVER_SO_LATE_MS ${lagMs.never}
#!define SEAL_KEY ${quoted(sealKey(secrets))}
#!substdef "!SEAL_TEXT!${sealKey(secrets)}!g"
#!define NOBODYS_HA1 ${quoted(nobodysHa1(secrets))}
#!define PROBE_USER ${quoted(probeUser(self.name))}
#!substdef "!SERVICE_IP!${service}!g"
#!define REALM ${quoted(realm)}
#!define CLUSTER_HOSTS ${quoted(oneOf([...allHosts(cluster).map((host) => host.address), ...serviceIps(cluster)]))}
#!define CONTACT_FORM ${quoted(contactForm)}
#!define OUR_DOMAINS ${quoted(oneOfOr(domains, domainsSix))}
#!define OURSELVES ${quoted(oneOfOr([service, ...cluster.sip.names, ...nodes(cluster).map((host) => host.address), ...(domain === undefined ? [] : [domain, ...nodes(cluster).map((host) => `${host.name}.${domain}`)])], anySix))}
#!substdef "!OUR_PORT!${port}!g"
#!define WEB_PORT ${ports.sipWeb}
#!define WEB_SOCKET "tcp:127.0.0.1:${ports.sipWeb}"
#!substdef "!WEB_AT!127[.]0[.]0[.]1:${ports.sipWeb}!g"
#!define WEB_ORIGINS ${quoted(webOrigins(cluster))}
${trustedDefines(cluster.sip.trusted)}${cluster.sip.history_info ? "#!define HISTORY_INFO\n" : ""}#!define OUR_VIA ${quoted(ourVia(doors, port))}
#!substdef "!OUR_IP!${written.length === 1 ? service : `(${written.join("|")})`}!g"
${six === undefined ? "" : `#!define WITH_IPV6\n#!substdef "!QUEUE6_AT![${six}]:${port}!g"\n`}${edges(cluster).length === 0 ? "" : "#!define WITH_EDGES\n"}#!define EDGES ${quoted(edges(cluster).length === 0 ? "^-$" : oneOf(edges(cluster).map((host) => host.address)))}
${own ? "#!define OWN_ADDRESS\n" : ""}
#!substdef "!HA1_FIELD!${digest === "md5" ? "ha1_md5" : "ha1_sha256"}!g"
#!substdef "!DIGEST_HASH!${digest === "md5" ? "s.md5" : "s.sha256"}!g"
#!substdef "!ASK_TIMEOUT_MS!${askTimeoutMs}!g"
#!substdef "!AWAIT_TIMEOUT_MS!${awaitTimeoutMs}!g"
#!define LAST_DECISION_MIN_FREE ${(sharedMb / 2) * 1024 * 1024}
#!define NOBODY_MIN_FREE ${(sharedMb / 4) * 3 * 1024 * 1024}
#!substdef "!REPLICATE!${replicates(cluster) ? 1 : 0}!g"
${replicates(cluster) ? "" : `#!define LOCATIONS_FOLDER ${quoted(`text://${locationsFolder(context)}`)}\n`}#!define UAC_FOLDER ${quoted(`text://${uacFolder(context)}`)}
#!define MEDIA_PATH ${quoted(cluster.media.path)}
${cluster.media.music === "none" ? "" : "#!define WITH_MUSIC\n"}${cluster.media.without_relay === "reject" ? "#!define MEDIA_REQUIRED\n" : ""}#!substdef "!CALL_SECONDS!${Math.round(cluster.sip.max_call_hours * 3600)}!g"
#!define FLAG_NAT 6
#!define FLAG_PING 7
#!define FLAG_JOURNAL 1
#!define FLAG_JOURNAL_FAILED 2

${coreParameters}
${six === undefined ? "" : "# Without it not even addresses are understood. Names are looked up as IPv4 first.\ndns_try_ipv6=yes\n"}
${own ? listenOwn(context) : listenService(context)}
# Health of a SIP server that has much to do: route[HEALTH].
socket_workers=1
listen=udp:127.0.0.1:${ports.sipProbe} name "probe"
# Telephones in browsers, through this host's HAProxy. Its requests for a WebSocket have no Content-Length.
listen=tcp:127.0.0.1:${ports.sipWeb} name "web"
tcp_accept_no_cl=yes
auto_aliases=no
${aliases(
  domains.filter((domain) => !others.includes(domain)),
  port,
)}async_workers=2

${cfg("modules")}

${param("ctl", "binrpc", `unixs:${runFiles(context.dirs).kamailioSocket}`)}
${param("ctl", "mode", 0o600)}
${param("ctl", "binrpc_max_body_size", 16_384)}
${param("ctl", "binrpc_struct_max_body_size", 4096)}
${param("auth", "secret", secrets.nonce_secret)}
${param("uac", "restore_passwd", hash("sha256", `From ${secrets.nonce_secret}`))}
${digest === "md5" ? "" : `${param("auth", "algorithm", "SHA-256")}\n`}${param("dmq", "server_address", `sip:${self.address}:${port}`)}
${param("dmq", "server_socket", `udp:${self.address}:${port}`)}
${peers.map((peer) => param("dmq", "notification_address", `sip:${peer.address}:${port}`)).join("\n")}
${rpc("own", ports.rpc)}
${peers.map((peer) => rpc("peer", relayPort(cluster, peer.name))).join("\n")}
${param("rtpengine", "rtpengine_sock", `udp:127.0.0.1:${ports.rtpengineNg}`)}
${param("acc", "db_url", `flatstore:${sipJournal(context)}`)}
${param("acc", "db_table_acc", journalTable)}
${param("acc", "db_extra", accColumns)}

${logic
  .filter((name) => name !== "modules")
  .map(cfg)
  .join("\n")}

# sip.fallback of cluster.yaml
route[STATIC_DECISION] {
${staticDecision(cluster.sip.fallback)}
}
`;
}

/** kamailio.cfg and the routing logic beside it. Read by root before Kamailio gives up its rights. */
export const kamailioFiles = (context: HostContext): GeneratedFile[] => [
  { path: join(kamailioEtc(context), "kamailio.cfg"), content: kamailioConfig(context), mode: 0o600 },
  ...uacTables(context),
  ...logicText.map(([name, content]) => ({ path: join(kamailioEtc(context), `${name}.cfg`), content })),
];

/**
 * In the foreground (-DD), log to stderr (-E). The memory manager is tlsf, which takes and gives back in constant time
 * and joins what is free: Debian's qm, made to find errors, was 17 % of a call's processor time. kamailio(8): -x, for -X too.
 */
export const kamailioCommand = (context: HostContext): [string, ...string[]] => [
  ...(["kamailio", "-DD", "-E", "-x", "tlsf", "-m", String(sharedMb), "-M", "16"] as const),
  ...["-f", join(kamailioEtc(context), "kamailio.cfg")],
  ...["-u", "kamailio", "-g", "kamailio"],
  ...["-Y", join(context.dirs.run, "kamailio"), "-P", join(context.dirs.run, "kamailio", "kamailio.pid")],
];
