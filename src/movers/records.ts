import { dnsTargets } from "../cluster/facts.ts";
import type { Cluster } from "../cluster/schema.ts";
import { contactMs, knownNodes } from "../report/news.ts";
import type { Observation } from "../report/observation.ts";

/** Which DNS records say where calls can be taken right now (RFC 3263: NAPTR → SRV → A). Pure. */

type DnsSettings = NonNullable<Cluster["movers"]["dns"]>;

/** All records of one name and type. Names without a final dot; `values` in presentation format (RFC 1035 5.1), sorted. */
export interface RecordSet {
  name: string;
  type: "A" | "AAAA" | "SRV" | "NAPTR";
  values: string[];
}

/** Where calls could go, in the order of cluster.yaml. */
export interface Target {
  name: string;
  address: string;
  address6?: string | undefined;
  /** active: new calls should go there. standby: could take them. out: can not, or nobody knows. */
  state: "active" | "standby" | "out";
}

export const domainOf = (dns: DnsSettings): string => dns.name ?? dns.zone;

/**
 * The state of every host that users could be sent to: the edges, where there are any; else the nodes, all that serve
 * with hot-hot, otherwise the holder of the service address first.
 */
export function targetsOf(o: Observation, cluster: Cluster, serves: boolean): Target[] {
  const heard = (name: string) => {
    const news = o.peers[name];
    return news && news.ageMs <= contactMs ? news.report : undefined;
  };
  const known = knownNodes(o);
  return (dnsTargets(cluster) ?? []).map(({ name, address, address6, role }) => {
    if (role === "edge") {
      const up = heard(name)?.parts.kamailio?.ok === true;
      return { name, address, address6, state: up ? "active" : "out" };
    }
    const other = known.find((one) => one.name === name);
    const able = name === o.host ? serves : other?.serves === true;
    // Who asks is the holder; an old holder's last news may still say that it is.
    const active = cluster.policy === "hot-hot" || name === o.host;
    return { name, address, state: able ? (active ? "active" : "standby") : "out" };
  });
}

/** No AAAA: there is none, or is none any more. */
const hostRecords = (name: string, targets: readonly Target[]): RecordSet[] => [
  { name, type: "A", values: targets.map(({ address }) => address).sort() },
  { name, type: "AAAA", values: targets.flatMap(({ address6 }) => address6 ?? []).sort() },
];

/**
 * The records for these targets. A and AAAA: the active ones, for callers that know nothing better; SRV: standbys too, behind the
 * active ones; the targets' own names always, because a resolver may still remember an SRV record that names them.
 * undefined: nobody serves, and the records that exist are better than none (RFC 2308: "no such name" is remembered too).
 */
export function desiredRecords(targets: Target[], dns: DnsSettings, port: number): RecordSet[] | undefined {
  const domain = domainOf(dns);
  const fit = targets.filter((target) => target.state !== "out");
  const active = targets.filter((target) => target.state === "active");
  const first = active.length > 0 ? active : fit;
  if (first.length === 0) return undefined;
  const srv = fit.map(
    ({ name, state }) =>
      `${state === "standby" && active.length > 0 ? 20 : 10} 10 ${port} ${name}.${domain}.`,
  );
  const ways = ["udp", "tcp"] as const;
  return [
    ...hostRecords(domain, first),
    {
      name: domain,
      type: "NAPTR",
      values: ways.map((way, index) => {
        const service = way === "udp" ? "SIP+D2U" : "SIP+D2T";
        return `${10 * (index + 1)} 50 "S" "${service}" "" _sip._${way}.${domain}.`;
      }),
    },
    ...ways.map(
      (way): RecordSet => ({ name: `_sip._${way}.${domain}`, type: "SRV", values: srv.toSorted() }),
    ),
    ...targets.flatMap((target) => hostRecords(`${target.name}.${domain}`, [target])),
  ];
}

/**
 * Who wrote last, beside the records: the claim to the service address (term) under which it did, so that a writer whose
 * time is over notices, and a number that changes with each update.
 */
export interface Stamp {
  term: number;
  serial: number;
  ttl: number;
  writer: string;
}

export const stampName = (dns: DnsSettings): string => `_dialtone.${domainOf(dns)}`;
export const stampText = ({ term, serial, ttl, writer }: Stamp): string =>
  `v=1 term=${term} serial=${serial} ttl=${ttl} writer=${writer}`;

/** undefined: not one of ours. */
export function parseStamp(text: string): Stamp | undefined {
  const match = /^v=1 term=(\d+) serial=(\d+) ttl=(\d+) writer=(\S+)$/.exec(text);
  const [, term, serial, ttl, writer] = match ?? [];
  return writer === undefined
    ? undefined
    : { term: Number(term), serial: Number(serial), ttl: Number(ttl), writer };
}

/** The sets that differ from what the server has; all that have records when the lifetime changed. */
export function changesIn(current: RecordSet[], desired: RecordSet[], all: boolean): RecordSet[] {
  const has = (set: RecordSet) =>
    current.some(
      (one) =>
        one.name === set.name && one.type === set.type && one.values.join("\n") === set.values.join("\n"),
    );
  return desired.filter((set) => (all && set.values.length > 0) || !has(set));
}

/**
 * One update message (RFC 2136) as nsupdate(1) reads it: all or nothing, and only if the stamp is still the one that was
 * read (RFC 2136 2.4.2, value dependent), so that of two writers one fails.
 */
export function updateScript(
  dns: DnsSettings,
  changes: RecordSet[],
  before: Stamp | undefined,
  after: Stamp,
): string {
  const stamp = stampName(dns);
  return [
    `server ${dns.server} ${dns.port}`,
    `zone ${dns.zone}`,
    before ? `prereq yxrrset ${stamp} IN TXT "${stampText(before)}"` : `prereq nxrrset ${stamp} IN TXT`,
    ...changes.flatMap(({ name, type, values }) => [
      `update delete ${name} IN ${type}`,
      ...values.map((value) => `update add ${name} ${dns.ttl} IN ${type} ${value}`),
    ]),
    `update delete ${stamp} IN TXT`,
    `update add ${stamp} ${dns.ttl} IN TXT "${stampText(after)}"`,
    "send",
    "",
  ].join("\n");
}

/** TSIG key file, as nsupdate -k and BIND read it. */
export const keyFile = (dns: DnsSettings, secret: string): string =>
  `key "${dns.key}" { algorithm ${dns.algorithm}; secret "${secret}"; };\n`;
