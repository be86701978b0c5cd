/** What of a voice is drawn: the loudest sample in each of `count` equal parts, 0 to 1. Pure. */
export function peaksOf(samples: Float32Array, count: number): Float32Array {
  const peaks = new Float32Array(count);
  const part = samples.length / count;
  for (let at = 0; at < count; at++) {
    const end = Math.min(samples.length, Math.floor((at + 1) * part));
    let peak = 0;
    for (let index = Math.floor(at * part); index < end; index++) {
      const loud = Math.abs(samples[index] ?? 0);
      if (loud > peak) peak = loud;
    }
    peaks[at] = peak;
  }
  return peaks;
}

/** The longest call whose voices are drawn: decoding takes memory, 64 kB for each second of two voices. */
export const longestDrawnMs = 2 * 3_600_000;

/** Telephone audio: no need for more. */
const rate = 8000;

/** The voices of a recording, each as its samples. @throws DOMException where the browser can not decode it */
export async function voicesOf(file: ArrayBuffer): Promise<Float32Array[]> {
  const audio = await new OfflineAudioContext(2, 1, rate).decodeAudioData(file);
  return Array.from({ length: audio.numberOfChannels }, (_, channel) => audio.getChannelData(channel));
}
