import { spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";

/** Real RTP of real encoders as a capture file: what rtpengine would have written. */

interface Sent {
  at: number;
  payload: Buffer;
}

/** Lets ffmpeg send a tone as RTP for so long and keeps what arrives. */
export async function rtpOfTone(encoder: string[], hertz: number, seconds: number): Promise<Sent[]> {
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  const packets: Sent[] = [];
  socket.on("message", (payload) => packets.push({ at: Date.now(), payload }));
  const tone = `sine=frequency=${hertz}:duration=${seconds}:sample_rate=48000`;
  const target = `rtp://127.0.0.1:${socket.address().port}?rtcpport=9`;
  const args = [
    "-hide_banner",
    "-loglevel",
    "error",
    "-nostdin",
    "-re",
    "-f",
    "lavfi",
    "-i",
    tone,
    "-ac",
    "1",
  ];
  const child = spawn("ffmpeg", [...args, ...encoder, "-f", "rtp", target], { stdio: "ignore" });
  const [code] = (await once(child, "close")) as [number | null];
  socket.close();
  if (code !== 0) throw new Error(`ffmpeg ${encoder.join(" ")} ended with ${code}`);
  return packets;
}

function frame({ at, payload }: Sent, fromPort: number, toPort: number): Buffer {
  const header = Buffer.alloc(16 + 14 + 20 + 8);
  header.writeUInt32LE(Math.floor(at / 1000), 0);
  header.writeUInt32LE(Math.round((at % 1000) * 1000), 4);
  const length = 14 + 20 + 8 + payload.length;
  header.writeUInt32LE(length, 8);
  header.writeUInt32LE(length, 12);
  header.writeUInt16BE(0x0800, 16 + 12);
  header[30] = 0x45;
  header.writeUInt16BE(28 + payload.length, 32);
  header[39] = 17;
  header.set([10, 0, 0, 1], 42);
  header.set([10, 0, 0, 2], 46);
  header.writeUInt16BE(fromPort, 50);
  header.writeUInt16BE(toPort, 52);
  header.writeUInt16BE(8 + payload.length, 54);
  return Buffer.concat([header, payload]);
}

/** Writes packets of several senders as a capture file of Ethernet frames. */
export async function writeCapture(
  path: string,
  streams: { toPort: number; packets: Sent[] }[],
): Promise<void> {
  const head = Buffer.alloc(24);
  head.writeUInt32LE(0xa1b2c3d4, 0);
  head.writeUInt16LE(2, 4);
  head.writeUInt16LE(4, 6);
  head.writeUInt32LE(65_535, 16);
  head.writeUInt32LE(1, 20);
  const frames = streams
    .flatMap(({ toPort, packets }) => packets.map((packet) => ({ at: packet.at, packet, toPort })))
    .sort((one, other) => one.at - other.at)
    .map(({ packet, toPort }) => frame(packet, toPort + 1000, toPort));
  await writeFile(path, Buffer.concat([head, ...frames]));
}

/** rtpengine's description of a call: the offer's port is where the called side sends, the answer's the caller's. */
export const description = (ports: { caller: number; called: number }, maps: string[]): string =>
  (
    [
      ["offer", ports.called],
      ["answer", ports.caller],
    ] as const
  )
    .map(
      ([mode, port]) =>
        `Timestamp started ms: 1\nSDP mode: ${mode}\nSDP before RTP packet: 1\n\nv=0\nm=audio ${port} RTP/AVP 0 8 9 97\n${maps.map((map) => `a=rtpmap:${map}\n`).join("")}\n`,
    )
    .join("");
