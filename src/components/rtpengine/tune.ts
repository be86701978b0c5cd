/**
 * A tune for callers who wait: a quiet chain of broken chords, made here so that nobody's rights are touched. Pure.
 * WAV (RIFF), 8000 samples a second, 16 bits, one channel: about 16 s, 256 kB.
 */

const rate = 8000;
const noteMs = 250;
/** Half tones above A2 (110 Hz): A minor, F, C, G, twice each. */
const chords = [
  [12, 15, 19, 24, 19, 15, 19, 15],
  [8, 12, 15, 20, 15, 12, 15, 12],
  [15, 19, 22, 27, 22, 19, 22, 19],
  [10, 14, 17, 22, 17, 14, 17, 14],
];
/** Of 32767: about -20 dBm0, as speech is. */
const loudness = 3000;

function* samples(): Generator<number> {
  const length = (rate * noteMs) / 1000;
  for (const chord of [...chords, ...chords])
    for (const half of chord) {
      const step = (2 * Math.PI * 110 * 2 ** (half / 12)) / rate;
      for (let at = 0; at < length; at++) {
        // Struck and dying away, with a soft beginning and end so that nothing clicks.
        const edge = Math.min(1, at / 40, (length - at) / 200);
        const sound = Math.sin(step * at) + 0.4 * Math.sin(2 * step * at) + 0.15 * Math.sin(3 * step * at);
        yield Math.round(loudness * edge * Math.exp((-2.5 * at) / length) * sound);
      }
    }
}

export function tune(): Buffer {
  const all = [...samples()];
  const bytes = all.length * 2;
  const wav = Buffer.alloc(44 + bytes);
  wav.write("RIFF", 0, "latin1");
  wav.writeUInt32LE(36 + bytes, 4);
  wav.write("WAVEfmt ", 8, "latin1");
  wav.writeUInt32LE(16, 16);
  // PCM, one channel.
  wav.writeUInt16LE(1, 20);
  wav.writeUInt16LE(1, 22);
  wav.writeUInt32LE(rate, 24);
  wav.writeUInt32LE(rate * 2, 28);
  wav.writeUInt16LE(2, 32);
  wav.writeUInt16LE(16, 34);
  wav.write("data", 36, "latin1");
  wav.writeUInt32LE(bytes, 40);
  for (const [at, sample] of all.entries()) wav.writeInt16LE(sample, 44 + at * 2);
  return wav;
}
