import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, expect, it } from "vitest";
import { prefixesBetween, prefixesOf } from "./price-cells.ts";
import { readSheet, type SheetResult, type SheetSettings } from "./price-sheet.ts";
import { forever, rowsOf } from "./price-table.ts";
import { bandOf, instantIn, minuteOfWeek } from "./time-bands.ts";

const settings: SheetSettings = {
  zone: "Europe/Berlin",
  bands: {},
  columns: {},
  increments: { first: 1, next: 1 },
};
let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "dialtone-sheet-"));
});
afterEach(() => rm(directory, { recursive: true }));

async function read(text: string, more: Partial<SheetSettings> = {}): Promise<SheetResult> {
  const file = join(directory, "sheet.csv");
  await writeFile(file, text);
  return readSheet(file, { ...settings, ...more });
}
const rows = (result: SheetResult) =>
  "table" in result ? [...rowsOf(result.table)].map(({ prefix, perMinute }) => [prefix, perMinute]) : result;

it.each<[string, string, Partial<SheetSettings>]>([
  ["commas", 'Destination,Code,"Rate (USD)"\nGermany,49,0.01\nMobile,"4915,4916-4917",0.02\n', {}],
  [
    "semicolons and decimal commas",
    "Ziel;Vorwahl;Preis (USD/Min.)\nDE;+49;0,01\nMobil;004915-004917;0,02\n",
    {},
  ],
  [
    "tabs, titles before the head",
    "Wholesale rates\t\t\nValid 2026\t\t\nPrefix\tName\tPrice\n49\tDE\t0.01\n4915,4916,4917\tM\t0.02\n",
    { currency: "USD" },
  ],
  [
    "a country's code in a column of its own",
    "Country Code,Area Code,Rate,Currency\n49,,0.01,USD\n49,15-17,$0.02,USD\n",
    {},
  ],
  [
    "columns that were named",
    "Wohin|Was\n49|0.01\n4915-4917|0.02",
    { currency: "USD", columns: { prefix: "wohin", price: "Was" } },
  ],
  [
    "a byte order mark and notes behind",
    "\ufeffprefix,price,ccy\r\n49,0.01,USD\r\n4915-4917,0.02,USD\r\n,,\r\n,,some note\r\n".replace(
      "some note",
      "",
    ),
    {},
  ],
])("reads a sheet with %s", async (_, text, more) => {
  const result = await read(text, more);
  expect(rows(result)).toEqual([
    ["49", 10_000],
    ["4915", 20_000],
    ["4916", 20_000],
    ["4917", 20_000],
  ]);
  expect("table" in result && result.table.meta.currency).toBe("USD");
});

it("reads increments, fees, dates and bands", async () => {
  const result = await read(
    "Prefix;Price;Increment;Connection fee;Minimum;Effective Date;End date;Days;Hours\n" +
      "49;0,01;60/1;0,05;30;01.12.2026;2027-01-01 08:00;Mon-Fri;08:00-18:00\n49;0,005;1/1;;;;;;\n",
    { currency: "EUR" },
  );
  if (!("table" in result)) throw new Error(JSON.stringify(result));
  expect([...rowsOf(result.table)].map((row) => row.terms)).toEqual([
    { fee: 0, first: 1, next: 1, minimum: 0, from: 0, to: forever, band: 0, blocked: false },
    {
      fee: 50_000,
      first: 60,
      next: 1,
      minimum: 30,
      from: Date.parse("2026-12-01T00:00:00+01:00") / 1000,
      to: Date.parse("2027-01-01T08:00:00+01:00") / 1000,
      band: 1,
      blocked: false,
    },
  ]);
  expect(result.table.meta.bands).toMatchObject([
    { spans: Array.from({ length: 5 }, (_, day) => [day * 1440 + 480, day * 1440 + 1080]) },
  ]);
});

it("says every fault by line and column", async () => {
  const result = await read(
    "Name,Prefix,Price,Effective\nA,49,0.01,2026-01-01\nB,4a,x,2026-02-30\nC,,0.1,\nD,01,,03/04/2026\nE,49,0.02,2026-01-01\nF,4.9E+11,1,\n",
    { currency: "EUR" },
  );
  if (!("errors" in result)) throw new Error("was taken");
  expect(
    result.errors.map(({ line, column, header, message }) => `${line}:${column} ${header}: ${message}`),
  ).toEqual([
    "3:2 Prefix: '4a' is no prefix of digits",
    "3:3 Price: 'x' is no price such as 0.0123",
    "3:4 Effective: '2026-02-30' is no date",
    "4:2 Prefix: is empty",
    "5:2 Prefix: '01' begins with 0: prefixes are those of E.164, with the country's code",
    "5:3 Price: is empty",
    "5:4 Effective: '03/04/2026': say whether the day or the month comes first (dates dmy or mdy)",
    "7:2 Prefix: '4.9E+11' was made a number by a spreadsheet: format the column as text",
    "6:3 Price: prefix 49 has another price in line 2",
  ]);
});

it.each([
  ["nothing", ""],
  ["no head", "49,0.01\n"],
  ["no currency", "prefix,price\n49,0.01\n"],
  ["two currencies", "prefix,price,currency\n49,0.01,EUR\n44,0.01,USD\n"],
  ["a band that nobody knows", "prefix,price,band,currency\n49,0.01,golden,EUR\n"],
  ["no prices", "prefix,price,currency\n"],
])("refuses a sheet with %s", async (_, text) => expect(await read(text)).toHaveProperty("errors"));

it("makes the same numbers of a range, in as few prefixes as there can be", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1000, max: 9999 }), fc.integer({ min: 0, max: 500 }), (from, more) => {
      const to = Math.min(9999, from + more);
      const prefixes = prefixesBetween(String(from), String(to));
      const covered = prefixes.flatMap((prefix) =>
        Array.from(
          { length: 10 ** (4 - prefix.length) },
          (_, index) => Number(prefix.padEnd(4, "0")) + index,
        ),
      );
      expect(covered).toEqual(Array.from({ length: to - from + 1 }, (_, index) => from + index));
    }),
  );
  expect(prefixesOf("4910-4929, 493000-493999")).toEqual(["491", "492", "493"]);
});

it("knows the times of the week on a zone's clocks, over the change to summer time", () => {
  const at = (text: string) => minuteOfWeek("Europe/Berlin", Date.parse(text));
  expect(at("2026-03-29T00:59:00Z")).toBe(6 * 1440 + 119);
  expect(at("2026-03-29T01:00:00Z")).toBe(6 * 1440 + 180);
  expect(at("2026-11-30T07:00:00Z")).toBe(480);
  expect(bandOf("sun 22:00-06:00; mon")).toEqual([
    [6 * 1440 + 1320, 10080],
    [0, 360],
    [0, 1440],
  ]);
  expect(new Date(instantIn("Europe/Berlin", Date.UTC(2026, 6, 1))).toISOString()).toBe(
    "2026-06-30T22:00:00.000Z",
  );
  expect(new Date(instantIn("America/New_York", Date.UTC(2026, 0, 1))).toISOString()).toBe(
    "2026-01-01T05:00:00.000Z",
  );
});
