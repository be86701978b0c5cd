import { maxPrefixDigits } from "./price-table.ts";

/** Cells of carriers' sheets. Everything here is pure and throws an Error whose message says what is wrong with a cell. */

/** A range may name so many numbers at most; then its prefixes are joined where ten make one. */
const maxRange = 100_000;

function digitsOf(text: string): string {
  if (/^\d(\.\d+)?e\+?\d+$/i.test(text))
    throw new Error(`'${text}' was made a number by a spreadsheet: format the column as text`);
  const digits = text.replace(/^'/, "").replace(/^(\+|00)/, "");
  if (!/^\d+$/.test(digits)) throw new Error(`'${text}' is no prefix of digits`);
  return digits;
}

/** The shortest prefixes that make up all numbers from one to another of the same length. */
export function prefixesBetween(from: string, to: string): string[] {
  if (from.length !== to.length || from > to)
    throw new Error(`${from}-${to}: the second must be as long as the first, and not smaller`);
  if (Number(to) - Number(from) >= maxRange)
    throw new Error(`${from}-${to} are more than ${maxRange} prefixes`);
  const found: string[] = [];
  let at = BigInt(from);
  const last = BigInt(to);
  while (at <= last) {
    let [size, zeros] = [1n, 0];
    while (zeros < from.length - 1 && at % (size * 10n) === 0n && at + size * 10n - 1n <= last) {
      size *= 10n;
      zeros++;
    }
    found.push(
      String(at)
        .padStart(from.length, "0")
        .slice(0, from.length - zeros),
    );
    at += size;
  }
  return found;
}

/**
 * Prefixes in a cell: `+4915`, `004915`, `4915-4917`, `4915, 4916; 4917`.
 * @param country digits that stand in a column of their own, before each of them
 */
export function prefixesOf(text: string, country = ""): string[] {
  const lead = country.trim() === "" ? "" : digitsOf(country.trim());
  const cell = text.trim();
  if (cell === "" && lead === "") throw new Error("is empty");
  if (lead !== "" && /^(-|n\/a|)$/i.test(cell)) return [checked(lead)];
  return cell.split(/\s*[,;|/]\s*/).flatMap((part) => {
    if (part === "") return [];
    const [from = "", to, more] = part.split(/\s*[-–]\s*/);
    if (more !== undefined) throw new Error(`'${part}' is no range such as 4915-4917`);
    const begin = lead + (lead === "" ? digitsOf(from) : localDigits(from));
    if (to === undefined) return [checked(begin)];
    return prefixesBetween(checked(begin), lead + (lead === "" ? digitsOf(to) : localDigits(to)));
  });
}

/** Behind a country's code zeros count. */
function localDigits(text: string): string {
  const digits = text.replace(/^'/, "");
  if (!/^\d+$/.test(digits)) throw new Error(`'${text}' is no prefix of digits`);
  return digits;
}

function checked(digits: string): string {
  if (digits.startsWith("0"))
    throw new Error(`'${digits}' begins with 0: prefixes are those of E.164, with the country's code`);
  if (digits.length > maxPrefixDigits) throw new Error(`'${digits}' has more than ${maxPrefixDigits} digits`);
  return digits;
}

/** Whole seconds, 0 to 3600. */
export function secondsOf(text: string): number {
  const match = /^(\d{1,4})\s*(s|sec|seconds)?$/i.exec(text.trim());
  if (!match || Number(match[1]) > 3600) throw new Error(`'${text}' are no whole seconds from 0 to 3600`);
  return Number(match[1]);
}

/** `60/1`, `1+1`, `30-6`, `60`; with three parts the minimum comes first (`0/60/1`). */
export function incrementsOf(text: string): { first: number; next: number; minimum?: number } {
  const parts = text
    .trim()
    .split(/\s*[/+:-]\s*/)
    .map(secondsOf);
  if (parts.length > 3) throw new Error(`'${text}' are no increments such as 60/1`);
  const [minimum, first = 0, next = first] = parts.length === 3 ? parts : [undefined, ...parts];
  if (first < 1 || next < 1) throw new Error(`'${text}': an increment has at least 1 second`);
  return { first, next, ...(minimum !== undefined && { minimum }) };
}

export type DateOrder = "dmy" | "mdy";

/**
 * A date, with or without a time, on no clock yet: `2026-12-01`, `2026-12-01 08:00`, `01.12.2026`; with `/` only when it was
 * said whether the day or the month comes first.
 * @returns as if it were UTC, ms; `zoned`: it said its own zone
 */
export function dateOf(text: string, order: DateOrder | undefined): { ms: number; zoned: boolean } {
  const cell = text.trim();
  if (/^\d{4}-\d{2}-\d{2}T[\d:.]+(Z|[+-]\d{2}:?\d{2})$/.test(cell)) {
    const ms = Date.parse(cell);
    if (Number.isNaN(ms)) throw new Error(`'${text}' is no date`);
    return { ms, zoned: true };
  }
  const match = /^(\d{1,4})([-./])(\d{1,2})\2(\d{1,4})(?:[ T](\d{1,2}):(\d{2})(?::(\d{2}))?)?$/.exec(cell);
  if (!match) throw new Error(`'${text}' is no date such as 2026-12-01`);
  const [, a = "", sign, b = "", c = "", hour = "0", minute = "0", second = "0"] = match;
  const parts = a.length === 4 ? [a, b, c] : sign === "." || order === "dmy" ? [c, b, a] : [c, a, b];
  if (a.length !== 4 && sign !== "." && order === undefined)
    throw new Error(`'${text}': say whether the day or the month comes first (dates dmy or mdy)`);
  const [year, month, day] = parts.map(Number) as [number, number, number];
  const ms = Date.UTC(year, month - 1, day, Number(hour), Number(minute), Number(second));
  const back = new Date(ms);
  if (year < 1971 || year > 2105 || back.getUTCMonth() !== month - 1 || back.getUTCDate() !== day)
    throw new Error(`'${text}' is no date`);
  return { ms, zoned: false };
}

/** Does a cell say yes? */
export function yesOf(text: string): boolean {
  const cell = text.trim().toLowerCase();
  if (["", "0", "n", "no", "false", "nein", "open"].includes(cell)) return false;
  if (["1", "y", "yes", "true", "x", "ja", "blocked", "closed", "gesperrt"].includes(cell)) return true;
  throw new Error(`'${text}' is neither yes nor no`);
}
