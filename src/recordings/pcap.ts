import { createReadStream } from "node:fs";

/** One UDP datagram of a capture. */
export interface Datagram {
  /** Capture time, ms since 1970. */
  at: number;
  /** "address:port" */
  from: string;
  to: string;
  payload: Buffer;
}

const little = new Map([
  [0xa1b2c3d4, { littleEndian: true, perMs: 1000 }],
  [0xa1b23c4d, { littleEndian: true, perMs: 1_000_000 }],
  [0xd4c3b2a1, { littleEndian: false, perMs: 1000 }],
  [0x4d3cb2a1, { littleEndian: false, perMs: 1_000_000 }],
]);

/** Larger packets than this are a sign of a damaged file. */
const maxPacket = 256 * 1024;

/**
 * Reads the UDP datagrams of a capture file as rtpengine writes it (`--recording-format=eth` or `raw`); the format is
 * that of draft-ietf-opsawg-pcap (24 bytes of header, 16 before each packet). A file that ends in the middle of a
 * packet (its writer lost power) ends there; damage in the middle ends it too, told by `onDamage`.
 * @throws Error when it is no capture file at all.
 */
export async function* readPcap(path: string, onDamage: (why: string) => void): AsyncGenerator<Datagram> {
  let data: Buffer = Buffer.alloc(0);
  let format: { littleEndian: boolean; perMs: number } | undefined;
  let linkType = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
    data = data.length === 0 ? (chunk as Buffer) : Buffer.concat([data, chunk as Buffer]);
    let offset = 0;
    if (!format) {
      if (data.length < 24) continue;
      format = little.get(data.readUInt32LE(0));
      if (!format) throw new Error(`${path} is no capture file`);
      // The upper bits say things about the frame check sequence.
      linkType = (format.littleEndian ? data.readUInt32LE(20) : data.readUInt32BE(20)) & 0xffff;
      offset = 24;
    }
    const { littleEndian, perMs } = format;
    const word = (at: number): number => (littleEndian ? data.readUInt32LE(at) : data.readUInt32BE(at));
    while (data.length - offset >= 16) {
      const length = word(offset + 8);
      if (length > maxPacket) {
        onDamage(`a packet of ${length} bytes`);
        return;
      }
      if (data.length - offset < 16 + length) break;
      const at = word(offset) * 1000 + word(offset + 4) / perMs;
      const datagram = udpIn(data.subarray(offset + 16, offset + 16 + length), linkType);
      if (datagram) yield { at, ...datagram };
      offset += 16 + length;
    }
    data = data.subarray(offset);
  }
}

/** Link types: 1 Ethernet, 101 and 12 bare IP (https://www.tcpdump.org/linktypes.html). */
function udpIn(frame: Buffer, linkType: number): Omit<Datagram, "at"> | undefined {
  if (linkType === 1) return frame.length > 14 ? udpInIp(frame.subarray(14)) : undefined;
  return linkType === 101 || linkType === 12 ? udpInIp(frame) : undefined;
}

/** IPv4 (RFC 791) and IPv6 (RFC 8200) without extension headers, as rtpengine makes them. */
function udpInIp(packet: Buffer): Omit<Datagram, "at"> | undefined {
  const version = (packet[0] ?? 0) >> 4;
  const v4 = version === 4;
  const header = v4 ? ((packet[0] ?? 0) & 15) * 4 : 40;
  if ((!v4 && version !== 6) || packet.length < header + 8 || packet[v4 ? 9 : 6] !== 17) return undefined;
  const address = (at: number): string =>
    v4
      ? packet.subarray(at, at + 4).join(".")
      : (packet.toString("hex", at, at + 16).match(/.{4}/g) ?? []).join(":");
  // The length in the UDP header, so that padding of short Ethernet frames is not taken for payload.
  const end = Math.min(packet.length, header + Math.max(8, packet.readUInt16BE(header + 4)));
  return {
    from: `${address(v4 ? 12 : 8)}:${packet.readUInt16BE(header)}`,
    to: `${address(v4 ? 16 : 24)}:${packet.readUInt16BE(header + 2)}`,
    payload: packet.subarray(header + 8, end),
  };
}

/** Several captures as one, by time. `source` is the index of the capture. */
export async function* mergeByTime(
  captures: AsyncGenerator<Datagram>[],
): AsyncGenerator<Datagram & { source: number }> {
  const heads = await Promise.all(
    captures.map(async (capture, source) => ({ source, capture, next: await capture.next() })),
  );
  for (;;) {
    const alive = heads.filter((head) => !head.next.done);
    const first = alive.reduce<(typeof heads)[number] | undefined>(
      (best, head) => (!best || (head.next.value?.at ?? 0) < (best.next.value?.at ?? 0) ? head : best),
      undefined,
    );
    if (!first) return;
    if (!first.next.done) yield { ...first.next.value, source: first.source };
    first.next = await first.capture.next();
  }
}
