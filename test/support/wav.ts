import { readFileSync } from "node:fs";

/** A 16-bit WAV file's channels, for tests. */
export interface Wav {
  rate: number;
  channels: Int16Array[];
  seconds: number;
}

/** Reads a WAV file (RIFF, PCM of 16 bits). @throws Error when it is something else. */
export function readWav(file: string | Buffer): Wav {
  const data = typeof file === "string" ? readFileSync(file) : file;
  if (data.toString("latin1", 0, 4) !== "RIFF") throw new Error("no WAV file");
  let format: { channels: number; rate: number } | undefined;
  for (let at = 12; at + 8 <= data.length; ) {
    const name = data.toString("latin1", at, at + 4);
    const length = Math.min(data.readUInt32LE(at + 4), data.length - at - 8);
    if (name === "fmt ") format = { channels: data.readUInt16LE(at + 10), rate: data.readUInt32LE(at + 12) };
    if (name === "data" && format) {
      const { channels: count, rate } = format;
      const frames = Math.floor(length / 2 / count);
      const channels = Array.from({ length: count }, (_, channel) =>
        Int16Array.from({ length: frames }, (_value, frame) =>
          data.readInt16LE(at + 8 + (frame * count + channel) * 2),
        ),
      );
      return { rate, channels, seconds: frames / rate };
    }
    at += 8 + length + (length % 2);
  }
  throw new Error("a WAV file without data");
}

/**
 * How much of a channel's power in a stretch of time is at `hertz` (Goertzel's algorithm in windows of 40 ms), 0 to 1;
 * 0 where it is silent.
 */
export function shareOf(wav: Wav, channel: number, hertz: number, fromMs: number, toMs: number): number {
  const samples = wav.channels[channel] ?? new Int16Array();
  const size = Math.round(wav.rate * 0.04);
  const factor = 2 * Math.cos((2 * Math.PI * hertz) / wav.rate);
  let [tone, all] = [0, 0];
  const end = Math.min(samples.length, Math.round((toMs * wav.rate) / 1000));
  for (let start = Math.round((fromMs * wav.rate) / 1000); start + size <= end; start += size) {
    let [s1, s2, power] = [0, 0, 0];
    for (let index = start; index < start + size; index++) {
      const sample = samples[index] ?? 0;
      [s1, s2] = [sample + factor * s1 - s2, s1];
      power += sample * sample;
    }
    tone += (2 * (s1 * s1 + s2 * s2 - factor * s1 * s2)) / size;
    all += power;
  }
  return all === 0 ? 0 : tone / all;
}

/** Root mean square of a stretch of a channel, 0 to 32767. */
export function levelOf(wav: Wav, channel: number, fromMs: number, toMs: number): number {
  const from = Math.round((fromMs * wav.rate) / 1000);
  const part = (wav.channels[channel] ?? new Int16Array()).subarray(
    from,
    Math.round((toMs * wav.rate) / 1000),
  );
  return Math.sqrt(part.reduce((sum, sample) => sum + sample * sample, 0) / Math.max(1, part.length));
}
