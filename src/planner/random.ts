import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

/** Random numbers for the simulation: seeded, so that the same plan gives the same figures on every machine. */
export interface Random {
  /** Uniform in (0, 1), 32 bits. */
  uniform(): number;
  /** Exponential with this mean. */
  exponential(mean: number): number;
  /** Lognormal with this mean and a coefficient of variation of 2 (long tail: most repairs are short, a few very long). */
  lognormal(mean: number): number;
}

// Ziggurat for the exponential distribution (Marsaglia & Tsang 2000): 255 layers of equal area AREA and a tail
// beyond TAIL; in 98.9 % of all draws one multiplication is enough, which is four times as fast as a logarithm.
const LAYERS = 256;
const TAIL = 7.69711747013105;
const AREA = 0.003949659822581557;
const right = new Float64Array(LAYERS + 1);
right[0] = AREA / Math.exp(-TAIL);
right[1] = TAIL;
for (let layer = 2; layer < LAYERS; layer++)
  right[layer] = -Math.log(AREA / (right[layer - 1] ?? 1) + Math.exp(-(right[layer - 1] ?? 1)));
right[LAYERS] = 0;

const SIGMA = Math.sqrt(Math.log(1 + 2 ** 2));
const SCALE = 2 ** -32;

/** Stream number `stream` of a seed: streams of one seed lie 2^64 numbers apart (the generator's jump). */
export function random(seed: number, stream = 0): Random {
  const generator = xoroshiro128plus(seed);
  for (let jumps = 0; jumps < stream; jumps++) generator.jump();
  const uniform = () => ((generator.next() >>> 0) + 0.5) * SCALE;
  const standard = (): number => {
    for (;;) {
      const layer = generator.next() >>> 24;
      const x = uniform() * (right[layer] ?? 0);
      if (x < (right[layer + 1] ?? 0)) return x;
      if (layer === 0) return TAIL - Math.log(uniform());
      const low = Math.exp(-(right[layer] ?? 0));
      const high = Math.exp(-(right[layer + 1] ?? 0));
      if (low + uniform() * (high - low) < Math.exp(-x)) return x;
    }
  };
  return {
    uniform,
    exponential: (mean) => standard() * mean,
    lognormal: (mean) => {
      const normal = Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
      return mean * Math.exp(SIGMA * normal - (SIGMA * SIGMA) / 2);
    },
  };
}

/** Draws an index with chance proportional to its weight, in constant time (Walker's alias method, Vose 1991). */
export function aliasTable(weights: readonly number[]): (uniform: number) => number {
  const size = weights.length;
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const scaled = weights.map((weight) => (weight * size) / total);
  const chance = new Float64Array(size).fill(1);
  const alias = Int32Array.from({ length: size }, (_, index) => index);
  const small = scaled.flatMap((weight, index) => (weight < 1 ? [index] : []));
  const large = scaled.flatMap((weight, index) => (weight < 1 ? [] : [index]));
  for (let low = small.pop(), high = large.at(-1); low !== undefined && high !== undefined; ) {
    chance[low] = scaled[low] ?? 1;
    alias[low] = high;
    scaled[high] = (scaled[high] ?? 0) + (scaled[low] ?? 0) - 1;
    if ((scaled[high] ?? 0) < 1) small.push(large.pop() ?? high);
    low = small.pop();
    high = large.at(-1);
  }
  return (uniform) => {
    const place = uniform * size;
    const index = place | 0;
    return place - index < (chance[index] ?? 1) ? index : (alias[index] ?? index);
  };
}
