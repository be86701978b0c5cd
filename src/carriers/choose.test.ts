import { expect, it } from "vitest";
import { type Contender, choose, noWorld, type Standing, type Wish } from "./choose.ts";
import { compile } from "./price-book.ts";
import { forever, tableOf } from "./price-table.ts";

const terms = { fee: 0, first: 1, next: 1, minimum: 0, from: 0, to: forever, band: 0, blocked: false };
type Row = [prefix: string, perMinute: number, more?: Partial<typeof terms>];
const bookOf = (sheets: Record<string, Row[]>, currencies: Record<string, string> = {}) =>
  compile(
    Object.entries(sheets).map(([carrier, rows]) => ({
      revision: { carrier, digest: carrier, from: 0, until: Number.POSITIVE_INFINITY },
      table: tableOf(
        { currency: currencies[carrier] ?? "EUR", zone: "UTC", bands: [] },
        rows.map(([prefix, perMinute, more]) => ({
          prefix,
          perMinute,
          terms: { ...terms, ...more },
          name: "",
        })),
      ),
    })),
  );
const wish: Wish = { digits: "4930123", now: 1_000_000, emergency: false, seconds: 180 };
const well: Standing = { calls: 0, lastSecond: 0, answeredPercent: undefined, health: "well" };
const abc: Contender[] = [{ name: "a" }, { name: "b" }, { name: "c" }];

function chosen(
  book: ReturnType<typeof bookOf>,
  more: {
    contenders?: Contender[];
    wish?: Partial<Wish>;
    standing?: Record<string, Partial<Standing>>;
    rates?: [string, number][];
  } = {},
) {
  const { chosen: found, passedOver } = choose(
    more.contenders ?? abc,
    { ...wish, ...more.wish },
    {
      ...noWorld,
      book,
      rates: new Map(more.rates),
      standing: (name) => ({ ...well, ...more.standing?.[name] }),
    },
  );
  return [found.map(({ carrier }) => carrier).join(""), passedOver.map(({ carrier }) => carrier).join("")];
}

const prices = bookOf({
  a: [["49", 20_000]],
  b: [["49", 10_000]],
  c: [
    ["49", 30_000],
    ["4930", 5000],
  ],
});

it("asks the cheapest first, by the longest prefix", () => {
  expect(chosen(prices)).toEqual(["cba", ""]);
  expect(chosen(prices, { wish: { digits: "4940" } })).toEqual(["bac", ""]);
});

it("compares what a call costs, with connection and increments", () => {
  const book = bookOf({
    a: [["49", 10_000, { fee: 50_000 }]],
    b: [["49", 12_000, { first: 60, next: 60 }]],
    c: [["49", 14_000]],
  });
  expect(chosen(book)).toEqual(["bca", ""]);
  expect(chosen(book, { wish: { seconds: 61 } })).toEqual(["cba", ""]);
});

it("asks of equal ones the one with fewer calls, then by name", () => {
  const book = bookOf({ a: [["49", 1]], b: [["49", 1]], c: [["49", 1]] });
  expect(chosen(book, { standing: { a: { calls: 2 } } })).toEqual(["bca", ""]);
});

it("asks those of unknown price last, and not at all when the price has a limit", () => {
  const book = bookOf({ a: [["49", 1, { to: 10 }]], b: [["44", 1]], c: [["49", 1_000_000]] });
  expect(chosen(book)).toEqual(["cab", ""]);
  expect(chosen(book, { wish: { maxPerMinute: 1_000_000 } })).toEqual(["c", "ab"]);
  expect(chosen(book, { wish: { maxPerMinute: 999_999 } })).toEqual(["", "abc"]);
  expect(chosen(book, { wish: { digits: "" } })).toEqual(["abc", ""]);
});

it("compares currencies by their rates; without one a price is unknown", () => {
  const book = bookOf({ a: [["49", 10_000]], b: [["49", 11_000]] }, { b: "USD" });
  expect(
    chosen(book, {
      contenders: abc.slice(0, 2),
      rates: [
        ["EUR", 1_000_000],
        ["USD", 900_000],
      ],
    }),
  ).toEqual(["ba", ""]);
  expect(chosen(book, { contenders: abc.slice(0, 2), rates: [["USD", 900_000]] })).toEqual(["ba", ""]);
  expect(chosen(book, { contenders: abc.slice(0, 2) })).toEqual(["ab", ""]);
});

it("passes over who has no room, or takes no calls there", () => {
  const contenders = [
    { name: "a", limits: { calls: 2 } },
    { name: "b", limits: { calls_per_second: 5 } },
    { name: "c" },
  ];
  const standing = { a: { calls: 2 }, b: { lastSecond: 5 } };
  expect(chosen(prices, { contenders, standing })).toEqual(["c", "ab"]);
  expect(chosen(prices, { contenders, standing: { a: { calls: 1 }, b: { lastSecond: 4 } } })).toEqual([
    "cba",
    "",
  ]);
  expect(
    chosen(bookOf({ a: [["49", 1, { blocked: true }]], b: [["49", 2]] }), { contenders: abc.slice(0, 2) }),
  ).toEqual(["b", "a"]);
});

it("lets emergency calls pass over every limit", () => {
  const contenders = [{ name: "a", limits: { calls: 0, calls_per_second: 0 } }];
  expect(
    chosen(bookOf({ a: [["49", 9, { blocked: true }]] }), {
      contenders,
      wish: { emergency: true, maxPerMinute: 1 },
    }),
  ).toEqual(["a", ""]);
});

it("asks after the others who answers too few calls, is ill or dead", () => {
  const contenders = [{ name: "a" }, { name: "b", limits: { min_answered_percent: 40 } }, { name: "c" }];
  expect(
    chosen(prices, { contenders, standing: { b: { answeredPercent: 39 }, c: { health: "dead" } } }),
  ).toEqual(["abc", ""]);
  expect(
    chosen(prices, { contenders, standing: { b: { answeredPercent: 40 }, c: { health: "ill" } } }),
  ).toEqual(["bac", ""]);
});

it("leaves a call that is decided again where it is, whatever room there is", () => {
  const contenders = [{ name: "a" }, { name: "b" }, { name: "c", limits: { calls: 1, calls_per_second: 1 } }];
  const here = { c: { isHere: true, calls: 0, lastSecond: 1 } };
  expect(chosen(prices, { contenders, standing: here })[0]).toMatch(/^c/);
});
