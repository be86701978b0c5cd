/**
 * Rows of a list that is told page by page, each page by the last key of the one before. It may have a million rows: only
 * pages around what is looked at are kept; of the others it is remembered where they begin.
 */

export interface PageOf<T> {
  rows: T[];
  /** Where the next page begins; null: there is none. */
  next: string | null;
}

/**
 * @param after the key before the first row; "": from the beginning
 * @param sofar tells the rows that are found already, where a page takes long
 */
export type LoadPage<T> = (
  after: string,
  limit: number,
  signal: AbortSignal,
  sofar: (rows: T[]) => void,
) => Promise<PageOf<T>>;

interface Page<T> {
  after: string;
  rows: T[] | undefined;
  loading: boolean;
  /** More of its rows are being looked for. */
  partial?: boolean;
}

export interface PagedState {
  /** Rows that are known of. */
  count: number;
  /** Are there more behind them? */
  more: boolean;
  /** Why the last page that was asked for did not come. */
  fault: unknown;
  /** Nothing came yet. */
  first: boolean;
  /** Grows when rows change. */
  version: number;
}

export class PagedRows<T> {
  /** For useSyncExternalStore: a new one for each change. */
  state: PagedState = { count: 0, more: true, fault: undefined, first: true, version: 0 };
  readonly pageSize: number;
  private readonly load: LoadPage<T>;
  private readonly keep: number;
  private readonly listeners = new Set<() => void>();
  private readonly stop = new AbortController();
  private readonly pages: Page<T>[];

  /** @param keep so many pages are kept at least, around what was looked at last */
  constructor(load: LoadPage<T>, { from = "", pageSize = 200, keep = 40 } = {}) {
    this.load = load;
    this.pageSize = pageSize;
    this.keep = keep;
    this.pages = [{ after: from, rows: undefined, loading: false }];
  }

  readonly subscribe = (changed: () => void): (() => void) => {
    this.listeners.add(changed);
    return () => this.listeners.delete(changed);
  };

  /** undefined: it is not here (any more): `need` brings it. */
  row(index: number): T | undefined {
    return this.pages[Math.floor(index / this.pageSize)]?.rows?.[index % this.pageSize];
  }

  /** These rows are looked at: brings what is missing of them, and the next page before its first row is wanted. */
  need(first: number, last: number): void {
    const from = Math.max(0, Math.floor(first / this.pageSize));
    const ahead = Math.floor((last + this.pageSize / 4) / this.pageSize);
    const to = Math.min(this.pages.length - 1, ahead);
    for (let at = from; at <= to; at++) void this.bring(at);
    this.forget(from, to);
  }

  /** Asks again for what is here; what is shown stays until the answer. */
  async refresh(): Promise<void> {
    // One after the other: what was made meanwhile moves all that is behind it, which is then asked for when it is looked at.
    for (let at = 0; at < this.pages.length && !this.stop.signal.aborted; at++)
      if (this.pages[at]?.rows) await this.bring(at, true);
  }

  close(): void {
    this.stop.abort();
  }

  private async bring(at: number, again = false): Promise<void> {
    const page = this.pages[at];
    if (!page || page.loading || (page.rows && !page.partial && !again)) return;
    page.loading = true;
    const sofar = (found: T[]) => {
      // What is shown already stays until all of it is there anew.
      if ((page.rows && !page.partial) || found.length === 0 || this.stop.signal.aborted) return;
      page.rows = found.slice(0, this.pageSize);
      page.partial = true;
      this.change({ fault: undefined, first: false });
    };
    try {
      const { rows, next } = await this.load(page.after, this.pageSize, this.stop.signal, sofar);
      page.rows = rows;
      page.partial = false;
      const following = this.pages[at + 1];
      if (next === null) this.pages.length = at + 1;
      else if (!following) this.pages.push({ after: next, rows: undefined, loading: false });
      else if (following.after !== next) {
        // Something was made or removed in between: all behind it begins elsewhere.
        this.pages.length = at + 1;
        this.pages.push({ after: next, rows: undefined, loading: false });
      }
      this.change({ fault: undefined, first: false });
    } catch (fault) {
      if (!this.stop.signal.aborted) this.change({ fault });
    } finally {
      page.loading = false;
    }
  }

  private forget(from: number, to: number): void {
    const half = Math.floor(this.keep / 2);
    for (const [at, page] of this.pages.entries())
      if (page.rows && (at < from - half || at > to + half) && at !== this.pages.length - 1)
        page.rows = undefined;
  }

  private change(what: Partial<PagedState>): void {
    const last = this.pages.at(-1);
    const full = (this.pages.length - 1) * this.pageSize;
    this.state = {
      ...this.state,
      ...what,
      count: full + (last?.rows?.length ?? 0),
      more: last?.rows === undefined || last.partial === true,
      version: this.state.version + 1,
    };
    for (const listener of this.listeners) listener();
  }
}
