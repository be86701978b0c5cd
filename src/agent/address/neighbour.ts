/**
 * An unsolicited neighbour advertisement (RFC 4861 4.4, 7.2.6): who knows `address` sends to `mac` from now on. Without
 * checksum: a raw socket has the kernel put it in. Pure.
 * @param address IPv6, in any spelling without embedded IPv4 @param mac six octets, separated by ':'
 */
export function neighbourAdvertisement(address: string, mac: string): Buffer {
  const message = Buffer.alloc(32);
  // Type 136; the flag Override: what neighbours have noted is replaced.
  message[0] = 136;
  message[4] = 0x20;
  const [head = "", tail = ""] = address.split("::");
  const groups = (part: string) =>
    part === "" ? [] : part.split(":").map((group) => Number.parseInt(group, 16));
  const [before, after] = [groups(head), groups(tail)];
  for (const [index, group] of before.entries()) message.writeUInt16BE(group, 8 + 2 * index);
  for (const [index, group] of after.entries())
    message.writeUInt16BE(group, 8 + 2 * (8 - after.length + index));
  // Target Link-Layer Address, length in units of 8 octets.
  message[24] = 2;
  message[25] = 1;
  for (const [index, octet] of mac.split(":").entries()) message[26 + index] = Number.parseInt(octet, 16);
  return message;
}
