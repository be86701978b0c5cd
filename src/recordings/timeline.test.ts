import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Clock, type Placed, type RtpPiece, Track } from "./timeline.ts";

const a = { node: "a", base: "x-1" };
const b = { node: "b", base: "x-1" };
const pcmu = { name: "PCMU", clock: 8000 };

/** 20 ms of G.711 whose first byte tells which packet it was. */
const packet = (index: number, more: Partial<RtpPiece> = {}): RtpPiece => ({
  at: 1_000_000 + index * 20,
  source: 0,
  ssrc: 7,
  sequence: (65_500 + index) % 65_536,
  timestamp: (4_294_960_000 + index * 160) % 2 ** 32,
  codec: pcmu,
  payload: new Uint8Array(160).fill(index % 256),
  ...more,
});

function run(pieces: RtpPiece[], sources = [a, b]) {
  const placed: Placed[] = [];
  const clock: Clock = { startMs: undefined, bias: new Map() };
  const track = new Track("caller", sources, clock, (one) => placed.push(one));
  for (const piece of pieces) track.push(piece);
  track.end();
  return { track, placed, starts: placed.map((one) => one.sample), clock };
}

const numbers = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, index) => from + index);

describe("one side of a call in time", () => {
  it("is continuous over both wrap-arounds", () => {
    const { starts, track } = run(numbers(0, 200).map((index) => packet(index)));
    expect(starts).toEqual(numbers(0, 200).map((index) => index * 160));
    expect(track.gaps).toEqual([]);
  });

  it("is the same whatever jitter, reordering and copies did", () => {
    const straight = run(numbers(0, 100).map((index) => packet(index))).starts;
    fc.assert(
      fc.property(fc.array(fc.nat(80), { minLength: 99, maxLength: 99 }), fc.boolean(), (delays, copies) => {
        // The first packet is on time: it is what the recording begins with.
        const pieces = numbers(0, 100).map((index) =>
          packet(index, { at: 1_000_000 + index * 20 + (index === 0 ? 0 : (delays[index - 1] ?? 0)) }),
        );
        const arriving = [...pieces, ...(copies ? pieces.slice(30, 40) : [])].sort((x, y) => x.at - y.at);
        const { starts, track } = run(arriving);
        expect(starts).toEqual(straight);
        expect(track.lost).toBe(0);
      }),
      { numRuns: 50 },
    );
  });

  it("keeps lost packets as silence and marks them", () => {
    const { starts, track } = run(
      [...numbers(0, 50), ...numbers(60, 100)].map((index) => packet(index)),
      [a],
    );
    expect(starts[50]).toBe(60 * 160);
    expect(track.gaps).toEqual([
      { side: "caller", startMs: 1000, lengthMs: 200, why: "loss", from: "a", to: "a" },
    ]);
    expect(track.lost).toBe(10);
  });

  it("joins two nodes by RTP's time, however wrong the second one's clock is", () => {
    for (const wrong of [-4000, -50, 0, 70, 4000]) {
      const after = numbers(54, 120).map((index) =>
        packet(index, { source: 1, at: 1_000_000 + index * 20 + wrong }),
      );
      const { starts, track } = run([...numbers(0, 50).map((index) => packet(index)), ...after]);
      expect(starts).toEqual([...numbers(0, 50), ...numbers(54, 120)].map((index) => index * 160));
      expect(track.gaps).toEqual([
        { side: "caller", startMs: 1000, lengthMs: 80, why: "failover", from: "a", to: "b" },
      ]);
    }
  });

  it("does not call it a gap when the speaker was silent (no packets, no missing sequence numbers)", () => {
    const later = numbers(0, 50).map((index) =>
      packet(50 + index, {
        at: 1_000_000 + 5000 + index * 20,
        timestamp: (4_294_960_000 + 40_000 + index * 160) % 2 ** 32,
      }),
    );
    const { starts, track } = run([...numbers(0, 50).map((index) => packet(index)), ...later]);
    expect(starts[50]).toBe(40_000);
    expect(track.gaps).toEqual([]);
  });

  it("takes a new stream, and a stream whose time stood still, by when it came", () => {
    const other = numbers(0, 50).map((index) =>
      packet(index, { ssrc: 8, timestamp: 99 + index * 160, at: 1_003_000 + index * 20 }),
    );
    const stood = numbers(50, 100).map((index) =>
      packet(index, { ssrc: 8, timestamp: 99 + index * 160, at: 1_010_000 + index * 20 }),
    );
    const { starts } = run([...numbers(0, 50).map((index) => packet(index)), ...other, ...stood]);
    expect(starts[50]).toBe(3000 * 8);
    expect(starts[100]).toBe((10_000 + 50 * 20) * 8);
  });

  it("follows a sender whose clock runs wrong", () => {
    // One part in a thousand slow: after 10 minutes 600 ms.
    const { starts } = run(
      numbers(0, 30_000).map((index) => packet(index, { at: 1_000_000 + index * 20 * 1.001 })),
    );
    expect(Math.abs((starts.at(-1) ?? 0) / 8 - 30_000 * 20 * 1.001)).toBeLessThan(150);
  });

  it("leaves keys and unknown codecs out, and tells the unknown", () => {
    const { placed, track } = run([
      packet(0),
      packet(1, { codec: { name: "TELEPHONE-EVENT", clock: 8000 } }),
      packet(2, { codec: { name: "SPEEX", clock: 16_000 } }),
      packet(3),
    ]);
    expect(placed.map((one) => one.sample)).toEqual([0, 480]);
    expect([...track.unknown]).toEqual(["SPEEX"]);
    expect(track.gaps).toEqual([]);
  });
});
