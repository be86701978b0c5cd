import { createHash } from "node:crypto";
import { isIPv4 } from "node:net";
import { join } from "node:path";
import type { HostRole } from "../cluster/schema.ts";

/** Names, places and addresses of a lab: everything here is pure and derived from the lab's name and subnet. */

/** Data of all labs; survives `lab down`. */
export const labsRoot = "/var/lib/dialtone-lab";

export const defaultLab = "lab";
export const defaultSubnet = "198.18.77.0/24";

/** The host for everything outside the cluster: callers, carriers, telephones, the upstream router. */
export const outsideHost = "outside";

/** Roles of hosts on which no agent runs: callers and telephones; FreeSWITCH, which whoever uses the lab brings along. */
export const bareRoles = ["outside", "freeswitch"] as const;
export type LabRole = HostRole | (typeof bareRoles)[number];

/** Is it a host with an agent? */
export const isManned = <Host extends { role: LabRole }>(host: Host): host is Host & { role: HostRole } =>
  host.role !== "outside" && host.role !== "freeswitch";

/** @throws Error unless the name fits into an interface name (`dt-<lab>`, at most 15 characters). */
export function checkLabName(name: string): string {
  if (!/^[a-z][a-z0-9-]{0,11}$/.test(name))
    throw new Error(`'${name}' can not be a lab's name: use 1 to 12 of a-z, 0-9 and '-', a letter first`);
  return name;
}

export const labRoot = (lab: string): string => join(labsRoot, lab);
export const labPaths = (lab: string) => ({
  root: labRoot(lab),
  state: join(labRoot(lab), "lab.json"),
  lock: join(labRoot(lab), "lab.lock"),
  cluster: join(labRoot(lab), "cluster.yaml"),
  host: (host: string): string => join(labRoot(lab), host),
  /** What a host reads: first a link to the lab's file; `dialtone apply` gives each host a file of its own. */
  hostCluster: (host: string): string => join(labRoot(lab), host, "cluster.yaml"),
  /** How far a host's wall clock is off, as libfaketime reads it: `+3600`. */
  clock: (host: string): string => join(labRoot(lab), `${host}.clock`),
});

/** Network namespace of one host. */
export const namespaceOf = (lab: string, host: string): string => `dt-${lab}-${host}`;
/** Network namespace that holds the bridge: two labs with equal addresses never meet. */
export const switchNamespaceOf = (lab: string): string => `dt-${lab}-net`;
/** The machine's own interface into the lab, unless it is isolated. */
export const machineLinkOf = (lab: string): string => `dt-${lab}`;
/** Port of the bridge that leads to a host. */
export const portOf = (host: string): string => `p-${host}`;
export const machinePort = "p-machine";

/** A locally administered MAC address that stays the same over power cuts and restarts. */
export function macOf(lab: string, host: string): string {
  const digest = createHash("sha256").update(`${lab}/${host}`).digest();
  return ["02", ...[...digest.subarray(0, 5)].map((byte) => byte.toString(16).padStart(2, "0"))].join(":");
}

interface Range {
  first: number;
  last: number;
}

const toNumber = (ip: string): number =>
  ip.split(".").reduce((sum, part) => sum * 256 + Number.parseInt(part, 10), 0);
const toIp = (value: number): string =>
  [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");

/** First and last address of `a.b.c.d/bits`; a bare address is a /32; undefined when it is neither. */
export function rangeOf(cidr: string): Range | undefined {
  const [ip = "", bitsText = "32", rest] = cidr.split("/");
  const bits = Number(bitsText);
  if (rest !== undefined || !isIPv4(ip) || !/^\d+$/.test(bitsText) || bits > 32) return undefined;
  const size = 2 ** (32 - bits);
  const first = Math.floor(toNumber(ip) / size) * size;
  return { first, last: first + size - 1 };
}

export const overlaps = (one: Range, other: Range): boolean =>
  one.first <= other.last && other.first <= one.last;

/** Addresses that nobody else can have a right to: RFC 2544, RFC 5737, RFC 1918, RFC 6598. */
const allowedRanges = [
  "198.18.0.0/15",
  "192.0.2.0/24",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "10.0.0.0/8",
  "172.16.0.0/12",
  "192.168.0.0/16",
  "100.64.0.0/10",
];

/** Who has which address in a lab. */
export interface AddressPlan {
  subnet: string;
  bits: number;
  service: string;
  a: string;
  b: string;
  w: string;
  outside: string;
  /** More addresses of `outside`, for telephones and carriers. */
  aliases: string[];
  machine: string;
}

/**
 * The addresses of a lab in its subnet.
 * @throws Error that says what is wrong with the subnet.
 */
export function planAddresses(subnet: string): AddressPlan {
  const range = rangeOf(subnet);
  if (!range || !subnet.endsWith("/24") || !subnet.startsWith(`${toIp(range.first)}/`))
    throw new Error(`--subnet ${subnet}: must be a whole /24 network such as ${defaultSubnet}`);
  const allowed = allowedRanges.some((candidate) => {
    const other = rangeOf(candidate);
    return other !== undefined && range.first >= other.first && range.last <= other.last;
  });
  if (!allowed)
    throw new Error(
      `--subnet ${subnet}: belongs to somebody on the Internet; use a part of ${allowedRanges.join(", ")}`,
    );
  const at = (host: number) => toIp(range.first + host);
  return {
    subnet,
    bits: 24,
    service: at(100),
    a: at(11),
    b: at(12),
    w: at(13),
    outside: at(1),
    aliases: Array.from({ length: 10 }, (_, index) => at(50 + index)),
    machine: at(254),
  };
}

/** Addresses of `outside` in the IPv6 network of a lab's service: ::1 and ::50 to ::59; none without such a network. */
export function outsideIn(network: string | undefined): string[] {
  if (network === undefined) return [];
  const [address = "", bits] = network.split("/");
  const [head = ""] = address.split("::");
  const prefix = head.split(":").slice(0, 4).join(":");
  return [1, ...Array.from({ length: 10 }, (_, index) => 50 + index)].map(
    (host) => `${prefix}::${host}/${bits}`,
  );
}
