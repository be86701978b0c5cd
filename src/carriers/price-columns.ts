/** Which column of a carrier's sheet is what: names that carriers use, in English and German. */

export const priceFields = [
  "prefix",
  "country_code",
  "area_code",
  "name",
  "price",
  "currency",
  "fee",
  "increments",
  "first",
  "next",
  "minimum",
  "from",
  "to",
  "days",
  "hours",
  "band",
  "blocked",
] as const;
export type PriceField = (typeof priceFields)[number];

/** Letters and digits only. The order counts: of two columns that could be one field, the one that is named first here is. */
const known: Record<PriceField, string[]> = {
  prefix: [
    "prefix",
    "prefixes",
    "dialcode",
    "dialcodes",
    "dialingcode",
    "dialprefix",
    "destinationcode",
    "destcode",
    "codes",
    "code",
    "vorwahl",
    "vorwahlen",
    "rufnummernbereich",
  ],
  country_code: ["countrycode", "cc", "landesvorwahl", "countrydialcode"],
  area_code: [
    "areacode",
    "areacodes",
    "citycode",
    "citycodes",
    "ndc",
    "ortsvorwahl",
    "breakout",
    "breakouts",
  ],
  name: [
    "destination",
    "destinationname",
    "description",
    "name",
    "network",
    "area",
    "country",
    "zone",
    "region",
    "ziel",
    "bezeichnung",
    "zielland",
    "land",
  ],
  price: [
    "priceperminute",
    "rateperminute",
    "pricemin",
    "ratemin",
    "permin",
    "perminute",
    "price",
    "rate",
    "newrate",
    "newprice",
    "currentrate",
    "cost",
    "tariff",
    "voicerate",
    "minutenpreis",
    "preisprominute",
    "preismin",
    "preis",
    "tarif",
  ],
  currency: ["currency", "ccy", "curr", "wahrung", "waehrung"],
  fee: [
    "connectionfee",
    "connectfee",
    "connectionprice",
    "connectioncharge",
    "setupfee",
    "setup",
    "callsetup",
    "callsetupfee",
    "connection",
    "verbindungsentgelt",
    "verbindungspreis",
    "einwahlgebuhr",
  ],
  increments: [
    "increments",
    "increment",
    "billingincrement",
    "billingincrements",
    "billing",
    "chargingincrement",
    "rounding",
    "interval",
    "takt",
    "taktung",
    "abrechnungstakt",
  ],
  first: [
    "firstincrement",
    "initialincrement",
    "firstinterval",
    "interval1",
    "initialperiod",
    "ersttakt",
    "increment1",
  ],
  next: [
    "nextincrement",
    "additionalincrement",
    "subsequentincrement",
    "nextinterval",
    "intervaln",
    "recurringincrement",
    "folgetakt",
    "increment2",
  ],
  minimum: [
    "minimum",
    "minimumduration",
    "minduration",
    "minimumtime",
    "mintime",
    "minimumseconds",
    "minimalduration",
    "mindestdauer",
  ],
  from: [
    "validfrom",
    "effectivedate",
    "effectivefrom",
    "effective",
    "startdate",
    "begindate",
    "from",
    "gultigab",
    "gueltigab",
  ],
  to: [
    "validto",
    "validuntil",
    "enddate",
    "expirydate",
    "expirationdate",
    "expires",
    "until",
    "gultigbis",
    "gueltigbis",
  ],
  days: ["days", "weekdays", "dayofweek", "wochentage", "tage"],
  hours: ["hours", "time", "timeofday", "timeband", "uhrzeit", "zeiten"],
  band: ["band", "period", "peak", "timeperiod", "zeitzone"],
  blocked: ["blocked", "closed", "barred", "gesperrt"],
};

/** `Preis (EUR/Min.)` → `preis`. Pure. */
const plain = (header: string): string =>
  header
    .replace(/\([^)]*\)|\[[^\]]*\]/g, "")
    .replace(/\b(usd|eur|gbp|chf|cny|pln)\b|[$€£]/gi, "")
    .normalize("NFD")
    .toLowerCase()
    .replace(/[^a-z0-9]/g, "");

/** ISO 4217 code that a header names, or its symbol. Pure. */
export function currencyIn(header: string): string | undefined {
  const code = /\b(USD|EUR|GBP|CHF|CNY|PLN|CZK|DKK|SEK|NOK|HUF|RON|TRY|JPY|AUD|CAD)\b/i.exec(header)?.[1];
  if (code) return code.toUpperCase();
  return header.includes("€")
    ? "EUR"
    : header.includes("$")
      ? "USD"
      : header.includes("£")
        ? "GBP"
        : undefined;
}

export interface Columns {
  /** Field → place in a line. */
  at: ReadonlyMap<PriceField, number>;
  headers: readonly string[];
  /** That the price's header says. */
  currency: string | undefined;
}

/**
 * Reads a line as the head of a sheet; undefined when it is none: it lacks a prefix or a price. Pure.
 * @param named what the person who imports said of columns: field → header
 */
export function columnsOf(
  cells: readonly string[],
  named: Partial<Record<PriceField, string>> = {},
): Columns | undefined {
  const plainCells = cells.map(plain);
  const at = new Map<PriceField, number>();
  for (const field of priceFields) {
    const wanted = named[field];
    const index =
      wanted === undefined
        ? known[field].map((name) => plainCells.indexOf(name)).find((found) => found >= 0)
        : cells.findIndex((cell) => cell.trim().toLowerCase() === wanted.trim().toLowerCase());
    if (wanted !== undefined && (index === undefined || index < 0)) return undefined;
    if (index !== undefined && ![...at.values()].includes(index)) at.set(field, index);
  }
  const hasPrefix = at.has("prefix") || at.has("country_code");
  if (!hasPrefix || !at.has("price")) return undefined;
  return { at, headers: cells, currency: currencyIn(cells[at.get("price") ?? 0] ?? "") };
}
