import { readFileSync } from "node:fs";

/**
 * Short and emergency numbers of each country. short-numbers.json is written by scripts/short-numbers.ts from Google's
 * libphonenumber (version in package.json); what it does not know of a place stands in the site's own `emergency`.
 */

interface Patterns {
  emergency: readonly string[];
  short: readonly string[];
}

export interface ShortNumbers {
  isEmergency(number: string): boolean;
  /** One that has no area and no country: 115, 118xx. Emergency numbers too. */
  isShort(number: string): boolean;
}

let all: Record<string, Patterns> | undefined;

const testOf = (patterns: readonly string[]): ((number: string) => boolean) => {
  if (patterns.length === 0) return () => false;
  const one = new RegExp(`^(?:${patterns.map((pattern) => pattern.replaceAll("x", "[0-9]")).join("|")})$`);
  return (number) => one.test(number);
};

/** Where a country is not known: what every mobile telephone takes for an emergency (3GPP TS 22.101, 10.1). */
const everywhere: Patterns = { emergency: ["112", "911"], short: [] };

/** @param more emergency numbers of the place */
export function shortNumbersOf(country: string, more: readonly string[]): ShortNumbers {
  all ??= JSON.parse(readFileSync(new URL("./short-numbers.json", import.meta.url), "utf8")) as Record<
    string,
    Patterns
  >;
  const patterns = all[country] ?? everywhere;
  const own = new Set(more);
  const emergency = testOf(patterns.emergency);
  const isEmergency = (number: string) => own.has(number) || emergency(number);
  const short = testOf(patterns.short);
  return { isEmergency, isShort: (number) => isEmergency(number) || short(number) };
}
