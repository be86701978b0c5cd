/** How the audio of RTP is turned into samples. */
export interface Decoding {
  /** ffmpeg's demuxer for a bare stream of payloads; "opus": opus-decoder, because bare Opus packets have no bounds. */
  by: "alaw" | "mulaw" | "g722" | "opus";
  /** Samples per second of the decoded audio. */
  rate: number;
  /** Samples in one byte of payload; 0: not constant. */
  perByte: number;
}

const decodings: Record<string, Decoding> = {
  PCMU: { by: "mulaw", rate: 8000, perByte: 1 },
  PCMA: { by: "alaw", rate: 8000, perByte: 1 },
  // RFC 3551 4.5.2: 16 kHz audio, although its RTP clock is 8000.
  G722: { by: "g722", rate: 16_000, perByte: 2 },
  // RFC 7587: the RTP clock is always 48000.
  OPUS: { by: "opus", rate: 48_000, perByte: 0 },
};

/** undefined: this codec can not be decoded here. */
export const decodingOf = (name: string): Decoding | undefined => decodings[name];

/** Payloads that are no audio: keys, comfort noise (RFC 4733, RFC 3389). They leave silence, and are no gap. */
export const isNoAudio = (name: string): boolean => name === "TELEPHONE-EVENT" || name === "CN";

/**
 * Length of an Opus packet in samples at 48 kHz, from its first bytes (RFC 6716 section 3.1 and 3.2). 0: damaged.
 */
export function opusSamples(packet: Uint8Array): number {
  const [first, second = 0] = packet;
  if (first === undefined) return 0;
  const config = first >> 3;
  const frame =
    config < 12
      ? ([480, 960, 1920, 2880][config & 3] ?? 0)
      : config < 16
        ? ([480, 960][config & 1] ?? 0)
        : 120 << (config & 3);
  const code = first & 3;
  const frames = code === 0 ? 1 : code === 3 ? second & 63 : 2;
  const samples = frame * frames;
  return samples > 5760 ? 0 : samples;
}
