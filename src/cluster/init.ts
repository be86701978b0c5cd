import { randomBytes } from "node:crypto";
import { existsSync, writeFileSync } from "node:fs";
import { stringify } from "yaml";
import { issueCertificate } from "./certificate.ts";
import { ConfigError, parseYaml, secretsFileOf } from "./load.ts";
import { type Cluster, clusterSchema, type HostRole } from "./schema.ts";
import type { Secrets } from "./secrets.ts";

/** What `dialtone init` asks for; everything else has a default that suits two nodes on one network. */
export interface InitOptions {
  cluster: string;
  /** e.g. 192.0.2.100/24 */
  serviceAddress: string;
  hosts: { name: string; role: HostRole; address: string; interface: string }[];
  upstream: string[];
  galeraProfile?: "t500" | "t1000";
  /** Two databases that follow each other, instead of a Galera group with a witness. */
  asynchronous?: boolean;
  fallback?: string;
  /** Names of the service. */
  names?: string[];
}

/** The text of a cluster.yaml, with comments that teach. Pure; checked against the schema. @throws ConfigError */
export function renderClusterYaml(options: InitOptions): string {
  const hosts = options.hosts
    .map(
      (host) =>
        `  ${host.name}: { role: ${host.role}, address: ${host.address}, interface: ${host.interface} }`,
    )
    .join("\n");
  const text = `# Describes one Dialtone cluster: the same file on every host. Everything else is generated from it.
# Secrets lie beside it in cluster.secrets.yaml (mode 0600), also the same on every host.
# To change it: edit a copy, then 'dialtone apply COPY' on any host brings it to all of them, or to none.
cluster: ${options.cluster}

# A node that has lost the majority: 'availability' lets it serve calls as long as it reaches an upstream
# address; 'consistency' makes it give the service address up.
stance: availability

# What the standby does before it has to take over: warm-active runs and follows everything (calls survive);
# warm-passive runs without what the active node knows (calls drop, telephones stay registered); cold-passive starts
# its parts only then; hot-hot takes calls at its own address too.
policy: warm-active

service:
  # The address that callers and telephones use; one node holds it at a time.
  address: ${options.serviceAddress}
  # For callers with IPv6 too: an address that moves with it.
  # address6: 2001:db8::100/64

# Nodes carry calls and data. The witness only votes: it may be small, and belongs in a third place.
hosts:
${hosts}
  # A FreeSWITCH host that asks this cluster what to do with its calls; no agent runs there: docs/freeswitch.md.
  # fs1: { role: freeswitch, address: 192.0.2.21, sip_port: 5060 }

# Addresses outside the cluster, e.g. your router: whoever reaches one of them is connected.
upstream: [${options.upstream.join(", ")}]

sip:
  # Realm of the telephones' passwords. Changing it makes all passwords invalid.
  realm: ${options.cluster}
  # Names under which telephones know the service, also as their outbound proxy.
${options.names === undefined ? "  # names: [sip.example.org]" : `  names: [${options.names.join(", ")}]`}
  # Carriers and PBXs whose word is taken for who calls: addresses, networks; host names for calls that go there (docs/sip.md).
  # trusted: [198.51.100.0/24, sip.carrier.example]
  # Calls that are sent on tell their history in History-Info (RFC 7044) too, not in Diversion alone.
  # history_info: true
  # Where calls go when nothing can decide, e.g. sip:+441234567890@carrier.example; without it callers hear 503.
${options.fallback === undefined ? "  # fallback: sip:reception@192.0.2.9" : `  fallback: ${options.fallback}`}

# Other ways to a node that serves than the service address: docs/movers.md.
# movers:
#   dns: { server: 192.0.2.53, zone: example.org, name: sip.example.org, ttl: 5, key: dialtone }

# What browsers reach: the console, and telephones in it (HTTPS, on the nodes' own and the service address).
# web:
#   port: 443
#   names: [tel.example.org]
#   # A certificate that browsers know, from an authority that looks at port 80 of these names; or give one of your own
#   # ('dialtone certificates give'). Without either they get one of the cluster's own authority: docs/certificates.md
#   acme: { email: you@example.org, terms_agreed: true }

# Who may do nothing in the console and the API before a second factor is set up, by role: docs/access.md.
# access:
#   second_factor: [administrator, operator]

media:
  # Audio of calls goes through the service address: relay (always), nat (only where a NAT is in the way) or direct.
  path: relay
  # What parked callers hear: a WAV or MP3 file that lies on every node, or none. Default: a tune that comes with this.
  # music: /etc/dialtone/music.wav

recording:
  # Calls whose rule says \`record\` are kept for so many days on every node (0: for ever).
  keep_days: 90
  # Encrypted files need a key first: dialtone recordings keygen
  encrypt: false

vrrp:
  # Number of the virtual router (RFC 5798): unique on your network.
  id: 73
  # The standby takes over after down_adverts × advert_ms without an advert.
  advert_ms: 10
  down_adverts: 15

database:
  # synchronous: one Galera group, a majority decides. asynchronous: two nodes follow each other and nobody waits, for two
  # sites without a third place for a witness (docs/two-sites.md). It can not be changed later.
  replication: ${options.asynchronous ? "asynchronous" : "synchronous"}

galera:
  # t500 evicts a dead host from the database in 0.5 s (dedicated hosts), t1000 in 1 s (busy or virtual ones).
  profile: ${options.galeraProfile ?? "t1000"}

# Who is told when something is wrong; 'dialtone alerts test' tries it. Passwords and keys are in the secrets.
# alerts:
#   email: { to: [ops@example.org], from: tel@example.org, server: mail.example.org, user: tel }
#   webhooks: { pager: { url: https://hooks.example.org/dialtone } }

# Drills on the cluster itself, while all is green: only those that 'dialtone drill list' calls safe.
# drills:
#   time_zone: Europe/Amsterdam
#   schedule: [{ cron: "30 3 * * 2", window_minutes: 60, run: [kamailio-death-standby, switchover] }]

# HTTPS port of each host where a Prometheus reads figures: docs/monitoring/README.md. Without it: closed.
# metrics: { port: 8445 }
`;
  parseYaml(text, "cluster.yaml", clusterSchema);
  return text;
}

/** Fresh secrets for a cluster; its certificate names the addresses of this cluster.yaml. */
export function newSecrets(cluster: Cluster): Secrets {
  const random = () => randomBytes(24).toString("base64url");
  return {
    api_token: random(),
    peer_token: random(),
    nonce_secret: random(),
    redis: random(),
    dns_key: randomBytes(32).toString("base64"),
    database: { app: random(), sst: random(), monitor: random() },
    tls: issueCertificate(cluster),
  };
}

/**
 * Writes cluster.yaml and cluster.secrets.yaml. Never overwrites either: a lost secret locks a cluster out.
 * @throws ConfigError when one exists.
 */
export function writeInit(clusterFile: string, options: InitOptions): void {
  const secretsFile = secretsFileOf(clusterFile);
  for (const file of [clusterFile, secretsFile])
    if (existsSync(file))
      throw new ConfigError([`${file}: exists already; move it away first if you really want a new cluster`]);
  const text = renderClusterYaml(options);
  const secrets = newSecrets(parseYaml(text, clusterFile, clusterSchema));
  writeFileSync(
    secretsFile,
    `# Secrets of the cluster: keep mode 0600, copy to every host, never commit.\n${stringify(secrets)}`,
    {
      mode: 0o600,
      flag: "wx",
    },
  );
  writeFileSync(clusterFile, text, { mode: 0o644, flag: "wx" });
}
