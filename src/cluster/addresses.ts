import { isIPv4, isIPv6 } from "node:net";
import { z } from "zod";
import { canonicalIp6 } from "../base/ip6-schema.ts";

/** Addresses of cluster.yaml. */

/** Says what must stand there, and that an IPv6 address must not. */
export const wanted = (what: string) => ({
  error: ({ input }: { input: unknown }): string =>
    String(input).split("/").some(isIPv6)
      ? `must be ${what}: IPv6 is for service.address6, and address6 of edges (docs/sip.md, IPv6)`
      : `must be ${what}`,
});

export const ipv4 = z.string().refine(isIPv4, wanted("an IPv4 address such as 192.0.2.10"));

/** Link-local addresses mean nothing without their interface. */
const isUpstream = (text: string): boolean => isIPv4(text) || (isIPv6(text) && !/^fe[89ab]|%/i.test(text));

/** Link-local, multicast and ::1 are nobody's service. */
const isOwn = (text: string): boolean => !/^(fe[89ab]|ff|::)/.test(text);
const notOwn =
  "must be an address of its own in a network: neither link-local (fe80::) nor multicast nor ::1";

/** Of a host, without a prefix length. */
export const ip6 = z
  .string()
  .refine(
    (text) => isIPv6(text) && !text.includes("%"),
    "must be an IPv6 address such as 2001:db8::14, without a prefix length",
  )
  .transform(canonicalIp6)
  .refine(isOwn, notOwn);

/** Written as RFC 5952 wants it, and as Kamailio and the kernel print it. */
export const ipv6Network = z
  .string()
  .refine((value) => {
    const [ip = "", bits = "", rest] = value.split("/");
    return (
      rest === undefined &&
      isIPv6(ip) &&
      !ip.includes("%") &&
      /^\d{1,3}$/.test(bits) &&
      Number(bits) >= 1 &&
      Number(bits) <= 128
    );
  }, "must be an IPv6 address with a prefix length, such as 2001:db8::100/64")
  .transform((value) => {
    const [ip = "", bits] = value.split("/");
    return `${canonicalIp6(ip)}/${bits}`;
  })
  .refine(isOwn, notOwn);

/** An address outside the cluster. */
export const upstreamAddress = z
  .string()
  .refine(isUpstream, "must be an IP address such as 192.0.2.10 or 2001:db8::1");
