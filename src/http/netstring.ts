/** Netstrings (cr.yp.to/proto/netstrings.txt): `5:hello,`. How Kamailio's janssonrpcc frames JSON-RPC on TCP. */

/** The peer does not speak netstrings, or sends too much. The connection is of no more use. */
export class FrameError extends Error {}

export function encodeNetstring(text: string): Buffer {
  const body = Buffer.from(text, "utf8");
  return Buffer.concat([Buffer.from(`${body.length}:`), body, Buffer.from(",")]);
}

/** Takes bytes in any portions, gives whole frames. */
export class NetstringDecoder {
  private rest: Buffer = Buffer.alloc(0);
  private readonly maxBytes: number;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  /** @throws FrameError */
  push(bytes: Buffer): string[] {
    this.rest = this.rest.length === 0 ? bytes : Buffer.concat([this.rest, bytes]);
    const frames: string[] = [];
    for (;;) {
      const colon = this.rest.subarray(0, 11).indexOf(0x3a);
      const head = this.rest.toString("latin1", 0, colon < 0 ? Math.min(this.rest.length, 11) : colon);
      if (!/^(0|[1-9]\d*)?$/.test(head) || (colon < 0 && this.rest.length > 10) || colon === 0)
        throw new FrameError("not a netstring");
      if (colon < 0) return frames;
      const length = Number(head);
      if (length > this.maxBytes) throw new FrameError(`frame of ${length} bytes, at most ${this.maxBytes}`);
      const end = colon + 1 + length;
      if (this.rest.length <= end) return frames;
      if (this.rest[end] !== 0x2c) throw new FrameError("netstring without its comma");
      frames.push(this.rest.toString("utf8", colon + 1, end));
      this.rest = this.rest.subarray(end + 1);
    }
  }
}
