import { InvalidArgumentError } from "commander";
import { parseMoment } from "../base/moment.ts";

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

export const integer = (value: string): number => {
  if (!/^-?\d+$/.test(value)) throw new InvalidArgumentError("must be a whole number");
  return Number(value);
};

/** Header fields, as `Name: value`; may be given several times. */
export const header = (value: string, before: Record<string, string> = {}): Record<string, string> => {
  const match = /^([A-Za-z][A-Za-z0-9-]*):\s*(.*)$/.exec(value);
  if (!match?.[1]) throw new InvalidArgumentError("write it as 'Name: value'");
  return { ...before, [match[1]]: match[2] ?? "" };
};

/** `name=value`; may be given several times. */
export const tag = (value: string, before: Record<string, string> = {}): Record<string, string> => {
  const at = value.indexOf("=");
  if (at < 1) throw new InvalidArgumentError("write it as NAME=VALUE");
  return { ...before, [value.slice(0, at)]: value.slice(at + 1) };
};

export const percentage = (value: string): number => {
  const number = Number(value);
  if (!(number > 0 && number < 100)) throw new InvalidArgumentError("must be above 0 and below 100");
  return number;
};

const unitsMs: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `90s`, `15m`, `1h`, `2d` → ms; undefined: it is no such thing. Pure. */
export function ageMs(text: string): number | undefined {
  const [, number, unit = ""] = /^(\d+(?:\.\d+)?)([smhd])$/.exec(text) ?? [];
  const factor = unitsMs[unit];
  return number === undefined || factor === undefined ? undefined : Number(number) * factor;
}

/**
 * `90m`, `12h`, `7d` before `now`, or a moment of its own as all tables show them (UTC), or with a zone. Pure.
 * @returns Unix time in milliseconds @throws InvalidArgumentError
 */
export function momentMs(text: string, now: number): number {
  const age = ageMs(text);
  const time = age === undefined ? parseMoment(text, now) : now - age;
  if (time === undefined)
    throw new InvalidArgumentError(
      "must be an age such as 90m, 12h, 7d, or a time such as '2026-11-21 10:00' or 10:00 (UTC), 2026-11-21T10:00+01:00",
    );
  return time;
}

/** The same as RFC 3339, as the API takes it. */
export const momentOf = (text: string, now: number): string => new Date(momentMs(text, now)).toISOString();

export const moment = (text: string): string => momentOf(text, Date.now());
