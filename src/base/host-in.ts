import { isIPv6 } from "node:net";

/** An address as URIs, Vias and `host:port` have it: IPv6 in brackets (RFC 3261 25.1, RFC 3986 3.2.2). */
export const hostIn = (address: string): string => (isIPv6(address) ? `[${address}]` : address);

/** The same with the port behind it, where there is one. */
export const hostAndPort = (address: string, port?: number): string =>
  port === undefined ? hostIn(address) : `${hostIn(address)}:${port}`;

export interface HostAndPort {
  host: string;
  port?: number;
}

/** HOST, HOST:PORT, [IPV6]:PORT, and an IPv6 address alone, which needs no brackets. Undefined: none of these. Pure. */
export function hostAndPortIn(text: string): HostAndPort | undefined {
  if (isIPv6(text)) return { host: text };
  const [, six, other, port] = /^(?:\[([^\][]+)\]|([^:\][]+))(?::(\d+))?$/.exec(text) ?? [];
  const host = six ?? other;
  if (host === undefined || (six !== undefined && !isIPv6(six))) return undefined;
  return { host, ...(port !== undefined && { port: Number(port) }) };
}
