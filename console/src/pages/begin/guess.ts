/** What the first steps propose, so that there is little to type. All pure. */

/** Is it how the code is written today? DD is DE since 1990, and browsers know both. */
const isNow = (code: string): boolean => Intl.getCanonicalLocales(`und-${code}`)[0] === `und-${code}`;

/** Two capital letters of each country that the browser knows. */
function countries(): string[] {
  const letters = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ"];
  const names = new Intl.DisplayNames("en", { type: "region", fallback: "none" });
  return letters.flatMap((first) =>
    letters.map((second) => first + second).filter((code) => names.of(code) !== undefined && isNow(code)),
  );
}

/** Countries as people call them, by name. */
export function countryChoices(language: string): { value: string; label: string }[] {
  const names = new Intl.DisplayNames(language, { type: "region" });
  const others = new Set(["EU", "EZ", "UN", "QO", "XA", "XB", "ZZ"]); // regions, and what stands for none
  return countries()
    .filter((code) => !others.has(code))
    .map((value) => ({ value, label: `${names.of(value) ?? value} (${value})` }))
    .toSorted((a, b) => a.label.localeCompare(b.label, language));
}

/** `getTimeZones` is newer than what TypeScript knows, and than some browsers. */
type Zoned = Intl.Locale & { getTimeZones?: () => string[] };

/**
 * The country in which a time zone is, where the browser's languages leave it open.
 * @param zone of the IANA list @param languages the browser's, the dearest first
 */
export function countryOf(zone: string, languages: readonly string[]): string | undefined {
  const regions = languages
    .map((tag) => new Intl.Locale(tag).region)
    .filter((region) => region !== undefined && /^[A-Z]{2}$/.test(region)) as string[];
  const has = (country: string) =>
    (new Intl.Locale("und", { region: country }) as Zoned).getTimeZones?.()?.includes(zone) ?? false;
  // Many an English browser says US or GB wherever it is: a clock is set more carefully than a language.
  return regions.find(has) ?? countries().find(has) ?? regions[0];
}

/** `Europe/Berlin` → `berlin`: a name for the place. */
export const placeOf = (zone: string): string =>
  (zone.split("/").at(-1) ?? "")
    .toLowerCase()
    .replaceAll("_", "-")
    .replace(/[^a-z0-9-]/g, "") || "office";

/** How many of a block's last digits differ: those make the extensions. `+49711900`–`+49711999` → 2. */
export function differingDigits(first: string, last: string): number {
  if (first.length !== last.length) return 0;
  const same = [...first].findIndex((digit, at) => digit !== last[at]);
  return same === -1 ? 0 : first.length - same;
}

/** What the last digits of a block's numbers can be called by: one digit alone is too easily dialled by mistake. */
export const extensionDigits = (first: string, last: string): number => {
  const differ = differingDigits(first, last);
  return differ === 0 ? 0 : Math.max(2, differ);
};

/** Nobody is to be called so: they are emergency numbers somewhere. */
const emergency = new Set(["000", "110", "111", "112", "113", "117", "118", "119", "911", "999"]);

/**
 * Names for the telephones of the first people: extensions of the block, else 1001 and on.
 * @param taken are not proposed
 */
export function extensionsFor(
  block: { first: string; last: string; digits: number } | undefined,
  count: number,
  taken: ReadonlySet<string>,
): string[] {
  const width = block?.digits ?? 4;
  const start = block ? Number(block.first.slice(-width)) : 1001;
  const end = block ? Number(block.last.slice(-width)) : 9999;
  const found: string[] = [];
  for (let next = start; found.length < count && next <= end; next++) {
    const name = String(next).padStart(width, "0");
    if (!taken.has(name) && !emergency.has(name)) found.push(name);
  }
  return found;
}

export const passwordLength = 20;

/** Without characters that look like others: it is typed into telephones. 100 bits. @param random as many bytes */
export function newPassword(random: Uint8Array): string {
  const alphabet = "abcdefghijkmnpqrstuvwxyz23456789"; // 32 of them: no remainder that favours some
  const letters = [...random].map((value) => alphabet[value % alphabet.length]);
  return letters.join("").replace(/(.{5})(?=.)/g, "$1-");
}

/** `sip.carrier.example:5080` as an address of a carrier; the API tells what is wrong with it. */
export function addressOf(text: string): { host: string; port?: number } {
  const [, host = text.trim(), port] = /^\s*([^:\s]+)(?::(\d{1,5}))?\s*$/.exec(text) ?? [];
  return { host: host.toLowerCase(), ...(port !== undefined && { port: Number(port) }) };
}

/** `sip.carrier.example` → `carrier`: a name for it. */
export function carrierNameOf(address: string): string {
  const labels = addressOf(address).host.split(".");
  if (labels.length < 2 || labels.every((label) => /^\d*$/.test(label))) return "carrier";
  return (labels.at(-2) ?? "").replace(/[^a-z0-9-]/g, "") || "carrier";
}

/** How carriers want numbers. */
export const numberForms = ["{number}", "00{digits}", "{digits}"] as const;

/** The rules that lead calls outside: emergency calls before all, then those of one's own people. */
export const rulesOutside = {
  emergency: {
    match: { number_class: ["emergency"] },
    priority: 1000,
    action: { type: "route", targets: [{ type: "carriers" }] },
  },
  outside: {
    match: { prefix: "+", authenticated: true },
    action: { type: "route", targets: [{ type: "carriers" }] },
  },
} as const;
