import { hash } from "node:crypto";
import type { Tariff } from "./tariff.ts";
import type { Span } from "./time-bands.ts";

/** All prices of one sheet of a carrier: immutable, named by a digest of its bytes, as it lies in the database and on disk. */

/** How one price is counted and when it holds: shared by many prices of a table. */
export interface Terms extends Omit<Tariff, "perMinute"> {
  /** Unix time in seconds: from (included), to (not included). */
  from: number;
  to: number;
  /** Index of a band of the table, plus 1; 0: at any time. */
  band: number;
  /** The carrier takes no calls there. */
  blocked: boolean;
}

/** No end. */
export const forever = 0xffff_ffff;

export interface TableMeta {
  /** ISO 4217. */
  currency: string;
  /** The time zone of the bands (IANA). */
  zone: string;
  bands: { name: string; spans: Span[] }[];
}

export interface PriceRow {
  /** Digits of E.164 without +. */
  prefix: string;
  /** Micros. */
  perMinute: number;
  terms: Terms;
  name: string;
}

/** The columns: one price is one index. */
export interface PriceTable {
  meta: TableMeta;
  prefixes: Float64Array;
  perMinute: Uint32Array;
  terms: Uint32Array;
  names: Uint32Array;
  /** `termsWidth` numbers for each. */
  termsList: Uint32Array;
  /** UTF-8 of all names, and where each ends. */
  nameBytes: Uint8Array;
  nameEnds: Uint32Array;
}

export const maxPrefixDigits = 15;

/** A prefix as a number: a 1 before its digits keeps zeros and the length (at most 2e15: exact). Pure. */
export const prefixKey = (digits: string): number => Number(`1${digits}`);
export const prefixOf = (key: number): string => String(key).slice(1);

export const termsWidth = 8;

const termsNumbers = ({ fee, first, next, minimum, from, to, band, blocked }: Terms): number[] => [
  fee,
  first,
  next,
  minimum,
  from,
  to,
  band,
  Number(blocked),
];

/** One of the terms in a list. Pure. */
export function termsAt(list: Uint32Array, index: number): Terms {
  const [fee = 0, first = 1, next = 1, minimum = 0, from = 0, to = forever, band = 0, blocked = 0] =
    list.subarray(index * termsWidth, (index + 1) * termsWidth);
  return { fee, first, next, minimum, from, to, band, blocked: blocked === 1 };
}

/** Rows → table, in the order of the prefixes. Pure. */
export function tableOf(meta: TableMeta, rows: readonly PriceRow[]): PriceTable {
  const sorted = rows
    .map((row) => ({ row, key: prefixKey(row.prefix) }))
    .sort(
      (a, b) => a.key - b.key || a.row.terms.from - b.row.terms.from || a.row.terms.band - b.row.terms.band,
    );
  const terms = new Map<string, number>();
  const names = new Map<string, number>();
  const numbered = (map: Map<string, number>, key: string): number => {
    const known = map.get(key);
    if (known !== undefined) return known;
    map.set(key, map.size);
    return map.size - 1;
  };
  const table = {
    prefixes: new Float64Array(rows.length),
    perMinute: new Uint32Array(rows.length),
    terms: new Uint32Array(rows.length),
    names: new Uint32Array(rows.length),
  };
  sorted.forEach(({ row, key }, index) => {
    table.prefixes[index] = key;
    table.perMinute[index] = row.perMinute;
    table.terms[index] = numbered(terms, termsNumbers(row.terms).join());
    table.names[index] = numbered(names, row.name);
  });
  let end = 0;
  const encoded = [...names.keys()].map((name) => Buffer.from(name, "utf8"));
  return {
    meta,
    ...table,
    termsList: Uint32Array.from([...terms.keys()].flatMap((text) => text.split(",").map(Number))),
    nameBytes: new Uint8Array(Buffer.concat(encoded)),
    nameEnds: Uint32Array.from(encoded, (bytes) => {
      end += bytes.length;
      return end;
    }),
  };
}

/** One name of a list. Pure. */
export const nameAt = (bytes: Uint8Array, ends: Uint32Array, index: number): string =>
  Buffer.from(bytes.subarray(index === 0 ? 0 : ends[index - 1], ends[index])).toString("utf8");

/** The table's rows. Pure. */
export function* rowsOf(table: PriceTable): Generator<PriceRow> {
  for (let index = 0; index < table.prefixes.length; index++)
    yield {
      prefix: prefixOf(table.prefixes[index] ?? 1),
      perMinute: table.perMinute[index] ?? 0,
      terms: termsAt(table.termsList, table.terms[index] ?? 0),
      name: nameAt(table.nameBytes, table.nameEnds, table.names[index] ?? 0),
    };
}

interface Head {
  v: 1;
  meta: TableMeta;
  prices: number;
  terms: number;
  names: number;
  nameBytes: number;
}

const align = (length: number): number => Math.ceil(length / 8) * 8;

/** Little-endian on every machine that this runs on. Pure. */
export function bytesOf(table: PriceTable): Uint8Array {
  const head: Head = {
    v: 1,
    meta: table.meta,
    prices: table.prefixes.length,
    terms: table.termsList.length,
    names: table.nameEnds.length,
    nameBytes: table.nameBytes.length,
  };
  const text = Buffer.from(JSON.stringify(head));
  const parts = [
    Uint32Array.of(text.length, 0),
    text,
    table.prefixes,
    table.perMinute,
    table.terms,
    table.names,
    table.termsList,
    table.nameEnds,
    table.nameBytes,
  ];
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + align(part.byteLength), 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(new Uint8Array(part.buffer, part.byteOffset, part.byteLength), at);
    at += align(part.byteLength);
  }
  return bytes;
}

/** The table that these bytes are; its columns look into them. Pure. @throws Error for what a newer release wrote, or is damaged */
export function tableIn(bytes: Uint8Array): PriceTable {
  const view = bytes.byteOffset % 8 === 0 ? bytes : new Uint8Array(bytes);
  const [length = 0] = new Uint32Array(view.buffer, view.byteOffset, 1);
  const head = JSON.parse(Buffer.from(view.subarray(8, 8 + length)).toString("utf8")) as Head;
  if (head.v !== 1) throw new Error("prices of a newer release");
  let at = 8 + align(length);
  const take = (size: number): [ArrayBufferLike, number] => {
    const from = view.byteOffset + at;
    at += align(size);
    return [view.buffer, from];
  };
  const words = (count: number): Uint32Array => new Uint32Array(...take(count * 4), count);
  return {
    meta: head.meta,
    prefixes: new Float64Array(...take(head.prices * 8), head.prices),
    perMinute: words(head.prices),
    terms: words(head.prices),
    names: words(head.prices),
    termsList: words(head.terms),
    nameEnds: words(head.names),
    nameBytes: new Uint8Array(...take(head.nameBytes), head.nameBytes),
  };
}

/** Names a table by its content: 32 hexadecimal digits. */
export const digestOf = (bytes: Uint8Array): string => hash("sha256", bytes, "hex").slice(0, 32);
