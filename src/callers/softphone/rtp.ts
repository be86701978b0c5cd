import { randomBytes, randomInt } from "node:crypto";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { isIPv6 } from "node:net";
import type { Srtp } from "./srtp.ts";
import { WebRtc } from "./webrtc.ts";

/** Audio of test telephones: G.711 in packets of 20 ms (RFC 3550, 3551), with the times of their arrival. */

const packetMs = 20;
const samples = 160;
/** A wait between two packets that is worth keeping. */
const gapFromMs = 40;

export interface StreamStats {
  sent: number;
  received: number;
  /** Sequence numbers that never came, between the first and the last that did. */
  lost: number;
  /**
   * The longest wait between two packets, and when it ended (ms since 1970). What the sender itself was late is not
   * counted: each packet says it, so that a stall of this process is not taken for one of the service.
   */
  maxGapMs: number;
  maxGapAt: number;
  /** Waits of more than 40 ms. */
  gaps: number;
  /** Since the last packet; null: none came. */
  silentMs: number | null;
  /** Keys that were pressed there (RFC 4733). */
  keys: string;
}

const keyNames = "0123456789*#ABCD";

/** Where in the packet its sender says how late it was, in µs: in place of four samples of the tone. */
const lateAt = 12;
/** Follows it, so that another telephone's samples are not taken for it. */
const mark = Buffer.from("DIAL");

/** One side's audio: sends while told to, always listens. */
export class RtpStream {
  readonly port: number;
  private readonly socket: Socket;
  private readonly packet: Buffer;
  private sequence = randomInt(0, 30_000);
  private timestamp = randomInt(0, 2 ** 31);
  private target: { address: string; port: number } | undefined;
  private sending = false;
  nextAt = 0;
  /** Set: packets are SRTP. */
  srtp: Srtp | undefined;
  /** Set: packets go through it, not through our own socket. */
  webrtc: WebRtc | undefined;
  private sent = 0;
  private received = 0;
  private lastAt: number | undefined;
  private first: number | undefined;
  private highest = 0;
  private counted = 0;
  private maxGapMs = 0;
  private maxGapAt = 0;
  private gaps = 0;
  private keys = "";
  private keyAt: number | undefined;

  private constructor(socket: Socket, tone: Buffer) {
    this.socket = socket;
    this.port = socket.address().port;
    this.packet = Buffer.concat([Buffer.from([0x80, 0, 0, 0, 0, 0, 0, 0]), randomBytes(4), tone]);
    socket.on("message", (data) => this.arrived(data));
    // The far side's port may be gone for a moment (ICMP): audio goes on.
    socket.on("error", () => undefined);
  }

  static async open(address: string, tone: Buffer): Promise<RtpStream> {
    const type = isIPv6(address) ? "udp6" : "udp4";
    const socket = createSocket({ type, recvBufferSize: 256 * 1024 });
    socket.bind(0, address);
    await once(socket, "listening");
    return new RtpStream(socket, tone);
  }

  /** Makes this a browser's stream; `offer`: of who calls us. */
  async browse(address: string, offer?: string): Promise<void> {
    this.webrtc = await WebRtc.open(address, (packet) => this.arrived(packet), offer);
  }

  aim(address: string, port: number): void {
    this.target = { address, port };
  }

  set talking(on: boolean) {
    // Spread over the 20 ms, so that not all telephones speak in the same millisecond.
    if (on && !this.sending) this.nextAt = performance.now() + randomInt(0, packetMs);
    this.sending = on;
  }

  /** Sends what is due at `now`. Returns how late it was, ms. */
  tick(now: number): number {
    if (!this.sending || !this.target || now < this.nextAt) return 0;
    const late = now - this.nextAt;
    // After a stall of this process it does not catch up in a burst: telephones do not.
    this.nextAt = late > 5 * packetMs ? now + packetMs : this.nextAt + packetMs;
    this.sequence = (this.sequence + 1) & 0xffff;
    this.timestamp = (this.timestamp + samples) >>> 0;
    this.packet.writeUInt16BE(this.sequence, 2);
    this.packet.writeUInt32BE(this.timestamp, 4);
    this.packet.writeUInt32BE(Math.round(Math.min(late, 1_000_000) * 1000), lateAt);
    mark.copy(this.packet, lateAt + 4);
    // A copy: the socket sends later than we write.
    if (this.webrtc) {
      this.webrtc.send(Buffer.from(this.packet));
      this.sent++;
      return late;
    }
    const packet = this.srtp ? this.srtp.seal(this.packet) : Buffer.from(this.packet);
    if (!packet) return late;
    this.socket.send(packet, this.target.port, this.target.address);
    this.sent++;
    return late;
  }

  private arrived(packet: Buffer): void {
    if (packet.length < 12 || (packet[0] ?? 0) >> 6 !== 2) return;
    const data = this.srtp ? this.srtp.unseal(packet) : packet;
    if (!data) return;
    const ours = data.subarray(lateAt + 4, lateAt + 4 + mark.length).equals(mark);
    const now = performance.now() - (ours ? data.readUInt32BE(lateAt) / 1000 : 0);
    if (this.lastAt !== undefined) {
      const gap = now - this.lastAt;
      if (gap > gapFromMs) this.gaps++;
      if (gap > this.maxGapMs) {
        this.maxGapMs = gap;
        this.maxGapAt = Date.now();
      }
    }
    this.lastAt = now;
    this.received++;
    this.hearKey(data);
    const sequence = data.readUInt16BE(2);
    if (this.first === undefined) {
      this.first = sequence;
      this.highest = sequence;
      this.counted = 0;
    }
    this.counted++;
    const ahead = (sequence - this.highest) & 0xffff;
    if (ahead < 0x8000) this.highest += ahead;
  }

  /** A key is told in several packets with the time when it was pressed; four bytes, of a type that was agreed upon. */
  private hearKey(packet: Buffer): void {
    if (packet.length !== 16 || (packet.readUInt8(1) & 0x7f) < 96) return;
    const at = packet.readUInt32BE(4);
    if (at === this.keyAt) return;
    this.keyAt = at;
    this.keys += keyNames[packet.readUInt8(12)] ?? "?";
  }

  /** Counts again from here. */
  mark(): void {
    this.maxGapMs = 0;
    this.maxGapAt = 0;
    this.gaps = 0;
    this.first = undefined;
    this.counted = 0;
    this.received = 0;
    this.sent = 0;
  }

  stats(): StreamStats {
    return {
      sent: this.sent,
      received: this.received,
      lost: this.first === undefined ? 0 : Math.max(0, this.highest - this.first + 1 - this.counted),
      maxGapMs: Math.round(this.maxGapMs * 10) / 10,
      maxGapAt: this.maxGapAt,
      gaps: this.gaps,
      silentMs: this.lastAt === undefined ? null : Math.round(performance.now() - this.lastAt),
      keys: this.keys,
    };
  }

  close(): void {
    this.sending = false;
    this.webrtc?.close();
    this.socket.close();
  }
}

/** 20 ms of a tone in μ-law (ITU-T G.711); whole periods only, so that packets join without a click. */
export function tone(hertz: number): Buffer {
  const encode = (sample: number): number => {
    const sign = sample < 0 ? 0x80 : 0;
    const magnitude = Math.min(32_635, Math.abs(sample)) + 132;
    const exponent = Math.max(0, 31 - Math.clz32(magnitude) - 7);
    return ~(sign | (exponent << 4) | ((magnitude >> (exponent + 3)) & 0x0f)) & 0xff;
  };
  const periods = Math.max(1, Math.round((hertz * samples) / 8000));
  return Buffer.from(
    Array.from({ length: samples }, (_, n) =>
      encode(Math.round(8000 * Math.sin((2 * Math.PI * periods * n) / samples))),
    ),
  );
}
