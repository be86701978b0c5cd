import { BlockList, isIP } from "node:net";

/** How many bits a network fixes: 24 of 192.0.2.0/24, all of an address. Pure. */
export function bitsOf(network: string): number {
  const [address = "", bits] = network.split("/");
  return Number(bits ?? (isIP(address) === 6 ? 128 : 32));
}

/** Does an address lie in the network? What is no address lies in none. Pure. */
export function networkTest(network: string): (address: string) => boolean {
  const [address = ""] = network.split("/");
  const list = new BlockList();
  list.addSubnet(address, bitsOf(network), isIP(address) === 6 ? "ipv6" : "ipv4");
  return (candidate) =>
    isIP(candidate) !== 0 && list.check(candidate, isIP(candidate) === 6 ? "ipv6" : "ipv4");
}
