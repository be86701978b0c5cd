import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { CsvError, parse } from "csv-parse";
import { parse as parseNow } from "csv-parse/sync";
import { messageOf } from "../base/message.ts";
import { microsOf } from "./money.ts";
import { type DateOrder, dateOf, incrementsOf, prefixesOf, secondsOf, yesOf } from "./price-cells.ts";
import { type Columns, columnsOf, currencyIn, type PriceField } from "./price-columns.ts";
import { forever, type PriceRow, type PriceTable, type Terms, tableOf } from "./price-table.ts";
import { bandOf, daysOf, instantIn, type Span, spansOf } from "./time-bands.ts";

/** A carrier's sheet (CSV) → a price table, or everything that is wrong with it by line and column. */

export interface SheetSettings {
  /** When the sheet does not say it. */
  currency?: string | undefined;
  /** The clocks of its dates and bands. */
  zone: string;
  /** Names of bands that the sheet uses → the times that they mean. */
  bands: Record<string, string>;
  /** Field → header, where the sheet's own names are not known. */
  columns: Partial<Record<PriceField, string>>;
  dates?: DateOrder | undefined;
  /** Of prices that say none. */
  increments: { first: number; next: number };
}

export interface SheetError {
  line: number;
  /** From 1; 0: the line as a whole. */
  column: number;
  header: string;
  message: string;
}

export type SheetResult = { table: PriceTable } | { errors: SheetError[]; more: number };

const maxErrors = 100;
/** The head is looked for in so many lines. */
const headLines = 30;
const maxRows = 3_000_000;

const common = {
  bom: true,
  relax_column_count: true,
  relax_quotes: true,
  skip_empty_lines: true,
  trim: true,
  max_record_size: 200_000,
} as const;

const delimiters = [";", "\t", ",", "|"];

/** The delimiter with which some line near the begin is a head; what comes before it are titles. */
export function headIn(
  text: string,
  named: SheetSettings["columns"],
): { delimiter: string; columns: Columns; index: number } | undefined {
  for (const delimiter of delimiters) {
    // The last line may be cut off.
    const lines = parseNow(text, { ...common, delimiter, to: headLines, skip_records_with_error: true });
    for (const [index, cells] of lines.entries()) {
      const columns = columnsOf(cells, named);
      if (columns) return { delimiter, columns, index };
    }
  }
  return undefined;
}

/** Reads one sheet: rows as they come, errors by line and column. */
class Sheet {
  readonly errors: SheetError[] = [];
  more = 0;
  readonly rows: PriceRow[] = [];
  private readonly lines: number[] = [];
  readonly bands: { name: string; spans: Span[] }[] = [];
  private readonly bandNumbers = new Map<string, number>();
  private readonly termsKnown = new Map<string, Terms>();
  currency: string | undefined;
  private readonly columns: Columns;
  private readonly settings: SheetSettings;

  constructor(columns: Columns, settings: SheetSettings) {
    this.columns = columns;
    this.settings = settings;
    this.currency = columns.currency;
  }

  private fault(line: number, field: PriceField | undefined, message: string): void {
    const at = field && this.columns.at.get(field);
    if (this.errors.length >= maxErrors) this.more++;
    else
      this.errors.push({
        line,
        column: at === undefined ? 0 : at + 1,
        header: at === undefined ? "" : (this.columns.headers[at] ?? ""),
        message,
      });
  }

  /** One line of the sheet. */
  take(cells: readonly string[], line: number): void {
    const cell = (field: PriceField): string => cells[this.columns.at.get(field) ?? -1]?.trim() ?? "";
    const code = cell("prefix") || cell("country_code");
    // Notes behind the prices.
    if (code === "" && cell("price") === "") return;
    let good = true;
    const read = <T>(field: PriceField, of: (text: string) => T, otherwise: T): T => {
      const text = cell(field);
      if (text === "") return otherwise;
      try {
        return of(text);
      } catch (error) {
        this.fault(line, field, messageOf(error));
        good = false;
        return otherwise;
      }
    };
    const blocked = read("blocked", yesOf, false);
    const prefixes = this.prefixes(cell, line);
    const perMinute = this.price(cell("price"), blocked, line);
    const terms = this.terms(cell, read, blocked, line);
    this.sameCurrency(cell("currency"), line);
    if (!good || !prefixes || perMinute === undefined || !terms) return;
    if (this.rows.length + prefixes.length > maxRows) {
      if (this.rows.length <= maxRows) this.fault(line, undefined, `more than ${maxRows} prices`);
      return;
    }
    const name = cell("name").slice(0, 128);
    for (const prefix of prefixes) {
      this.rows.push({ prefix, perMinute, terms, name });
      this.lines.push(line);
    }
  }

  private prefixes(cell: (field: PriceField) => string, line: number): string[] | undefined {
    const whole = this.columns.at.has("prefix");
    try {
      return whole ? prefixesOf(cell("prefix")) : prefixesOf(cell("area_code"), cell("country_code"));
    } catch (error) {
      this.fault(
        line,
        whole ? "prefix" : this.columns.at.has("area_code") ? "area_code" : "country_code",
        messageOf(error),
      );
      return undefined;
    }
  }

  private price(text: string, blocked: boolean, line: number): number | undefined {
    if (blocked && text === "") return 0;
    try {
      const said = currencyIn(text);
      if (said) this.sameCurrency(said, line);
      return microsOf(text.replace(/[€$£\s]|[a-z]{3}/gi, ""));
    } catch (error) {
      this.fault(line, "price", text === "" ? "is empty" : messageOf(error));
      return undefined;
    }
  }

  private sameCurrency(text: string, line: number): void {
    if (text === "") return;
    const code = text.toUpperCase();
    if (!/^[A-Z]{3}$/.test(code)) this.fault(line, "currency", `'${text}' is no currency such as EUR`);
    else if (this.currency === undefined) this.currency = code;
    else if (this.currency !== code)
      this.fault(
        line,
        "currency",
        `is ${code}, and the prices before are in ${this.currency}: import each currency's prices for a carrier of its own`,
      );
  }

  private terms(
    cell: (field: PriceField) => string,
    read: <T>(field: PriceField, of: (text: string) => T, otherwise: T) => T,
    blocked: boolean,
    line: number,
  ): Terms | undefined {
    const { zone, dates, increments } = this.settings;
    const instant = (text: string): number => {
      const { ms, zoned } = dateOf(text, dates);
      return Math.floor((zoned ? ms : instantIn(zone, ms)) / 1000);
    };
    const both = read("increments", incrementsOf, { ...increments });
    const first = read("first", secondsOf, both.first);
    const terms: Terms = {
      fee: read("fee", (text) => microsOf(text.replace(/[€$£\s]|[a-z]{3}/gi, "")), 0),
      first: Math.max(1, first),
      next: Math.max(1, read("next", secondsOf, this.columns.at.has("first") ? first : both.next)),
      minimum: read("minimum", secondsOf, both.minimum ?? 0),
      from: read("from", instant, 0),
      to: read("to", instant, forever),
      band: this.band(cell, line),
      blocked,
    };
    if (terms.band < 0) return undefined;
    if (terms.to <= terms.from) {
      this.fault(line, "to", "ends before it begins");
      return undefined;
    }
    const key = Object.values(terms).join();
    const known = this.termsKnown.get(key);
    if (known) return known;
    this.termsKnown.set(key, terms);
    return terms;
  }

  /** @returns its number from 1; 0: none; -1: it is at fault */
  private band(cell: (field: PriceField) => string, line: number): number {
    const [named, onDays, hours] = [cell("band"), cell("days"), cell("hours")];
    if (named === "" && onDays === "" && hours === "") return 0;
    if (/^(all|always|any|flat|24x7)$/i.test(named)) return 0;
    const key = [named, onDays, hours].join("|").toLowerCase();
    const known = this.bandNumbers.get(key);
    if (known !== undefined) return known;
    let number = -1;
    try {
      const meant = Object.entries(this.settings.bands).find(
        ([name]) => name.toLowerCase() === named.toLowerCase(),
      );
      const spans = named !== "" ? bandOf(meant?.[1] ?? named) : spansOf(daysOf(onDays), hours);
      number = this.bands.push({ name: named || `${onDays} ${hours}`.trim(), spans });
    } catch (error) {
      const field = named !== "" ? "band" : onDays !== "" ? "days" : "hours";
      this.fault(
        line,
        field,
        `${messageOf(error)}${named !== "" ? `; say which times '${named}' means (band)` : ""}`,
      );
      return -1;
    }
    this.bandNumbers.set(key, number);
    return number;
  }

  /** Prices that contradict each other: the same prefix, begin and band. Equal ones are kept once. */
  private contradictions(): PriceRow[] {
    const seen = new Map<string, number>();
    return this.rows.filter((row, index) => {
      const key = `${row.prefix}/${row.terms.from}/${row.terms.band}`;
      const before = seen.get(key);
      if (before === undefined) {
        seen.set(key, index);
        return true;
      }
      const other = this.rows[before];
      if (other && (other.perMinute !== row.perMinute || other.terms !== row.terms))
        this.fault(
          this.lines[index] ?? 0,
          "price",
          `prefix ${row.prefix} has another price in line ${this.lines[before]}`,
        );
      return false;
    });
  }

  result(): SheetResult {
    const rows = this.contradictions();
    const currency = this.currency ?? this.settings.currency;
    if (currency === undefined) this.fault(0, undefined, "says no currency: name it (currency EUR)");
    if (rows.length === 0 && this.errors.length === 0) this.fault(0, undefined, "has no prices");
    if (this.errors.length > 0 || currency === undefined) return { errors: this.errors, more: this.more };
    return { table: tableOf({ currency, zone: this.settings.zone, bands: this.bands }, rows) };
  }
}

/** So much of the file is looked at for its head. */
const headBytes = 64 * 1024;

/** Reads a sheet from a file (UTF-8). @throws Error of the file system */
export async function readSheet(file: string, settings: SheetSettings): Promise<SheetResult> {
  const handle = await open(file, "r");
  const { buffer, bytesRead } = await handle
    .read(Buffer.alloc(headBytes), 0, headBytes, 0)
    .finally(() => handle.close());
  const begin = buffer.toString("utf8", 0, bytesRead);
  const whole = bytesRead < headBytes ? begin : begin.slice(0, begin.lastIndexOf("\n") + 1);
  const whatIsWrong = (message: string, line = 0): SheetResult => ({
    errors: [{ line, column: 0, header: "", message }],
    more: 0,
  });
  const head = headIn(whole, settings.columns);
  if (!head)
    return whatIsWrong(
      `no line of the first ${headLines} names the columns: there must be one for the prefix (e.g. 'Prefix', 'Code') and one for the price (e.g. 'Rate', 'Price')${Object.keys(settings.columns).length > 0 ? ", and those that you named" : ""}`,
    );
  const sheet = new Sheet(head.columns, settings);
  let index = 0;
  const parser = parse({
    ...common,
    delimiter: head.delimiter,
    on_record: (cells: string[], { lines }) => {
      if (index++ > head.index) sheet.take(cells, lines);
      return null;
    },
  });
  parser.resume();
  try {
    await pipeline(createReadStream(file), parser);
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    return whatIsWrong(error.message, Number(error.lines ?? parser.info.lines));
  }
  return sheet.result();
}
