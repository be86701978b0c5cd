import type { PriceBook } from "./price-book.ts";
import { forever, prefixOf, termsAt } from "./price-table.ts";
import type { Span } from "./time-bands.ts";

/** Prefixes for which a sheet that is in force has no price now, or none at some times of the week. */
export interface PriceGap {
  carrier: string;
  kind: "expired" | "gap";
  prefixes: number;
  /** The first of them. */
  example: string;
}

const minutesPerWeek = 7 * 24 * 60;

/** Do the spans leave no minute of the week out? Pure. */
export function coversWeek(spans: readonly Span[]): boolean {
  let covered = 0;
  for (const [from, to] of spans.toSorted(([a], [b]) => a - b)) {
    if (from > covered) return false;
    covered = Math.max(covered, to);
  }
  return covered >= minutesPerWeek;
}

/** Of the prices `from` to `to` of one prefix in one sheet. Pure. */
function stateOf(
  book: PriceBook,
  revision: number,
  from: number,
  to: number,
  seconds: number,
  whole: Map<string, boolean>,
): PriceGap["kind"] | undefined {
  const bands = new Set<number>();
  let begun = false;
  for (let at = from; at < to; at++) {
    const terms = termsAt(book.termsList, book.terms[at] ?? 0);
    if (terms.from > seconds) continue;
    begun = true;
    if (terms.to !== forever && terms.to <= seconds) continue;
    if (terms.band === 0) return undefined;
    bands.add(terms.band);
  }
  if (!begun) return undefined;
  if (bands.size === 0) return "expired";
  const name = `${revision}:${[...bands].sort().join()}`;
  let covered = whole.get(name);
  if (covered === undefined) {
    const known = book.revisions[revision]?.bands ?? [];
    covered = coversWeek([...bands].flatMap((band) => known[band - 1]?.spans ?? []));
    whole.set(name, covered);
  }
  return covered ? undefined : "gap";
}

/**
 * All gaps of the sheets that are in force. Pure, and lazy: `undefined` is yielded on the way, so that whoever walks may pause.
 * @param now Unix time in ms
 */
export function* priceGaps(book: PriceBook, now: number): Generator<PriceGap | undefined> {
  const seconds = Math.floor(now / 1000);
  const open = book.revisions.map(({ from, until }) => now >= from && now < until);
  const found = new Map<string, PriceGap>();
  const whole = new Map<string, boolean>();
  for (let slot = 0; slot < book.keys.length; slot++) {
    if ((slot & 0x3ff) === 0) yield undefined;
    const key = book.keys[slot] ?? 0;
    if (key === 0) continue;
    const end = (book.starts[slot] ?? 0) + (book.counts[slot] ?? 0);
    for (let at = book.starts[slot] ?? 0; at < end; ) {
      const revision = book.revisionOf[at] ?? 0;
      const from = at;
      while (at < end && book.revisionOf[at] === revision) at++;
      const kind = open[revision] ? stateOf(book, revision, from, at, seconds, whole) : undefined;
      if (kind === undefined) continue;
      const carrier = book.revisions[revision]?.carrier ?? "";
      const gap = found.get(`${carrier} ${kind}`);
      if (gap) gap.prefixes++;
      else found.set(`${carrier} ${kind}`, { carrier, kind, prefixes: 1, example: prefixOf(key) });
    }
  }
  yield* found.values();
}
