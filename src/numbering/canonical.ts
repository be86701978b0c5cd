import { LRUCache } from "lru-cache";
import { classOf, describe, isPossible, type Plan, parsed, planOf } from "./plan.ts";
import { type ShortNumbers, shortNumbersOf } from "./short.ts";
import type { NumberClass, Site } from "./site-schema.ts";

/**
 * What was dialled at a site → the one number that is meant: E.164 with + for the world, extensions, short numbers and names
 * as they are. Rules, users and numbers are looked up by it.
 */

/** A site with what follows from it. */
export interface Place {
  site: Site;
  plan: Plan;
  short: ShortNumbers;
  /** What was dialled lately, and meant. */
  memory: LRUCache<string, string>;
}

/** @throws Error for a country without a dial plan */
export const placeOf = (site: Site): Place => ({
  site,
  plan: planOf(site.country),
  short: shortNumbersOf(site.country, site.emergency),
  memory: new LRUCache({ max: 10_000 }),
});

const allDigits = /^[0-9]+$/;
const world = /^\+[0-9]+$/;

/** An emergency number, also behind the outside prefix or the country's code; undefined: it is none. Pure. */
export function emergencyIn({ site, plan, short }: Place, dialled: string): string | undefined {
  if (dialled.length > 12) return undefined;
  if (short.isEmergency(dialled)) return dialled;
  for (const prefix of [site.outside_prefix, `+${plan.callingCode}`]) {
    if (prefix === undefined || !dialled.startsWith(prefix)) continue;
    const rest = dialled.slice(prefix.length);
    if (short.isEmergency(rest)) return rest;
  }
  return undefined;
}

/** `+49 (0)711…`, as people write it. In Italy the 0 belongs to the number: the library knows. */
function withoutTrunk(number: string, { country }: Plan): string {
  if (!/^\+[0-9]{1,3}0/.test(number)) return number;
  const shorter = parsed(number, country);
  return shorter !== undefined && parsed(shorter, country) === shorter ? shorter : number;
}

/** A number as it is dialled on a public line of the place. Pure. */
export function outside(place: Place, dialled: string): string {
  const meant = onPublicLine(place, dialled);
  // So that what is meant stays what it is when it is understood again.
  return world.test(meant) ? withoutTrunk(meant, place.plan) : meant;
}

function onPublicLine(place: Place, dialled: string): string {
  const { site, plan, short } = place;
  if (!allDigits.test(dialled) || short.isEmergency(dialled)) return dialled;
  const { idd, trunk, callingCode } = plan;
  const local = site.area_code === undefined ? undefined : `+${callingCode}${site.area_code}${dialled}`;
  // Numbers in an area begin with neither 0 nor 1; many a short number that does is for text messages only.
  if (short.isShort(dialled) && (dialled.startsWith("1") || !local || !isPossible(local))) return dialled;
  if (idd !== undefined && dialled.startsWith(idd) && dialled.length > idd.length)
    return `+${dialled.slice(idd.length)}`;
  const inArea = () => local !== undefined && isPossible(local);
  if (idd === undefined || trunk === undefined)
    return local && /^[2-9]/.test(dialled) && inArea() ? local : (parsed(dialled, site.country) ?? dialled);
  if (trunk !== "" && dialled.startsWith(trunk) && dialled.length > trunk.length)
    return `+${callingCode}${dialled.slice(trunk.length)}`;
  if (local && inArea()) return local;
  const national = `+${callingCode}${dialled}`;
  return isPossible(national) ? national : dialled;
}

/** Where nothing else says so: is it an extension? Numbers that begin as those outside do are none. */
function isExtension({ site, plan }: Place, dialled: string): boolean {
  if (site.outside_prefix !== undefined) return !dialled.startsWith(site.outside_prefix);
  const { trunk } = plan;
  return (
    dialled.length <= site.extension_length &&
    !(trunk !== undefined && trunk !== "" && dialled.length > 4 && dialled.startsWith(trunk))
  );
}

/** Pure. @param dialled without separators and escapes (call/number.ts) */
function canonical(place: Place, dialled: string): string {
  const emergency = emergencyIn(place, dialled);
  if (emergency !== undefined) return emergency;
  const isNumber = world.test(dialled);
  if (!isNumber && (!allDigits.test(dialled) || isExtension(place, dialled))) return dialled;
  const prefix = isNumber ? "" : (place.site.outside_prefix ?? "");
  const meant = outside(place, dialled.slice(prefix.length));
  // 0110 and +49110 are the same number.
  return world.test(meant) ? (emergencyIn(place, meant) ?? meant) : meant;
}

/** The same for the same number at the same place, which is asked for again and again. */
function remembered({ memory }: Place, key: string, work: () => string): string {
  const known = memory.get(key);
  if (known !== undefined) return known;
  const result = work();
  memory.set(key, result);
  return result;
}

/** The number that is meant by what was dialled at a place. Pure. @param dialled as call/number.ts leaves it */
export const calledAt = (place: Place, dialled: string): string =>
  remembered(place, dialled, () => canonical(place, dialled));

/** The number of a caller as the place would show it: nobody dialled it, so no outside prefix stands before it. Pure. */
export function callerAt(place: Place, number: string): string {
  if (!allDigits.test(number)) return number;
  if (number.length <= place.site.extension_length) return number;
  return remembered(place, `from ${number}`, () => outside(place, number));
}

export interface Kind {
  class: NumberClass;
  /** Of numbers outside: undefined when it belongs to none, or to several. */
  country: string | undefined;
}

/** What kind of number it is. Pure. @param number canonical */
export function kindOf(place: Place, number: string): Kind {
  const { site, plan, short } = place;
  const home = { country: site.country };
  if (short.isEmergency(number)) return { class: "emergency", ...home };
  if (world.test(number))
    return { class: classOf(number, plan, site.area_code), country: describe(number).country };
  if (!/^[0-9*#]+$/.test(number)) return { class: "name", country: undefined };
  const { length } = number;
  const isShort =
    length !== site.extension_length &&
    (length > site.extension_length || length === 3) &&
    short.isShort(number);
  return isShort ? { class: "short", ...home } : { class: "extension", country: undefined };
}
