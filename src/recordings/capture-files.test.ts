import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { listCaptures, parseCaptureName } from "./capture-files.ts";
import { opusSamples } from "./codecs.ts";
import { joinGaps } from "./convert.ts";
import { describe as readDescriptions } from "./description.ts";
import { type Datagram, readPcap } from "./pcap.ts";

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "dialtone-captures-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

describe("names of captures", () => {
  it("tell the Call-ID, as rtpengine 10.5 escapes it", () => {
    expect(parseCaptureName("pcaps/exp%2F1%20%2525%40host%7Cx-b73d8365d8338b70.pcap")).toEqual({
      callId: "exp/1 %25@host|x",
      base: "exp%2F1%20%2525%40host%7Cx-b73d8365d8338b70",
      kind: "packets",
    });
    expect(parseCaptureName("tmp/rtpengine-meta-a-b%40c-0123456789abcdef.tmp")).toMatchObject({
      callId: "a-b@c",
      kind: "description",
    });
  });

  it.each([
    "../../etc/passwd",
    "pcaps/../../x-0123456789abcdef.pcap",
    "pcaps/x.pcap",
    "metadata/x-0123456789abcdef.pcap",
    "pcaps/%E0%A4%A-0123456789abcdef.pcap",
    "constructor/x-0123456789abcdef.pcap",
  ])("%s is none", (path) => {
    expect(parseCaptureName(path)).toBeUndefined();
  });

  it("a directory that is not there is empty", async () => {
    expect(await listCaptures(join(root, "none"))).toEqual([]);
  });
});

describe("descriptions", () => {
  const body = (mode: string, port: number, more = "") =>
    `SDP mode: ${mode}\nSDP before RTP packet: 1\n\nv=0\nm=audio ${port} RTP/AVP 0\n${more}`;

  it("tell who sends where, also after a re-INVITE of the called side", () => {
    const { sides } = readDescriptions([
      [body("offer", 100), body("answer", 200), body("offer", 200), body("answer", 102)].join("\n"),
    ]);
    expect([...sides]).toEqual([
      [100, "called"],
      [200, "caller"],
      [102, "called"],
    ]);
  });

  it("tell the codecs of each side; video is none of our business", () => {
    const { codecs, sides } = readDescriptions([
      `${body("offer", 100, "a=rtpmap:96 opus/48000/2\n")}m=video 300 RTP/AVP 99\na=rtpmap:99 H264/90000\n${body("answer", 200, "a=rtpmap:111 opus/48000/2\n")}`,
    ]);
    expect(codecs.called.get(96)?.name).toBe("OPUS");
    expect(codecs.caller.get(111)).toEqual({ name: "OPUS", clock: 48_000 });
    expect(codecs.caller.get(0)?.name).toBe("PCMU");
    expect(sides.has(300)).toBe(false);
    expect(codecs.called.has(99)).toBe(false);
  });
});

describe("capture files", () => {
  const read = async (bytes: Buffer): Promise<Datagram[]> => {
    const path = join(root, "x.pcap");
    await writeFile(path, bytes);
    const found: Datagram[] = [];
    for await (const datagram of readPcap(path, () => {})) found.push(datagram);
    return found;
  };
  // As rtpengine 10.5 wrote it: header, and one packet of 127.0.0.2:20000 to 127.0.0.1:30018 with 4 bytes.
  const head = Buffer.from("d4c3b2a1020004000000000000000000ffff000001000000", "hex");
  const packet = Buffer.from(
    "2f00016bd5b509002e0000002e000000" +
      "000000000000000000000000" +
      "0800" +
      "450000200000000040110000" +
      "7f0000027f000001" +
      "4e207542000c0000" +
      "80001234",
    "hex",
  );

  it("are read, up to where they end", async () => {
    const [one, ...rest] = await read(Buffer.concat([head, packet, packet.subarray(0, 20)]));
    expect(rest).toEqual([]);
    expect(one).toMatchObject({ from: "127.0.0.2:20000", to: "127.0.0.1:30018" });
    expect(one?.payload.toString("hex")).toBe("80001234");
    expect(one?.at).toBeCloseTo(0x6b01002f * 1000 + 0x9b5d5 / 1000, 3);
  });

  it("may be empty; what is none is refused", async () => {
    expect(await read(head)).toEqual([]);
    expect(await read(Buffer.alloc(0))).toEqual([]);
    await expect(read(Buffer.alloc(100, 7))).rejects.toThrow("no capture file");
  });
});

describe("small things", () => {
  it("the length of Opus packets (RFC 6716 3.1)", () => {
    expect(opusSamples(Uint8Array.of(0x78, 0))).toBe(960); // CELT fullband 20 ms, one frame
    expect(opusSamples(Uint8Array.of(0x79, 0))).toBe(1920); // two frames
    expect(opusSamples(Uint8Array.of(0x7b, 3))).toBe(2880); // three
    expect(opusSamples(Uint8Array.of(0x08, 0))).toBe(960); // SILK 20 ms
    expect(opusSamples(Uint8Array.of())).toBe(0);
  });

  it("a gap of both sides is one", () => {
    const gap = { why: "failover", from: "a", to: "b" } as const;
    expect(
      joinGaps([
        { ...gap, side: "caller", startMs: 1000, lengthMs: 200 },
        { ...gap, side: "called", startMs: 1020, lengthMs: 220 },
        { side: "caller", startMs: 5000, lengthMs: 60, why: "loss", from: "b", to: "b" },
      ]),
    ).toEqual([
      { ...gap, side: "both", start_ms: 1000, length_ms: 240 },
      { side: "caller", start_ms: 5000, length_ms: 60, why: "loss", from: "b", to: "b" },
    ]);
  });
});
