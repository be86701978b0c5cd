import {
  forever,
  maxPrefixDigits,
  nameAt,
  type PriceTable,
  type TableMeta,
  termsWidth,
} from "./price-table.ts";
import type { Tariff } from "./tariff.ts";
import { inSpans, minuteOfWeek } from "./time-bands.ts";

/**
 * All prices of all carriers in one lookup: an open hash table over the prefixes, in typed arrays, which threads hand over
 * without copying. A million prices are 12 bytes each, and 16 to 32 bytes for each of their different prefixes.
 */
export interface PriceBook {
  revisions: BookRevision[];
  /** The hash table: 0 is an empty place; where a prefix's prices begin, and how many it has. */
  keys: Float64Array;
  starts: Uint32Array;
  counts: Uint32Array;
  /** The prices, those of one prefix together, in the order of the revisions. */
  revisionOf: Uint16Array;
  perMinute: Uint32Array;
  terms: Uint32Array;
  names: Uint32Array;
  termsList: Uint32Array;
  nameBytes: Uint8Array;
  nameEnds: Uint32Array;
  /** Bit n: some prefix has n digits. */
  lengths: number;
}

/** One sheet of one carrier and when it is in force. */
export interface BookRevision extends TableMeta {
  carrier: string;
  digest: string;
  /** Unix time in ms: from (included), until (not included) the carrier's next revision. */
  from: number;
  until: number;
}

/**
 * What a carrier asks for a call. `expired`, `gap` (no band holds now): the longest prefix that the number has in the sheet has no
 * price now, and what a shorter one costs says nothing about it. `blocked`: the sheet says that the carrier takes no calls there.
 */
export interface Price extends Tariff {
  carrier: string;
  state: "known" | "expired" | "gap" | "blocked";
  currency: string;
  /** Digits. */
  prefix: string;
  digest: string;
  /** For `nameOf`. */
  name: number;
}

const slotOf = (key: number, mask: number): number => {
  let mixed = Math.imul((key >>> 0) ^ Math.imul((key / 0x1_0000_0000) | 0, 0x9e3779b1), 0x85ebca6b);
  mixed ^= mixed >>> 15;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return (mixed ^ (mixed >>> 13)) & mask;
};

function find(keys: Float64Array, key: number): number {
  const mask = keys.length - 1;
  let slot = slotOf(key, mask);
  for (;;) {
    const there = keys[slot];
    if (there === key || there === 0) return slot;
    slot = (slot + 1) & mask;
  }
}

const concatenated = <A extends Uint8Array | Uint32Array>(all: A, parts: readonly A[]): A => {
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
};
const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

/** Makes one lookup of all tables. Pure; a million prices take about half a second. */
export function compile(
  all: readonly { revision: Omit<BookRevision, keyof TableMeta>; table: PriceTable }[],
): PriceBook {
  const tables = all.map(({ table }) => table);
  const total = sum(tables.map((table) => table.prefixes.length));
  const places = 2 ** Math.max(4, Math.ceil(Math.log2(total * 1.5 + 1)));
  const keys = new Float64Array(places);
  const counts = new Uint32Array(places);
  let lengths = 0;
  for (const { prefixes } of tables)
    for (const key of prefixes) {
      const slot = find(keys, key);
      keys[slot] = key;
      counts[slot] = (counts[slot] ?? 0) + 1;
    }
  const starts = new Uint32Array(places);
  for (let slot = 0, next = 0; slot < places; slot++) {
    starts[slot] = next;
    next += counts[slot] ?? 0;
    if (keys[slot]) lengths |= 1 << (String(keys[slot]).length - 1);
  }
  const filled = starts.slice();
  const book = {
    revisionOf: new Uint16Array(total),
    perMinute: new Uint32Array(total),
    terms: new Uint32Array(total),
    names: new Uint32Array(total),
  };
  let [termsBefore, namesBefore, bytesBefore] = [0, 0, 0];
  const ends: Uint32Array[] = [];
  tables.forEach((table, revision) => {
    for (let index = 0; index < table.prefixes.length; index++) {
      const slot = find(keys, table.prefixes[index] ?? 0);
      const at = filled[slot] ?? 0;
      filled[slot] = at + 1;
      book.revisionOf[at] = revision;
      book.perMinute[at] = table.perMinute[index] ?? 0;
      book.terms[at] = (table.terms[index] ?? 0) + termsBefore;
      book.names[at] = (table.names[index] ?? 0) + namesBefore;
    }
    const before = bytesBefore;
    ends.push(table.nameEnds.map((end) => end + before));
    termsBefore += table.termsList.length / termsWidth;
    namesBefore += table.nameEnds.length;
    bytesBefore += table.nameBytes.length;
  });
  return {
    revisions: all.map(({ revision, table }) => ({ ...revision, ...table.meta })),
    keys,
    starts,
    counts,
    ...book,
    termsList: concatenated(
      new Uint32Array(termsBefore * termsWidth),
      tables.map((table) => table.termsList),
    ),
    nameBytes: concatenated(
      new Uint8Array(bytesBefore),
      tables.map((table) => table.nameBytes),
    ),
    nameEnds: concatenated(new Uint32Array(namesBefore), ends),
    lengths,
  };
}

export const emptyBook: PriceBook = compile([]);

/** The memory that threads hand over. */
export const buffersOf = (book: PriceBook): ArrayBuffer[] =>
  Object.values(book).flatMap((value: unknown) =>
    ArrayBuffer.isView(value) && value.buffer instanceof ArrayBuffer ? [value.buffer] : [],
  );

/** What a price is for. */
export const nameOf = (book: PriceBook, { name }: Pick<Price, "name">): string =>
  nameAt(book.nameBytes, book.nameEnds, name);

/**
 * What each carrier asks for a call at a moment: at most one price for each, those with longer prefixes first. A carrier that is
 * missing has no price for the number. Pure; some microseconds.
 * @param digits of E.164, without +
 * @param now Unix time in ms
 */
export function pricesOf(book: PriceBook, digits: string, now: number): Price[] {
  const { revisions } = book;
  const open = new Uint8Array(revisions.length);
  let left = 0;
  for (let index = 0; index < revisions.length; index++) {
    const revision = revisions[index];
    if (!revision || now < revision.from || now >= revision.until) continue;
    open[index] = 1;
    left++;
  }
  const found: Price[] = [];
  for (let length = Math.min(digits.length, maxPrefixDigits); length > 0 && left > 0; length--) {
    if ((book.lengths & (1 << length)) === 0) continue;
    const key = Number(`1${digits.slice(0, length)}`);
    const slot = find(book.keys, key);
    if (book.keys[slot] !== key) continue;
    const end = (book.starts[slot] ?? 0) + (book.counts[slot] ?? 0);
    for (let at = book.starts[slot] ?? 0; at < end; ) {
      const revision = book.revisionOf[at] ?? 0;
      const from = at;
      while (at < end && book.revisionOf[at] === revision) at++;
      if (open[revision] !== 1) continue;
      const price = priceAmong(book, revision, from, at, now);
      if (!price) continue;
      open[revision] = 0;
      left--;
      found.push({ ...price, prefix: digits.slice(0, length) });
    }
  }
  return found;
}

/** The price that holds among those of one prefix; undefined while none of them has begun: the shorter prefix holds on. */
function priceAmong(
  book: PriceBook,
  revision: number,
  from: number,
  to: number,
  now: number,
): Omit<Price, "prefix"> | undefined {
  const meta = book.revisions[revision];
  if (!meta) return undefined;
  const seconds = Math.floor(now / 1000);
  let [best, bestFrom, bestBand] = [-1, -1, 0];
  let [last, state]: [number, Price["state"]] = [-1, "expired"];
  for (let at = from; at < to; at++) {
    const terms = (book.terms[at] ?? 0) * termsWidth;
    const begin = book.termsList[terms + 4] ?? 0;
    if (begin > seconds) continue;
    if (last < 0) last = at;
    if ((book.termsList[terms + 5] ?? forever) <= seconds) continue;
    const band = book.termsList[terms + 6] ?? 0;
    if (band > 0 && !inSpans(meta.bands[band - 1]?.spans ?? [], minuteOfWeek(meta.zone, now))) {
      [last, state] = [at, "gap"];
      continue;
    }
    // The newest price holds; of two that begin together the one for this time of the week.
    if (begin > bestFrom || (begin === bestFrom && band > 0 && bestBand === 0))
      [best, bestFrom, bestBand] = [at, begin, band];
  }
  if (last < 0) return undefined;
  const at = best < 0 ? last : best;
  const terms = (book.terms[at] ?? 0) * termsWidth;
  const list = book.termsList;
  return {
    carrier: meta.carrier,
    state: best < 0 ? state : list[terms + 7] === 1 ? "blocked" : "known",
    currency: meta.currency,
    digest: meta.digest,
    perMinute: book.perMinute[at] ?? 0,
    fee: list[terms] ?? 0,
    first: list[terms + 1] ?? 1,
    next: list[terms + 2] ?? 1,
    minimum: list[terms + 3] ?? 0,
    name: book.names[at] ?? 0,
  };
}
