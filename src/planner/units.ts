import { z } from "zod";
import { HOURS_PER_YEAR } from "./year.ts";

/**
 * Quantities as people write them: "4 h", "£250/h", "once in 5 to 10 years", "5 % to 15 %".
 * A number without a unit is refused: "4" hours and "4" minutes differ by a factor of 60, and nobody notices.
 */

/** What is known of a quantity: a range, not a point. A single value has low = high. */
export interface Range {
  low: number;
  high: number;
}

/** An amount of money (or money per minute, or money per year) with the currency it was written in. */
export interface Money extends Range {
  currency: string;
}

const seconds: Record<string, number> = {
  ms: 0.001,
  s: 1,
  sec: 1,
  second: 1,
  min: 60,
  minute: 60,
  h: 3600,
  hour: 3600,
  d: 86_400,
  day: 86_400,
  week: 604_800,
  month: 31_536_000 / 12,
  year: 31_536_000,
};
const symbols: Record<string, string> = { "£": "GBP", "€": "EUR", $: "USD", "¥": "JPY", "₹": "INR" };

const YEAR = HOURS_PER_YEAR * 3600;

const unitOf = (word: string): number | undefined =>
  seconds[word] ?? (word.endsWith("s") ? seconds[word.slice(0, -1)] : undefined);

/** A text that is not a quantity of the wanted kind; the message says what to write instead. */
export class UnitError extends Error {}

const NUMBER = String.raw`\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?`;
const value = (text: string): number => Number(text.replaceAll(",", ""));

function textOf(input: unknown, kind: string, example: string): string {
  if (typeof input === "number" && input < 0) throw new UnitError(`can not be negative; write ${example}`);
  if (typeof input === "number")
    throw new UnitError(
      `${input} has no unit: is it ${kind}? Write ${example.replaceAll("#", String(input))}`,
    );
  if (typeof input !== "string" || input.trim() === "")
    throw new UnitError(`must be ${kind}; write ${example.replaceAll("#", "4")}`);
  const text = input.trim();
  if (/^-|\bto\s*-|(^|\s)[£€$¥₹]\s*-/.test(text))
    throw new UnitError(`'${text}' is negative; write ${example.replaceAll("#", "4")}`);
  if (/^\d[\d.,]*$/.test(text))
    throw new UnitError(`'${text}' has no unit: is it ${kind}? Write ${example.replaceAll("#", text)}`);
  return text;
}

/** Splits "a to b" (also "a - b", "a – b"); the unit of the second holds for the first when that has none. */
function parts(text: string): [string, string] {
  const pieces = text.split(/\s+to\s+|\s*–\s*|\s+-\s+/);
  if (pieces.length > 2) throw new UnitError(`'${text}' has more than two ends; write "4 h to 24 h"`);
  return [pieces[0] ?? "", pieces[1] ?? pieces[0] ?? ""];
}

function ordered(low: number, high: number, text: string): Range {
  if (low > high) throw new UnitError(`'${text}' runs backwards; write the smaller value first`);
  return { low, high };
}

/** "30 min", "4 h to 24 h", "4 to 24 h". Result in seconds. @throws UnitError */
export function parseDuration(input: unknown): Range {
  const text = textOf(input, "a length of time", `"# s", "# min", "# h" or "# days"`);
  const [left, right] = parts(text);
  const one = (piece: string, fallback?: number): [number, number] => {
    const match = new RegExp(`^(${NUMBER})\\s*([a-z]*)$`, "i").exec(piece.trim());
    const unit = match?.[2] ? unitOf(match[2].toLowerCase()) : fallback;
    if (!match || unit === undefined)
      throw new UnitError(`'${text}' is not a length of time; write "30 s", "30 min", "4 h" or "2 days"`);
    return [value(match[1] ?? ""), unit];
  };
  const [highNumber, highUnit] = one(right);
  const [lowNumber, lowUnit] = one(left, highUnit);
  return ordered(lowNumber * lowUnit, highNumber * highUnit, text);
}

/** "5 %", "5 % to 15 %", "5 to 15 %". Result as a fraction, 0 to 1. @throws UnitError */
export function parsePercent(input: unknown): Range {
  const text = textOf(input, "a share of 100", `"# %"`);
  const [left, right] = parts(text);
  const one = (piece: string, signNeeded: boolean): number => {
    const match = new RegExp(`^(${NUMBER})\\s*(%?)$`).exec(piece.trim());
    if (!match || (signNeeded && match[2] === ""))
      throw new UnitError(`'${text}' is not a percentage; write "5 %" or "5 % to 15 %"`);
    const share = value(match[1] ?? "");
    if (share > 100) throw new UnitError(`'${text}' is over 100 %; write a value from "0 %" to "100 %"`);
    return share / 100;
  };
  return ordered(one(left, false), one(right, true), text);
}

/** "0.1 per year", "2 to 6 / year", "once in 5 years", "once in 5 to 10 years", "never". Events per year. @throws UnitError */
export function parseFrequency(input: unknown): Range {
  if (input === "never") return { low: 0, high: 0 };
  const text = textOf(input, "how often", `"# per year" or "once in # years"`);
  const wrong = () =>
    new UnitError(`'${text}' is not how often; write "2 per year", "once in 5 to 10 years" or "never"`);
  const once = /^once (?:in|every)\s+(.+)$/i.exec(text);
  if (once) {
    const gap = parseDuration((once[1] ?? "").replace(/^(?:an?\s+)?(?=[a-z])/i, "1 "));
    if (gap.low === 0) throw wrong();
    return { low: YEAR / gap.high, high: YEAR / gap.low };
  }
  const match = /^(.+?)\s*(?:\/|per|a)\s*(day|week|month|year)$/i.exec(text);
  if (!match) throw wrong();
  const perYear = YEAR / (seconds[(match[2] ?? "").toLowerCase()] ?? Number.NaN);
  const [left, right] = parts(match[1] ?? "");
  if (![left, right].every((piece) => new RegExp(`^(${NUMBER})$`).test(piece.trim()))) throw wrong();
  return ordered(value(left.trim()) * perYear, value(right.trim()) * perYear, text);
}

function parseAmount(text: string, whole: string): Money {
  const [left, right] = parts(text);
  const one = (piece: string) => {
    const match = new RegExp(`^([£€$¥₹]|[A-Z]{3})?\\s*(${NUMBER})\\s*([A-Z]{3})?$`).exec(piece.trim());
    const mark = match?.[1] ?? match?.[3];
    if (!match) throw new UnitError(`'${whole}' is not money; write "£250" or "250 GBP"`);
    return {
      amount: value(match[2] ?? ""),
      currency: mark === undefined ? undefined : (symbols[mark] ?? mark),
    };
  };
  const low = one(left);
  const high = one(right);
  const currency = low.currency ?? high.currency;
  if (currency === undefined) throw new UnitError(`'${whole}' names no currency; write "£250" or "250 GBP"`);
  if ((high.currency ?? currency) !== currency)
    throw new UnitError(`'${whole}' mixes two currencies; use one`);
  return { ...ordered(low.amount, high.amount, whole), currency };
}

/** "£250", "£250 to £400", "250 GBP". @throws UnitError */
export function parseMoney(input: unknown): Money {
  const text = textOf(input, "an amount of money", `"£#" or "# GBP"`);
  if (/\/|\bper\b/.test(text))
    throw new UnitError(`'${text}' is money per time; write one amount, such as "£250"`);
  return parseAmount(text, text);
}

/** "£250/h", "£4 to £6 / min", "£25/month". Result per `per` seconds. @throws UnitError */
export function parseMoneyRate(input: unknown, per: number): Money {
  const text = textOf(input, "money per time", `"£#/h", "£#/min" or "£#/year"`);
  const match = /^(.+?)\s*(?:\/|\bper\b)\s*([a-z]+)$/i.exec(text);
  const unit = match ? unitOf((match[2] ?? "").toLowerCase()) : undefined;
  if (!match || unit === undefined)
    throw new UnitError(`'${text}' is not money per time; write "£250/h", "£4/min" or "£300/year"`);
  const first = /\/\s*([a-z]+)/i.exec(match[1] ?? "");
  if (first && unitOf((first[1] ?? "").toLowerCase()) !== unit)
    throw new UnitError(
      `'${text}' counts its two ends in two different times; write both per hour or both per minute`,
    );
  const amount = parseAmount((match[1] ?? "").replaceAll(/\/\s*[a-z]+/gi, ""), text);
  const factor = per / unit;
  return { ...amount, low: amount.low * factor, high: amount.high * factor };
}

/** A zod type out of a parser, so that the fault is reported at its line. */
function quantity<T>(parse: (input: unknown) => T) {
  return z.unknown().transform((input, context): T => {
    try {
      return parse(input);
    } catch (error) {
      if (!(error instanceof UnitError)) throw error;
      context.addIssue({ code: "custom", message: error.message });
      return z.NEVER;
    }
  });
}

export const duration = quantity(parseDuration);
export const percent = quantity(parsePercent);
export const frequency = quantity(parseFrequency);
export const money = quantity(parseMoney);
export const moneyPerMinute = quantity((input) => parseMoneyRate(input, 60));
export const moneyPerHour = quantity((input) => parseMoneyRate(input, 3600));
export const moneyPerYear = quantity((input) => parseMoneyRate(input, 31_536_000));

/** The middle of a range of rates, times or money: the geometric mean, since such values are uncertain by factors. */
export const middle = (range: Range): number =>
  range.low > 0 ? Math.sqrt(range.low * range.high) : (range.low + range.high) / 2;
