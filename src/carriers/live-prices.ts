import { setTimeout as delay } from "node:timers/promises";
import { emptyBook, type PriceBook } from "./price-book.ts";
import type { PriceList } from "./price-schema.ts";
import type { PriceStore } from "./price-store.ts";
import { compileAside, type TableFile } from "./price-threads.ts";
import { inOrder } from "./prices.ts";

/** A sheet that was replaced is kept in the lookup for so long: for the records of calls that began before. */
const keepMs = 3 * 86_400_000;

/** After a failure it is tried again, ms. */
const againMs = 1000;

/** The lists of all carriers, a value (entities/snapshot.ts). */
export interface Lists {
  values(): Iterable<PriceList>;
}

/** Which tables the lookup is to be made of. Pure. @param now Unix time in ms */
export function wanted(lists: Lists, now: number): Omit<TableFile, "file">[] {
  return [...lists.values()]
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap(({ name, revisions }) => {
      const ordered = inOrder(revisions);
      return ordered
        .map(({ digest, from }, index) => {
          const next = ordered[index + 1];
          const until = next ? Date.parse(next.from) : Number.POSITIVE_INFINITY;
          return { carrier: name, digest, from: Date.parse(from), until };
        })
        .filter(({ until }) => until > now - keepMs);
    });
}

/** The lookup that decides, made anew in a thread whenever other sheets are in force. */
export class LivePrices {
  private current: PriceBook = emptyBook;
  private made: Lists | undefined;
  private readonly store: PriceStore;
  private readonly lists: () => Lists;
  private readonly changed: (signal: AbortSignal) => Promise<void>;
  private readonly events: {
    pricesReady(facts: { tables: number; prices: number; ms: number }): void;
    pricesFail(error: unknown): void;
    pricesNotPruned(error: unknown): void;
  };

  /** @param changed resolves when `lists` may be others */
  constructor(
    store: PriceStore,
    lists: () => Lists,
    changed: (signal: AbortSignal) => Promise<void>,
    events: LivePrices["events"],
  ) {
    this.store = store;
    this.lists = lists;
    this.changed = changed;
    this.events = events;
  }

  /** A value: who keeps it keeps these prices. */
  get book(): PriceBook {
    return this.current;
  }

  /** Brings the lookup up to the snapshot. @throws Error of database, disk or thread: then it stays as it is */
  async refresh(): Promise<void> {
    const lists = this.lists();
    if (lists === this.made) return;
    const started = performance.now();
    const tables = wanted(lists, Date.now());
    const kept = await this.store.kept();
    const digests = new Set(tables.map(({ digest }) => digest));
    for (const digest of digests) if (!kept.has(digest)) await this.store.bring(digest);
    this.current =
      tables.length === 0
        ? emptyBook
        : await compileAside(tables.map((table) => ({ ...table, file: this.store.file(table.digest) })));
    this.made = lists;
    for (const digest of kept) if (!digests.has(digest)) await this.store.forget(digest);
    if (tables.length > 0)
      this.events.pricesReady({
        tables: tables.length,
        prices: this.current.perMinute.length,
        ms: Math.round(performance.now() - started),
      });
  }

  /** Removes from the database what no carrier has any more; a fault is logged, the next time tries again. */
  async prune(): Promise<void> {
    await this.store.prune().catch((error: unknown) => this.events.pricesNotPruned(error));
  }

  /** Follows the snapshot until `signal` aborts; faults are logged once. */
  async run(signal: AbortSignal): Promise<void> {
    let failing = false;
    while (!signal.aborted) {
      try {
        await this.refresh();
        failing = false;
      } catch (error) {
        if (!failing) this.events.pricesFail(error);
        failing = true;
      }
      if (failing)
        await delay(againMs, undefined, { signal }).catch(() => {}); // aborted: the loop ends
      else if (this.lists() === this.made) await this.changed(signal);
    }
  }
}
