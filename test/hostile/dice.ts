import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

/** Chance that can be repeated: the same seed, the same message. */
export interface Dice {
  /** 0 … below - 1 */
  int(below: number): number;
  pick<T>(list: readonly [T, ...T[]]): T;
  /** true in one of `outOf` cases */
  one(outOf: number): boolean;
}

export function diceOf(seed: number): Dice {
  const generator = xoroshiro128plus(seed);
  const int = (below: number) => uniformInt(generator, 0, below - 1);
  return {
    int,
    pick: (list) => list[int(list.length)] ?? list[0],
    one: (outOf) => int(outOf) === 0,
  };
}
