import { execa } from "execa";
import { allHosts, type HostContext } from "../cluster/facts.ts";

/**
 * `sip.tcp_per_source` of cluster.yaml as a table of nftables(8): Kamailio 5.6 has a limit for all TCP connections only
 * (tcp_max_connections), which one source could use up. It belongs to the kernel, so that it holds while the agent is dead.
 */

const table = "inet dialtone_sip";

/** In one transaction: whatever an agent before has left goes; a table comes where a limit is wanted. Pure. */
export function tcpLimitRules({ cluster }: HostContext): string {
  const { port, tcp_per_source: limit } = cluster.sip;
  const begin = `add table ${table}\ndelete table ${table}\n`;
  if (limit === undefined) return begin;
  const hosts = allHosts(cluster).map((host) => host.address);
  const set = (name: string, type: string) => `  set ${name} { type ${type}; size 65535; flags dynamic; }`;
  const rule = (family: string, name: string) =>
    `    tcp dport ${port} ct state new add @${name} { ${family} saddr ct count over ${limit} } counter reject with tcp reset`;
  return `${begin}table ${table} {
${set("sources4", "ipv4_addr")}
${set("sources6", "ipv6_addr")}
  chain input {
    type filter hook input priority filter; policy accept;
    ip saddr { ${hosts.join(", ")} } accept
${rule("ip", "sources4")}
${rule("ip6", "sources6")}
  }
}
`;
}

/** @throws Error with nft's words, when a limit is wanted and can not be had */
export async function limitTcp(context: HostContext): Promise<void> {
  const wanted = context.cluster.sip.tcp_per_source !== undefined;
  const result = await execa("nft", ["-f", "-"], {
    input: tcpLimitRules(context),
    reject: false,
    timeout: 10_000,
  });
  if (result.failed && wanted)
    throw new Error(`sip.tcp_per_source: nft: ${result.stderr.trim() || result.shortMessage}`);
}
