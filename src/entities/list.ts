/** Pages of lists that are sorted by a key. */

interface Page<Row> {
  found: Row[];
  /** The key after which the next page begins; null: there is nothing more. */
  next: string | null;
}

/** Pure. */
export const wholePage = <Row>(rows: Row[], limit: number, keyIn: (row: Row) => string): Page<Row> => {
  const last = rows.at(-1);
  return { found: rows, next: rows.length === limit && last !== undefined ? keyIn(last) : null };
};

interface List<Row> {
  page(after: string, limit: number): Promise<Row[]>;
  keyIn(row: Row): string;
  sees(row: Row): boolean;
}

const step = 1000;
/** A page is given as it is when looking took so long. */
const lookingMs = 1000;

/** A page of those rows that somebody sees, of a list in which there may be many others. */
export async function lookedThrough<Row>(
  { page, keyIn, sees }: List<Row>,
  after: string,
  limit: number,
): Promise<Page<Row>> {
  const until = performance.now() + lookingMs;
  const found: Row[] = [];
  for (let last = after; ; ) {
    const rows = await page(last, step);
    for (const row of rows) {
      last = keyIn(row);
      if (sees(row)) found.push(row);
      if (found.length === limit) return { found, next: last };
    }
    if (rows.length < step) return { found, next: null };
    if (performance.now() > until) return { found, next: last };
  }
}
