import { writeFileSync } from "node:fs";
import { join } from "node:path";
import phone from "google-libphonenumber";

/**
 * Writes src/numbering/short-numbers.json: the short numbers of each country, and which of them are for emergencies, as
 * google-libphonenumber (development only) knows them. Run it when that package has a new version:
 *
 *     node_modules/.bin/node scripts/short-numbers.ts       (a minute or two)
 *
 * "118xx" stands for all numbers that begin with 118 and have five digits. Numbers of up to five digits are looked at, and
 * those of six that begin with 116 (harmonised in Europe).
 */
const util = phone.PhoneNumberUtil.getInstance();
const regions = [...util.getSupportedRegions()].sort();
const short = phone.ShortNumberInfo.getInstance();

interface Patterns {
  emergency: string[];
  short: string[];
}

/** The numbers below `prefix` with `length` digits of which `holds`; whole tens as one pattern. */
function patterns(prefix: string, length: number, holds: (number: string) => boolean): string[] {
  if (prefix.length === length) return holds(prefix) ? [prefix] : [];
  const below = Array.from({ length: 10 }, (_, digit) => patterns(`${prefix}${digit}`, length, holds));
  const whole = `x`.repeat(length - prefix.length);
  const all = below.every(
    (found, digit) => found.length === 1 && found[0] === `${prefix}${digit}${whole.slice(1)}`,
  );
  return all ? [`${prefix}${whole}`] : below.flat();
}

function of(region: (typeof regions)[number]): Patterns {
  const code = util.getCountryCodeForRegion(region);
  const one = new phone.PhoneNumber();
  const isShort = (number: string): boolean => {
    one.setCountryCode(code);
    one.setNationalNumber(Number(number));
    one.setItalianLeadingZero(number.startsWith("0"));
    return !number.startsWith("0") && short.isValidShortNumberForRegion(one, region);
  };
  const isEmergency = (number: string): boolean => short.isEmergencyNumber(number, region);
  const wide = [2, 3, 4, 5];
  const emergency = wide.flatMap((length) => patterns("", length, isEmergency));
  const known = new Set(emergency);
  const others = [...wide.flatMap((length) => patterns("", length, isShort)), ...patterns("116", 6, isShort)];
  return { emergency, short: others.filter((pattern) => !known.has(pattern)) };
}

const lines = regions.map((region) => `  ${JSON.stringify(region)}: ${JSON.stringify(of(region))}`);
const file = join(import.meta.dirname, "..", "src", "numbering", "short-numbers.json");
writeFileSync(file, `{\n${lines.join(",\n")}\n}\n`);
