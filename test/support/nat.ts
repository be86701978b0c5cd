import { execa } from "execa";
import { inNamespace, type Place } from "../../src/callers/sipp.ts";
import type { Lab } from "../../src/lab/lab.ts";
import { outsideHost } from "../../src/lab/names.ts";

/**
 * A network behind a NAT (nft masquerade) in the lab's outside world: what is in it has a private address, and packets come
 * in only from where packets went to (address and port: RFC 4787 5, the strictest filter).
 */
export interface Nat extends AsyncDisposable {
  place: Place;
}

const inside = "10.99.8.2";
const router = "10.99.8.1";

export async function openNat(lab: Lab): Promise<Nat> {
  const outside = lab.state().hosts[outsideHost];
  if (!outside) throw new Error("the lab has no outside world");
  const namespace = `dt-${lab.name}-home`;
  const steps = [
    ["ip", "netns", "add", namespace],
    [
      ...["ip", "-n", outside.namespace, "link", "add", "home0", "type", "veth"],
      ...["peer", "name", "eth0", "netns", namespace],
    ],
    ["ip", "-n", outside.namespace, "addr", "add", `${router}/24`, "dev", "home0"],
    ["ip", "-n", outside.namespace, "link", "set", "home0", "up"],
    ["ip", "-n", namespace, "link", "set", "lo", "up"],
    ["ip", "-n", namespace, "addr", "add", `${inside}/24`, "dev", "eth0"],
    ["ip", "-n", namespace, "link", "set", "eth0", "up"],
    ["ip", "-n", namespace, "route", "add", "default", "via", router],
    [
      ...["ip", "netns", "exec", outside.namespace, "sh", "-ec"],
      [
        "echo 1 > /proc/sys/net/ipv4/ip_forward",
        // A binding that nobody uses is forgotten after this: shorter than two pings are apart, as real ones are.
        "echo 35 > /proc/sys/net/netfilter/nf_conntrack_udp_timeout",
        "echo 35 > /proc/sys/net/netfilter/nf_conntrack_udp_timeout_stream",
        "nft add table ip home",
        "nft 'add chain ip home post { type nat hook postrouting priority 100; }'",
        `nft add rule ip home post ip saddr 10.99.8.0/24 oifname ${outside.interface} masquerade random`,
        // From outside nobody reaches a private address.
        "nft 'add chain ip home through { type filter hook forward priority 0; policy drop; }'",
        "nft add rule ip home through ct state established,related accept",
        "nft add rule ip home through iifname home0 accept",
      ].join("\n"),
    ],
  ];
  const undo = async () => {
    await execa("ip", ["netns", "exec", outside.namespace, "nft", "delete", "table", "ip", "home"], {
      reject: false,
    });
    await execa("ip", ["-n", outside.namespace, "link", "del", "home0"], { reject: false });
    await execa("ip", ["netns", "del", namespace], { reject: false });
  };
  try {
    for (const [program = "", ...argv] of steps) await execa(program, argv);
  } catch (error) {
    await undo();
    throw error;
  }
  return { place: inNamespace(namespace, inside), [Symbol.asyncDispose]: undo };
}
