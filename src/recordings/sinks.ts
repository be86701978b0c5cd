import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, ftruncateSync, openSync, writeSync } from "node:fs";
import type { Readable, Writable } from "node:stream";
import { OpusDecoder } from "opus-decoder";
import type { Decoding } from "./codecs.ts";
import type { Placed } from "./timeline.ts";

/**
 * Decoded audio of one side in one codec: a file of 16-bit samples in which everything stands at its place in time.
 * What was never written is a hole of the file, which reads as zeros: silence.
 */
export interface Sink {
  readonly path: string;
  readonly rate: number;
  add(placed: Placed): void;
  /** Waits until what was added is not piling up any more. */
  settle(): Promise<void>;
  /** Decodes the rest and gives the file its full length. @throws Error when the decoder failed. */
  finish(lengthMs: number): Promise<void>;
}

export async function openSink(path: string, decoding: Decoding): Promise<Sink> {
  if (decoding.by !== "opus") return new PipeSink(path, decoding);
  // One channel: a stereo stream is mixed down by the decoder itself (RFC 6716 2.1.8 lets it choose).
  const decoder = new OpusDecoder({ channels: 1 });
  await decoder.ready;
  return new OpusSink(path, decoding.rate, decoder);
}

const finishFile = (file: number, rate: number, lengthMs: number): void => {
  ftruncateSync(file, Math.ceil((lengthMs * rate) / 1000) * 2);
  closeSync(file);
};

/** Codecs in which a byte is a fixed number of samples: one ffmpeg for all payloads, one after the other. */
class PipeSink implements Sink {
  readonly path: string;
  readonly rate: number;
  private readonly file: number;
  private readonly child: ChildProcess & { stdin: Writable; stdout: Readable; stderr: Readable };
  /** Where the samples that ffmpeg will give are to stand; neighbours are joined. */
  private readonly places: { sample: number; samples: number }[] = [];
  private readonly ended: Promise<number | null>;
  private said = "";
  private fault: Error | undefined;

  constructor(path: string, { by, rate }: Decoding) {
    this.path = path;
    this.rate = rate;
    this.file = openSync(path, "w");
    const input = ["-f", by, ...(by === "g722" ? [] : ["-ar", String(rate), "-ac", "1"]), "-i", "pipe:0"];
    this.child = spawn(
      "ffmpeg",
      ["-hide_banner", "-nostats", "-loglevel", "error", ...input, "-f", "s16le", "-ac", "1", "pipe:1"],
      { stdio: ["pipe", "pipe", "pipe"] },
    );
    this.child.on("error", (error) => {
      this.fault = new Error(`ffmpeg can not be started: ${error.message}`);
    });
    this.child.stdin.on("error", (error) => {
      this.fault ??= error; // it ended early; its exit code and words say why
    });
    this.child.stderr.on("data", (chunk: Buffer) => {
      this.said = (this.said + chunk.toString()).slice(-500);
    });
    this.child.stdout.on("data", (chunk: Buffer) => this.write(chunk));
    this.ended = new Promise((resolve) => this.child.on("close", (code) => resolve(code)));
  }

  add({ sample, samples, payload }: Placed): void {
    const last = this.places.at(-1);
    if (last && last.sample + last.samples === sample) last.samples += samples;
    else this.places.push({ sample, samples });
    this.child.stdin.write(payload);
  }

  async settle(): Promise<void> {
    if (this.child.stdin.writableNeedDrain && !this.fault)
      await Promise.race([once(this.child.stdin, "drain"), this.ended]);
  }

  private odd: Buffer = Buffer.alloc(0);

  private write(chunk: Buffer): void {
    let data = this.odd.length === 0 ? chunk : Buffer.concat([this.odd, chunk]);
    while (data.length >= 2) {
      const place = this.places[0];
      if (!place) break; // the decoder's own padding at the end
      const bytes = Math.min(place.samples * 2, data.length - (data.length % 2));
      writeSync(this.file, data, 0, bytes, place.sample * 2);
      data = data.subarray(bytes);
      place.sample += bytes / 2;
      place.samples -= bytes / 2;
      if (place.samples === 0) this.places.shift();
    }
    this.odd = data;
  }

  async finish(lengthMs: number): Promise<void> {
    this.child.stdin.end();
    const code = await this.ended;
    finishFile(this.file, this.rate, lengthMs);
    if (this.fault) throw this.fault;
    if (code !== 0) throw new Error(`ffmpeg ended with ${code}: ${this.said.trim()}`);
  }
}

/** Opus packets have a length of their own each: decoded one by one (libopus as WebAssembly). */
class OpusSink implements Sink {
  readonly path: string;
  readonly rate: number;
  private readonly file: number;
  private readonly decoder: OpusDecoder;

  constructor(path: string, rate: number, decoder: OpusDecoder) {
    this.path = path;
    this.rate = rate;
    this.file = openSync(path, "w");
    this.decoder = decoder;
  }

  add({ sample, payload }: Placed): void {
    const [audio] = this.decoder.decodeFrame(payload).channelData;
    if (!audio) return;
    const samples = Int16Array.from(audio, (value) =>
      Math.max(-32_768, Math.min(32_767, Math.round(value * 32_767))),
    );
    writeSync(this.file, Buffer.from(samples.buffer), 0, samples.byteLength, sample * 2);
  }

  settle(): Promise<void> {
    return Promise.resolve();
  }

  finish(lengthMs: number): Promise<void> {
    this.decoder.free();
    finishFile(this.file, this.rate, lengthMs);
    return Promise.resolve();
  }
}
