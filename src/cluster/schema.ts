import { isIPv4 } from "node:net";
import { z } from "zod";
import { ip6, ipv4, ipv6Network, upstreamAddress, wanted } from "./addresses.ts";
import { alertsSchema } from "./alerts-schema.ts";
import { drillsSchema } from "./drills-schema.ts";

/**
 * The shape of cluster.yaml: everything that describes one cluster, the same file on every host.
 * Unknown keys are refused, so that a misspelt setting can not be silently ignored.
 */

const name = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,14}$/, "must be 1 to 15 of a-z, 0-9 and '-', beginning with a letter");

/** Words that stand for a host by what it does now (commands take them for a name): no host is called so. */
export const standIns = ["holder", "standby"] as const;

const hostName = name.refine(
  (text) => !standIns.some((word) => word === text),
  `must be another name: ${standIns.join(" and ")} mean whoever has the service address and has not`,
);

const port = z.int().min(1).max(65535);

const dnsName = z
  .string()
  .max(200)
  .regex(
    /^[a-z0-9_]([a-z0-9_-]*[a-z0-9])?([.][a-z0-9_]([a-z0-9_-]*[a-z0-9])?)+$/,
    "must be a domain name in small letters, without a dot at its end, such as sip.example.org",
  );

/** A domain name, also one without a dot. Letters may be capitals: they do not matter (RFC 1035 2.3.3). */
const hostNameOfService = z
  .string()
  .max(200)
  .regex(
    /^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?([.][A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*$/,
    "must be a domain name such as sip.example.org, without scheme, port or dot at its end",
  )
  .refine((text) => !isIPv4(text), "must be a name: addresses of the cluster need not be said");

/** An ACME authority: docs/certificates.md */
const acmeSchema = z.strictObject({
  /** Its directory (RFC 8555 7.1.1); default: Let's Encrypt. */
  directory: z
    .url({ protocol: /^https$/, error: "must be an https address" })
    .default("https://acme-v02.api.letsencrypt.org/directory"),
  /** Where it tells people that a certificate ends, or an account has a problem. */
  email: z.email().max(200).optional(),
  /** You have read its terms of service, and agree. */
  terms_agreed: z.literal(true, { error: "must be true: read the authority's terms of service first" }),
  /** Who signed its own certificate, in PEM, where that is nobody whom systems know: an authority in your own house. */
  authority: z.string().startsWith("-----BEGIN CERTIFICATE-----", "must be a certificate in PEM").optional(),
});

/**
 * `node` carries calls and data; `witness` only votes and looks from outside; `edge` only passes SIP on to the nodes
 * (a content redirector: no data, no vote).
 */
export const hostRoleSchema = z.enum(["node", "witness", "edge"]);

const hostSchema = z.strictObject({
  /** `freeswitch`: a FreeSWITCH host that asks this cluster; no agent of ours runs there. docs/freeswitch.md */
  role: z.enum([...hostRoleSchema.options, "freeswitch"]),
  /** The host's own address, used between the hosts. */
  address: ipv4,
  /** An edge's second one, of IPv6, at which it takes calls too. docs/movers.md */
  address6: ip6.optional(),
  /** The interface that carries `address` and, while active, the service address. */
  interface: z.string().min(1).max(15).default("eth0"),
  /** Where FreeSWITCH takes SIP (role: freeswitch). */
  sip_port: port.optional(),
});

/** One way to switch a host off: a program of fence-agents(8) and its options. Passwords: `fencing` of the secrets. */
const fenceDevice = z.strictObject({
  agent: z
    .string()
    .regex(
      /^(\/[\w./-]+\/)?fence_\w+$/,
      "must be the name of a fence program such as fence_ipmilan, or its path",
    ),
  options: z
    .record(
      z.string().regex(/^\w+$/, "must be an option of the fence program, such as ip"),
      z.union([z.string().regex(/^[^\r\n]*$/, "must be one line"), z.number(), z.boolean()]),
    )
    .default({}),
});

/** As `dnsTargets` of facts.ts says it of a checked file. */
const dnsNamesNodes = ({
  movers,
  hosts,
}: {
  movers: { dns?: { to?: string | undefined } | undefined };
  hosts: Record<string, { role: string }>;
}): boolean =>
  movers.dns !== undefined &&
  (movers.dns.to ?? (Object.values(hosts).some(({ role }) => role === "edge") ? "edges" : "nodes")) ===
    "nodes";

export const clusterSchema = z
  .strictObject({
    cluster: name,
    /**
     * What a node without quorum may do with the service address: `availability` lets it serve calls
     * (if it can reach an upstream address), `consistency` does not.
     */
    stance: z.enum(["availability", "consistency"]).default("availability"),
    /**
     * What the standby does before it has to take over: `cold-passive` keeps its calls' parts stopped, `warm-passive`
     * runs them without what the active node knows, `warm-active` runs and follows everything, `hot-hot` takes calls at
     * its own address too. docs/decisions/0016-policies-and-fencing.md
     */
    policy: z.enum(["cold-passive", "warm-passive", "warm-active", "hot-hot"]).default("warm-active"),
    /** When a node that stands before the holder in `hosts` is well again: does the service address go back to it? */
    failback: z
      .strictObject({
        /** `manual`: no, every move costs a moment and the other node is as good; `automatic`: by a planned switchover. */
        mode: z.enum(["manual", "automatic"]).default("manual"),
        /** That node, and the holder in its place, must have been well for so long. */
        after_s: z.int().min(10).max(86_400).default(300),
      })
      .prefault({}),
    /** How a node that can not be asked is switched off. docs/decisions/0016-policies-and-fencing.md */
    fencing: z
      .strictObject({
        /** The service address is only taken when every silent node is known to be off. */
        required: z.boolean().default(false),
        /** By node: its devices, tried in this order until one succeeds. */
        devices: z.record(name, z.array(fenceDevice).min(1)),
        /** A node must be silent for so long. */
        delay_s: z.number().min(1).max(60).default(3),
        /** One action of a device may take so long. */
        timeout_s: z.number().min(1).max(300).default(20),
        /** Each device is tried (monitor) so often. */
        monitor_s: z.number().min(10).max(86_400).default(60),
      })
      .optional(),
    service: z.strictObject({
      /** The address that callers use, with its prefix length, e.g. 192.0.2.100/24. */
      address: z.string().refine((value) => {
        const [ip, bits, rest] = value.split("/");
        const length = Number(bits);
        return (
          rest === undefined && isIPv4(ip ?? "") && /^\d+$/.test(bits ?? "") && length >= 1 && length <= 32
        );
      }, wanted("an IPv4 address with a prefix length, such as 192.0.2.100/24")),
      /**
       * A second one, of IPv6, that moves with it: callers may use either, and the audio of calls from one to the other is
       * passed on. What hosts say to each other stays IPv4. docs/sip.md
       */
      address6: ipv6Network.optional(),
    }),
    hosts: z.record(hostName, hostSchema),
    /** Addresses outside the cluster (router, carrier); reaching one of them means "I am connected". */
    upstream: z.array(upstreamAddress).default([]),
    sip: z
      .strictObject({
        port: port.default(5060),
        /** Realm of digest authentication; the HA1s of all users depend on it. */
        realm: z.string().min(1).max(64).default("dialtone"),
        /**
         * Names under which telephones know the service: what stands behind the @, and in a Route (an "outbound proxy").
         * Addresses, realm and the names of movers.dns need not be said.
         */
        names: z.array(hostNameOfService).max(20).default([]),
        /** RFC 8760: SHA-256 is better, but most telephones only know MD5. */
        digest: z.enum(["md5", "sha-256"]).default("md5"),
        /**
         * Carriers and PBXs whose word is taken for who calls, and who keep to themselves what they are told of a caller
         * that wants to be hidden: addresses and networks, of sources and targets; host names, of targets only (docs/sip.md).
         */
        trusted: z
          .array(
            z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6(), dnsName.regex(/[.][a-z][a-z0-9-]*$/)], {
              error:
                "must be an address, a network such as 192.0.2.0/24, or a host name in small letters such as sip.carrier.example",
            }),
          )
          .default([]),
        /** Calls that are sent on tell their history (RFC 7044) beside Diversion (RFC 5806). */
        history_info: z.boolean().default(false),
        /** Where a call goes when nothing else can decide: a SIP URI, or nothing (503). */
        fallback: z
          .string()
          .regex(/^sips?:[^\s]+$/, "must be a SIP URI such as sip:reception@192.0.2.9")
          .optional(),
        /** Numbers that are never refused because there are too many calls. */
        emergency: z.array(z.string().regex(/^[0-9*#+]{1,16}$/, "must be a number")).default(["112", "911"]),
        /**
         * How many TCP connections to the SIP port one address may have, by a table of the kernel's (nftables, with its
         * connection tracking for the whole host: docs/sip.md, Hostile input); none: as many as it likes.
         */
        tcp_per_source: z.int().min(4).max(4000).optional(),
        /** Longest call; an answered call without an end is closed as `estimated` after it. */
        max_call_hours: z.number().positive().max(168).default(12),
      })
      .prefault({}),
    /** Other ways than VRRP by which users reach a node that serves; which one when: docs/movers.md. */
    movers: z
      .strictObject({
        /** Dynamic updates (RFC 2136, TSIG) to an authoritative name server. */
        dns: z
          .strictObject({
            /** The zone's primary server. */
            server: ipv4,
            port: port.default(53),
            zone: dnsName,
            /** Where telephones look: A, SRV and NAPTR of this name are ours; default: the zone's own name. */
            name: dnsName.optional(),
            /** Which hosts the records name; default: the edges, where there are any, else the nodes. */
            to: z.enum(["nodes", "edges"]).optional(),
            /** Seconds for which resolvers may remember a node that has died. */
            ttl: z.int().min(1).max(3600).default(5),
            /** Name of the TSIG key; its secret is `dns_key` in cluster.secrets.yaml. */
            key: dnsName.or(name).default("dialtone"),
            algorithm: z.enum(["hmac-sha256", "hmac-sha384", "hmac-sha512"]).default("hmac-sha256"),
          })
          .optional(),
        /** Hosts with role: edge. */
        edge: z
          .strictObject({
            /** With hot-hot: a node that says nothing for so long loses the call to the next one. */
            timeout_ms: z.int().min(350).max(5000).default(500),
          })
          .prefault({}),
      })
      .prefault({}),
    vrrp: z
      .strictObject({
        id: z.int().min(1).max(255).default(73),
        /** RFC 5798 Advertisement_Interval in milliseconds; keepalived counts in hundredths of a second. */
        advert_ms: z.int().min(10).max(10_000).multipleOf(10).default(10),
        /** Adverts missed before the standby takes over. */
        down_adverts: z.int().min(3).max(100).default(15),
      })
      .prefault({}),
    database: z
      .strictObject({
        /**
         * `synchronous` (Galera): a change is on all nodes or nowhere, and a majority decides. `asynchronous`: each of two
         * nodes follows the other's binary log and neither waits for it, for two sites without a third place for a
         * witness, or with a line too slow for every commit: docs/two-sites.md
         */
        replication: z.enum(["synchronous", "asynchronous"]).default("synchronous"),
      })
      .prefault({}),
    galera: z
      .strictObject({
        /** Eviction timing: t500 for dedicated hosts, t1000 for busy or virtual ones. */
        profile: z.enum(["t500", "t1000"]).default("t1000"),
      })
      .prefault({}),
    /** Audio of calls: whether it passes through the media relay (rtpengine) of the node that holds the service address. */
    media: z
      .strictObject({
        /**
         * For calls whose rule says nothing: `relay` always, `nat` only when a side seems to be behind a NAT,
         * `direct` never (the two sides send each other their audio).
         */
        path: z.enum(["relay", "nat", "direct"]).default("relay"),
        /** A call that should be relayed while no relay answers: let it go on directly, or refuse it (503). */
        without_relay: z.enum(["direct", "reject"]).default("direct"),
        /** UDP ports of the relay on the service address; a call needs four. */
        port_min: port.default(30_000),
        port_max: port.default(39_999),
        /** A relayed call without any audio for so long is ended, and its record closed as `media-timeout`. */
        timeout_s: z.int().min(5).max(86_400).default(60),
        /** The same while the call is held or muted. */
        held_timeout_s: z.int().min(5).max(86_400).default(3600),
        /**
         * What parked callers hear, again and again: a file of audio (WAV, MP3) that lies on every node and that the user
         * `rtpengine` may read, or `none`. Default: a tune that comes with this.
         */
        music: z
          .union([z.literal("none"), z.string().regex(/^\/[^\s"]+$/, "must be an absolute path, or none")])
          .optional(),
      })
      .prefault({}),
    /** Recordings of calls whose rule says so, or that somebody asked for. */
    recording: z
      .strictObject({
        /** Days after which a finished recording is deleted on all nodes; 0: never. */
        keep_days: z.number().min(0).max(36_500).default(90),
        /** The same for calls of single rules, by the rule's name. */
        keep_days_by_rule: z.record(z.string().min(1).max(64), z.number().min(0).max(36_500)).default({}),
        /** People who are logged in may hear the recordings of their own calls (docs/people.md). */
        own: z.boolean().default(false),
        /** Encrypt finished recordings (age, X25519); the key is `recording` in cluster.secrets.yaml. */
        encrypt: z.boolean().default(false),
        /** With less space left on the captures' or the recordings' disk, new calls are not recorded (alarm). */
        min_free_mb: z.int().min(1).default(1024),
        /** With less than this, recordings in progress are stopped too. */
        stop_free_mb: z.int().min(1).default(256),
      })
      .prefault({}),
    api: z
      .strictObject({
        /** HTTPS port of the app on the node's own and the service address. */
        port: port.default(8443),
      })
      .prefault({}),
    /** What browsers reach: the console, and telephones in it. */
    web: z
      .strictObject({
        /** HTTPS port on the nodes' own and the service address. */
        port: port.default(443),
        /** Names under which browsers know the service; addresses, sip.names and the realm need not be said. */
        names: z.array(hostNameOfService).max(20).default([]),
        /** Was a certificate of your own, in files on every node. */
        tls: z
          .never({
            error:
              "is no more: 'dialtone certificates give --cert FILE --key FILE' gives all nodes a certificate of your own (docs/certificates.md)",
          })
          .optional(),
        /** An authority that gives certificates by itself (RFC 8555); it looks at port 80 whether web.names are ours. */
        acme: acmeSchema.optional(),
        /** Port 80 sends browsers to HTTPS; it does with `acme` anyway. */
        redirect: z.boolean().optional(),
      })
      .prefault({}),
    /** Who logs in to the console and the API: docs/access.md. */
    access: z
      .strictObject({
        /** Whoever has one of these roles may do nothing before it has set up a second factor. */
        second_factor: z.array(z.enum(["user", "auditor", "operator", "administrator"])).default([]),
      })
      .prefault({}),
    agent: z
      .strictObject({
        /** HTTPS port on which the agents of the hosts talk to each other. */
        port: port.default(8444),
      })
      .prefault({}),
    /** Hosts with role: freeswitch. */
    freeswitch: z
      .strictObject({
        /** Where telephones are registered: with the FreeSWITCH hosts, each its own, or with this cluster's SIP server. */
        registrar: z.enum(["freeswitch", "cluster"]).default("freeswitch"),
      })
      .prefault({}),
    alerts: alertsSchema,
    drills: drillsSchema,
    metrics: z
      .strictObject({
        /** HTTPS port on each host's own address where a Prometheus reads (token: `dialtone metrics token`); none: closed. */
        port: port.optional(),
      })
      .prefault({}),
  })
  .superRefine((cluster, context) => {
    const hosts = Object.entries(cluster.hosts);
    const issue = (path: (string | number)[], message: string) =>
      context.addIssue({ code: "custom", path, message });
    const nodes = hosts.filter(([, host]) => host.role === "node");
    if (nodes.length < 2) issue(["hosts"], `needs at least two hosts with role: node, has ${nodes.length}`);
    const votes = hosts.filter(([, { role }]) => role === "node" || role === "witness").length;
    for (const [host, { role, sip_port }] of hosts)
      if (sip_port !== undefined && role !== "freeswitch")
        issue(
          ["hosts", host, "sip_port"],
          "is for hosts with role: freeswitch; the others take calls at sip.port",
        );
    if (cluster.database.replication === "asynchronous") {
      if (nodes.length > 2)
        issue(
          ["database", "replication"],
          `asynchronous replication goes between two nodes, and there are ${nodes.length}`,
        );
      if (cluster.fencing)
        issue(
          ["fencing"],
          "needs a majority that decides who is switched off, and asynchronous replication has none (database.replication)",
        );
      if (cluster.stance === "consistency")
        issue(
          ["stance"],
          "consistency needs a majority, and asynchronous replication has none (database.replication)",
        );
    } else if (votes % 2 === 0)
      issue(
        ["hosts"],
        `needs an odd number of votes to have a majority, has ${votes}: add one host with role: witness`,
      );
    const { dns } = cluster.movers;
    if (cluster.service.address6 !== undefined && (cluster.policy === "hot-hot" || dnsNamesNodes(cluster)))
      issue(
        ["service", "address6"],
        "is for calls that come in at the service address alone: not with policy hot-hot, nor with movers.dns that names nodes",
      );
    if (dns?.to === "edges" && !hosts.some(([, host]) => host.role === "edge"))
      issue(["movers", "dns", "to"], "there is no host with role: edge");
    if (dns?.name !== undefined && dns.name !== dns.zone && !dns.name.endsWith(`.${dns.zone}`))
      issue(
        ["movers", "dns", "name"],
        `must be ${dns.zone} or end with .${dns.zone}: it is a name of that zone`,
      );
    for (const host of Object.keys(cluster.fencing?.devices ?? {}))
      if (!nodes.some(([name]) => name === host))
        issue(["fencing", "devices", host], "is no host with role: node");
    if (cluster.fencing?.required)
      for (const [host] of nodes)
        if (!cluster.fencing.devices[host])
          issue(["fencing", "devices"], `has none for ${host}, and fencing is required`);
    if (cluster.failback.mode === "automatic" && /-passive$/.test(cluster.policy))
      issue(["failback", "mode"], `automatic would cut calls that go on: policy is ${cluster.policy}`);
    const seen = new Map<string, string>();
    for (const [hostName, host] of hosts)
      for (const key of ["address", "address6"] as const) {
        const address = host[key];
        if (address === undefined) continue;
        const other = seen.get(address);
        if (other !== undefined) issue(["hosts", hostName, key], `is the address of ${other} too`);
        seen.set(address, hostName);
      }
    for (const [hostName, { role, address6 }] of hosts)
      if (address6 !== undefined && role !== "edge")
        issue(
          ["hosts", hostName, "address6"],
          "is for hosts with role: edge; the nodes' IPv6 address is service.address6",
        );
      else if (address6 !== undefined && cluster.service.address6 === undefined)
        issue(
          ["hosts", hostName, "address6"],
          "needs service.address6 too: the audio of calls that come in there goes through it",
        );
    const service = cluster.service.address.split("/")[0] ?? "";
    for (const [key, own] of [
      ["address", service],
      ["address6", cluster.service.address6?.split("/")[0] ?? ""],
    ] as const)
      if (seen.has(own))
        issue(
          ["service", key],
          `is the own address of ${seen.get(own)}; the service needs an address of its own`,
        );
    if (cluster.recording.stop_free_mb > cluster.recording.min_free_mb)
      issue(
        ["recording", "stop_free_mb"],
        `must not be above min_free_mb (${cluster.recording.min_free_mb})`,
      );
    if (cluster.media.port_max - cluster.media.port_min < 100)
      issue(["media", "port_max"], `must be at least 100 above port_min (${cluster.media.port_min})`);
    if (cluster.web.acme) {
      if (cluster.web.names.length === 0)
        issue(["web", "acme"], "needs web.names: an authority signs names, not addresses");
      cluster.web.names.forEach((name, index) => {
        if (!name.includes("."))
          issue(["web", "names", index], `${name} is no name that an authority (web.acme) could look up`);
      });
    }
    const ports = new Map<number, string>();
    if (cluster.web.acme || cluster.web.redirect === true) ports.set(80, "web.acme or web.redirect");
    for (const [key, value] of [
      ["sip", cluster.sip.port],
      ["api", cluster.api.port],
      ["web", cluster.web.port],
      ["agent", cluster.agent.port],
      ["metrics", cluster.metrics.port],
    ] as const) {
      if (value === undefined) continue;
      const other = ports.get(value);
      if (other !== undefined) issue([key, "port"], `${value} is the port of ${other} too`);
      ports.set(value, key);
    }
  });

/** A checked cluster.yaml. */
export type Cluster = z.infer<typeof clusterSchema>;
export type HostRole = z.infer<typeof hostRoleSchema>;
