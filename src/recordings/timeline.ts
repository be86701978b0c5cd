import { decodingOf, isNoAudio, opusSamples } from "./codecs.ts";
import type { Codec, Side } from "./description.ts";

/** One RTP packet (RFC 3550) with where and when it was captured. */
export interface RtpPiece {
  /** Capture time, ms since 1970, by the clock of the capturing node. */
  at: number;
  /** Index of the capture. */
  source: number;
  ssrc: number;
  sequence: number;
  timestamp: number;
  codec: Codec | undefined;
  payload: Uint8Array;
}

/** Where a capture comes from. */
export interface Source {
  node: string;
  base: string;
}

/** Silence in a recording that was not silence in the call. Times in ms from the recording's beginning. */
export interface Gap {
  side: Side;
  startMs: number;
  lengthMs: number;
  /** failover: another node went on. restarted: recording was stopped and started. loss: packets did not arrive. */
  why: "failover" | "restarted" | "loss";
  /** The node before and the node after. */
  from: string;
  to: string;
}

/** Audio with its place in time. `sample` counts at the codec's own rate from the recording's beginning. */
export interface Placed {
  codec: string;
  sample: number;
  samples: number;
  payload: Uint8Array;
}

/** Holes that are shorter are a lost packet or two: not worth a mark. */
const markFromMs = 40;
/** RTP's own time is trusted until all of so many packets in a row say otherwise… */
const lookAhead = 25;
/** …by more than this. */
const deviationMs = 100;
/** RFC 3550 appendix A.1: a jump in the sequence that is larger is a new beginning. */
const maxDropout = 3000;
const maxMisorder = 100;
/** How long a missing packet is waited for. */
const reorderPackets = 20;
/** Clocks of two nodes may differ; more than this is no clock difference but a pause. */
const maxClockDifferenceMs = 10_000;

/** What both sides of a call share: when it began, and how far the nodes' clocks are apart. */
export interface Clock {
  startMs: number | undefined;
  bias: Map<number, number>;
}

interface Stream {
  /** Sequence number without wrap-around of the next packet to go out. */
  next: number;
  highest: number;
  waiting: Map<number, RtpPiece>;
}

interface Queued extends RtpPiece {
  /** RTP timestamp without wrap-around. */
  time: number;
  /** Packets that never came, just before this one. */
  lostBefore: number;
  beginning: boolean;
}

const wrapped = (value: number, near: number, bits: number): number => {
  const size = 2 ** bits;
  const delta = (((value - near) % size) + size) % size;
  return near + (delta < size / 2 ? delta : delta - size);
};

const msOf = ({ payload, codec }: RtpPiece): number => {
  const decoding = decodingOf(codec?.name ?? "");
  if (!decoding) return 0;
  const samples = decoding.by === "opus" ? opusSamples(payload) : payload.length * decoding.perByte;
  return (samples * 1000) / decoding.rate;
};

/**
 * Puts the packets of one side of a call in order and in time. Pure: no clock, no files.
 * Packets come in by capture time; audio goes out by `emit` with its place. Reordering and copies are undone; within a
 * stream RTP's own time rules (jitter leaves no trace), and a new stream, a jump or a drift of it is placed by the
 * capture time again. A hole stays a hole, so that both sides stay together.
 */
export class Track {
  private readonly side: Side;
  private readonly sources: readonly Source[];
  private readonly clock: Clock;
  private readonly emit: (placed: Placed) => void;
  private ssrc: number | undefined;
  private stream: Stream | undefined;
  private queue: Queued[] = [];
  private lastTime: number | undefined;
  /** RTP time → ms of the recording: anchorMs + (time - anchorTime) / clock. */
  private anchor: { ms: number; time: number } | undefined;
  private previous: { endMs: number; source: number } | undefined;
  readonly gaps: Gap[] = [];
  readonly unknown = new Set<string>();
  readonly codecs = new Set<string>();
  lost = 0;
  packets = 0;

  constructor(side: Side, sources: readonly Source[], clock: Clock, emit: (placed: Placed) => void) {
    this.side = side;
    this.sources = sources;
    this.clock = clock;
    this.emit = emit;
  }

  get endMs(): number {
    return this.previous?.endMs ?? 0;
  }

  push(piece: RtpPiece): void {
    this.packets++;
    if (this.ssrc !== piece.ssrc) this.begin(piece);
    const stream = this.stream;
    if (!stream) return;
    const sequence = wrapped(piece.sequence, stream.highest, 16);
    if (sequence - stream.highest > maxDropout || stream.highest - sequence > maxMisorder) {
      this.begin(piece);
      this.stream?.waiting.set(piece.sequence, piece);
    } else if (sequence >= stream.next && !stream.waiting.has(sequence)) {
      stream.waiting.set(sequence, piece);
      stream.highest = Math.max(stream.highest, sequence);
    }
    this.release(reorderPackets);
  }

  /** No more packets come. */
  end(): void {
    this.release(0);
    while (this.queue.length > 0) this.place();
  }

  private begin(piece: RtpPiece): void {
    this.release(0);
    this.ssrc = piece.ssrc;
    this.stream = { next: piece.sequence, highest: piece.sequence, waiting: new Map() };
    this.lastTime = undefined;
  }

  /** Sends on what is next in sequence; gives up missing ones when more than `patience` wait behind them. */
  private release(patience: number): void {
    const stream = this.stream;
    if (!stream) return;
    for (;;) {
      let lostBefore = 0;
      let piece = stream.waiting.get(stream.next);
      if (!piece) {
        if (stream.waiting.size <= patience) return;
        const first = Math.min(...stream.waiting.keys());
        lostBefore = first - stream.next;
        stream.next = first;
        piece = stream.waiting.get(first);
        if (!piece) return;
      }
      stream.waiting.delete(stream.next);
      stream.next++;
      const beginning = this.lastTime === undefined;
      const time = wrapped(piece.timestamp, this.lastTime ?? piece.timestamp, 32);
      this.lastTime = time;
      this.queue.push({ ...piece, time, lostBefore, beginning });
      if (this.queue.length > lookAhead) this.place();
    }
  }

  /** How much later than RTP's own time the packet was captured, ms, by the clock of `source`. */
  private deviation(piece: Queued, anchor: { ms: number; time: number }): number {
    const bias = this.clock.bias.get(piece.source) ?? 0;
    const arrived = piece.at - bias - (this.clock.startMs ?? piece.at);
    return arrived - (anchor.ms + ((piece.time - anchor.time) * 1000) / (piece.codec?.clock ?? 8000));
  }

  private place(): void {
    const piece = this.queue.shift();
    if (!piece) return;
    const { codec } = piece;
    if (this.clock.startMs === undefined) {
      this.clock.startMs = piece.at;
      this.clock.bias.set(piece.source, 0);
    }
    const anchor = this.anchored(piece);
    const decoding = decodingOf(codec?.name ?? "");
    if (!decoding || !codec) {
      if (!codec || !isNoAudio(codec.name)) this.unknown.add(codec?.name ?? "unknown");
      return;
    }
    this.codecs.add(codec.name);
    const lengthMs = msOf(piece);
    if (lengthMs === 0) return;
    const wanted = anchor.ms + ((piece.time - anchor.time) * 1000) / codec.clock;
    const previousEnd = this.previous?.endMs ?? 0;
    // Never over what is there already; and what claims to be before the beginning is at the beginning.
    const startMs = Math.max(wanted, this.previous ? previousEnd : 0);
    this.mark(piece, startMs);
    this.emit({
      codec: codec.name,
      sample: Math.round((startMs * decoding.rate) / 1000),
      samples: Math.round((lengthMs * decoding.rate) / 1000),
      payload: piece.payload,
    });
    this.previous = { endMs: startMs + lengthMs, source: piece.source };
  }

  private anchored(piece: Queued): { ms: number; time: number } {
    const { bias } = this.clock;
    if (!this.anchor || piece.beginning) {
      if (!bias.has(piece.source)) bias.set(piece.source, 0);
      const fresh = { ms: 0, time: piece.time };
      this.anchor = { ms: this.deviation(piece, fresh), time: piece.time };
      return this.anchor;
    }
    // The same stream on another node: RTP's own time tells how far that node's clock is off.
    const ahead = [piece, ...this.queue.filter((next) => next.source === piece.source && !next.beginning)];
    if (!bias.has(piece.source)) {
      bias.set(piece.source, 0);
      const off = Math.min(...ahead.map((next) => this.deviation(next, this.anchor ?? { ms: 0, time: 0 })));
      if (Math.abs(off) < maxClockDifferenceMs) bias.set(piece.source, off);
    }
    const anchor = this.anchor;
    if (Math.abs(this.deviation(piece, anchor)) < deviationMs) return anchor;
    const upTo = this.queue.findIndex((next) => next.beginning);
    const window = [piece, ...(upTo === -1 ? this.queue : this.queue.slice(0, upTo))];
    const deviations = window.map((next) => this.deviation(next, anchor));
    const [least, most] = [Math.min(...deviations), Math.max(...deviations)];
    const shift = least > deviationMs ? least : most < -deviationMs ? most : 0;
    this.anchor = { ms: anchor.ms + shift, time: anchor.time };
    return this.anchor;
  }

  private mark(piece: Queued, startMs: number): void {
    this.lost += piece.lostBefore;
    const previous = this.previous;
    if (!previous) return;
    const [before, after] = [this.sources[previous.source], this.sources[piece.source]];
    if (!before || !after) return;
    const lengthMs = Math.max(0, startMs - previous.endMs);
    const why =
      before.node !== after.node
        ? "failover"
        : before.base !== after.base
          ? "restarted"
          : piece.lostBefore > 0 && lengthMs >= markFromMs
            ? "loss"
            : undefined;
    if (!why) return;
    this.gaps.push({
      side: this.side,
      startMs: Math.round(previous.endMs),
      lengthMs: Math.round(lengthMs),
      why,
      from: before.node,
      to: after.node,
    });
  }
}
