import { createRequire } from "node:module";
import type * as Core from "libphonenumber-js/core";
import type { CountryCode, MetadataJson, NumberType, PhoneNumber } from "libphonenumber-js/core";
import { LRUCache } from "lru-cache";
import type { NumberClass } from "./site-schema.ts";

/**
 * The one place that knows the library of the world's dial plans (libphonenumber-js with its large metadata: the small
 * ones do not tell mobile and premium numbers). It takes a tenth of a second to load, so it is loaded by the first site.
 */

interface Loaded {
  core: typeof Core;
  metadata: MetadataJson;
}
let loaded: Loaded | undefined;
function library(): Loaded {
  const require = createRequire(import.meta.url);
  loaded ??= {
    core: require("libphonenumber-js/core") as typeof Core,
    metadata: require("libphonenumber-js/metadata.max.json") as MetadataJson,
  };
  return loaded;
}

const parse = (text: string, country?: CountryCode): PhoneNumber | undefined => {
  const { core, metadata } = library();
  return country === undefined
    ? core.parsePhoneNumberFromString(text, metadata)
    : core.parsePhoneNumberFromString(text, country, metadata);
};

/** How numbers are dialled in a country. */
export interface Plan {
  country: string;
  /** Without +. */
  callingCode: string;
  /** What is dialled before a country's code; undefined: not that simple, ask the library. */
  idd: string | undefined;
  /** What is dialled before an area's code; empty: nothing; undefined: not that simple. */
  trunk: string | undefined;
}

/** The few of the library's metadata that its types do not show. */
interface Hidden {
  selectNumberingPlan(country: string): void;
  countryCallingCode(): string;
  IDDPrefix(): string | undefined;
  nationalPrefixForParsing(): string | undefined;
  nationalPrefixTransformRule(): string | undefined;
}

const plain = /^[0-9]*$/;

export function isCountry(country: string): country is CountryCode {
  const { core, metadata } = library();
  return core.isSupportedCountry(country as CountryCode, metadata);
}

const plans = new Map<string, Plan>();

/** Pure. @throws Error for a country that the library does not know */
export function planOf(country: string): Plan {
  const known = plans.get(country) ?? readPlan(country);
  plans.set(country, known);
  return known;
}

function readPlan(country: string): Plan {
  const { core, metadata } = library();
  const numbering = new core.Metadata(metadata) as unknown as Hidden;
  numbering.selectNumberingPlan(country);
  const idd = numbering.IDDPrefix() ?? "";
  const trunk = numbering.nationalPrefixForParsing() ?? "";
  const simple = plain.test(trunk) && !numbering.nationalPrefixTransformRule();
  return {
    country,
    callingCode: numbering.countryCallingCode(),
    idd: idd !== "" && plain.test(idd) ? idd : undefined,
    trunk: simple ? trunk : undefined,
  };
}

/** A number as dialled on a line of the country, in E.164 with +; undefined: it can be none. About 20 µs. Pure. */
export function parsed(dialled: string, country: string): string | undefined {
  if (!isCountry(country)) return undefined;
  const number = parse(dialled, country);
  return number?.isPossible() ? number.number : undefined;
}

/** Can it be a whole number, by its length? Pure. @param number E.164 with + */
export const isPossible = (number: string): boolean => parse(number)?.isPossible() ?? false;

export interface Described {
  /** Undefined: no country's, or one of several. */
  country: string | undefined;
  type: NumberType;
  callingCode: string;
}

const described = new LRUCache<string, Described>({ max: 20_000 });
const nothing: Described = { country: undefined, type: undefined, callingCode: "" };

/** What the library knows of a number; remembered, as it takes 20 µs. Pure. @param number E.164 with + */
export function describe(number: string): Described {
  const known = described.get(number);
  if (known) return known;
  const found = parse(number);
  const description = found
    ? { country: found.country, type: found.getType(), callingCode: found.countryCallingCode as string }
    : nothing;
  described.set(number, description);
  return description;
}

const special: Partial<Record<NonNullable<NumberType>, NumberClass>> = {
  PREMIUM_RATE: "premium",
  TOLL_FREE: "free",
  SHARED_COST: "shared",
  UAN: "shared",
  MOBILE: "mobile",
};

/** Which kind of number outside it is, seen from a country and an area. Premium numbers abroad are premium. Pure. */
export function classOf(
  number: string,
  { country, callingCode }: Plan,
  area: string | undefined,
): NumberClass {
  const found = describe(number);
  const kind = found.type && special[found.type];
  const home = found.country === undefined ? number.startsWith(`+${callingCode}`) : found.country === country;
  if (!home) {
    const anywhere = found.callingCode !== "" && found.country === undefined;
    return kind === "premium" || (anywhere && kind === "free") ? kind : "international";
  }
  if (kind) return kind;
  return area !== undefined && number.startsWith(`+${callingCode}${area}`) ? "local" : "national";
}

/** The code of the country, or of the countries that share it, without +; empty: none. Pure. @param number E.164 with + */
export const callingCodeOf = (number: string): string => describe(number).callingCode;
