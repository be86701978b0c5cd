import fc from "fast-check";
import { expect, it } from "vitest";
import { compile, nameOf, type Price, pricesOf } from "./price-book.ts";
import {
  bytesOf,
  digestOf,
  forever,
  type PriceRow,
  rowsOf,
  type TableMeta,
  tableIn,
  tableOf,
} from "./price-table.ts";
import { inSpans, minuteOfWeek } from "./time-bands.ts";

const meta: TableMeta = {
  currency: "EUR",
  zone: "Europe/Berlin",
  bands: [
    { name: "peak", spans: [[480, 1080]] },
    { name: "late", spans: [[1080, 10080]] },
  ],
};
const terms = { fee: 0, first: 1, next: 1, minimum: 0, from: 0, to: forever, band: 0, blocked: false };
const row = (prefix: string, perMinute: number, more: Partial<typeof terms> = {}): PriceRow => ({
  prefix,
  perMinute,
  terms: { ...terms, ...more },
  name: `to ${prefix}`,
});
const revision = (carrier: string, from = 0, until = Number.POSITIVE_INFINITY) => ({
  carrier,
  digest: `${carrier}${from}`,
  from,
  until,
});

/** As the rule is said in docs/prices.md, without any index. */
function naive(
  carrier: string,
  rows: PriceRow[],
  digits: string,
  now: number,
): Pick<Price, "carrier" | "state" | "prefix" | "perMinute"> | undefined {
  const second = Math.floor(now / 1000);
  for (let length = digits.length; length > 0; length--) {
    const begun = rows.filter(
      ({ prefix, terms: t }) => prefix === digits.slice(0, length) && t.from <= second,
    );
    if (begun.length === 0) continue;
    const lasting = begun.filter(({ terms: t }) => t.to > second);
    const minute = minuteOfWeek(meta.zone, now);
    const holding = lasting.filter(
      ({ terms: t }) => t.band === 0 || inSpans(meta.bands[t.band - 1]?.spans ?? [], minute),
    );
    const [best] = holding.toSorted(
      (a, b) => b.terms.from - a.terms.from || Number(b.terms.band > 0) - Number(a.terms.band > 0),
    );
    const state = best ? (best.terms.blocked ? "blocked" : "known") : lasting.length > 0 ? "gap" : "expired";
    return { carrier, state, prefix: digits.slice(0, length), perMinute: best?.perMinute ?? -1 };
  }
  return undefined;
}

const digits = (maxLength: number) =>
  fc.array(fc.constantFrom("1", "2", "0"), { minLength: 1, maxLength }).map((all) => `1${all.join("")}`);
const anyRow = fc
  .record({
    prefix: digits(5),
    perMinute: fc.integer({ min: 0, max: 0xffff_ffff }),
    from: fc.constantFrom(0, 100, 200),
    to: fc.constantFrom(150, 250, forever),
    band: fc.constantFrom(0, 0, 1, 2),
    blocked: fc.boolean(),
  })
  .filter(({ from, to }) => from < to)
  .map(({ prefix, perMinute, ...more }) => row(prefix, perMinute, more));
const sheets = fc.uniqueArray(anyRow, {
  maxLength: 40,
  selector: ({ prefix, terms: t }) => `${prefix} ${t.from} ${t.band > 0}`,
});

it("finds what a search through all prices finds", () => {
  fc.assert(
    fc.property(
      fc.array(sheets, { maxLength: 4 }),
      digits(7),
      fc.constantFrom(0, 120, 170, 260, 90_000),
      (all, number, second) => {
        const book = compile(
          all.map((rows, index) => ({ revision: revision(`c${index}`), table: tableOf(meta, rows) })),
        );
        const expected = all.flatMap((rows, index) => naive(`c${index}`, rows, number, second * 1000) ?? []);
        const found = pricesOf(book, number, second * 1000)
          .map(({ carrier, state, prefix, perMinute }) => ({
            carrier,
            state,
            prefix,
            perMinute: state === "known" || state === "blocked" ? perMinute : -1,
          }))
          .sort((a, b) => (a.carrier < b.carrier ? -1 : 1));
        expect(found).toEqual(expected);
      },
    ),
    { numRuns: 500 },
  );
});

it("keeps a table's rows through bytes, and names them by content", () => {
  fc.assert(
    fc.property(sheets, (rows) => {
      const bytes = bytesOf(tableOf(meta, rows));
      const back = tableIn(bytes);
      expect(back.meta).toEqual(meta);
      expect([...rowsOf(back)].map((one) => JSON.stringify(one)).sort()).toEqual(
        rows.map((one) => JSON.stringify(one)).sort(),
      );
      expect(digestOf(bytesOf(tableOf(meta, rows.toReversed())))).toHaveLength(32);
    }),
    { numRuns: 100 },
  );
});

it("takes the revision that is in force, and says what a price is for", () => {
  const book = compile([
    { revision: revision("a", 0, 1000), table: tableOf(meta, [row("49", 5)]) },
    {
      revision: revision("a", 1000),
      table: tableOf({ ...meta, currency: "USD" }, [row("49", 6), row("4915", 7)]),
    },
    { revision: revision("b", 5000), table: tableOf(meta, [row("49", 1)]) },
  ]);
  expect(pricesOf(book, "4915123", 999)).toMatchObject([{ carrier: "a", perMinute: 5, currency: "EUR" }]);
  const later = pricesOf(book, "4915123", 1000);
  expect(later).toMatchObject([
    { carrier: "a", perMinute: 7, prefix: "4915", currency: "USD", digest: "a1000" },
  ]);
  expect(later.map((price) => nameOf(book, price))).toEqual(["to 4915"]);
  expect(pricesOf(book, "4915123", 5000).map(({ carrier }) => carrier)).toEqual(["a", "b"]);
  expect(pricesOf(book, "331", 5000)).toEqual([]);
});
