import { InvalidArgumentError } from "commander";

/** Values of options, as people write them. Each refuses what it does not understand (InvalidArgumentError). */

export const atLeast =
  (least: number, what: string) =>
  (value: string): number => {
    const number = Number(value);
    if (!Number.isFinite(number) || number < least)
      throw new InvalidArgumentError(`${what}, at least ${least}`);
    return number;
  };

export const positive =
  (what: string) =>
  (value: string): number => {
    const number = Number(value);
    if (!Number.isFinite(number) || number <= 0) throw new InvalidArgumentError(`${what}, above 0`);
    return number;
  };

const unitsMs: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `90s`, `15m`, `1h`, `2d` → ms; undefined: it is no such thing. Pure. */
export function ageMs(text: string): number | undefined {
  const [, number, unit = ""] = /^(\d+(?:\.\d+)?)([smhd])$/.exec(text) ?? [];
  const factor = unitsMs[unit];
  return number === undefined || factor === undefined ? undefined : Number(number) * factor;
}
