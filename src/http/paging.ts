import { z } from "zod";
import { Problem } from "./problems.ts";

/** Paging of lists. */

export const pageQuery = z.object({
  after: z.string().max(64).default("").describe("the last name of the page before"),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
});

/** A place in a list that is sorted by time, newest first. */
export interface Place {
  at: Date;
  id: Buffer;
}

const placeSchema = z.tuple([z.int(), z.string().regex(/^[0-9a-f]{32}$/)]);

/** `next` of a page that ends there. */
export const placeText = ({ at, id }: Place): string =>
  Buffer.from(JSON.stringify([at.getTime(), id.toString("hex")])).toString("base64url");

/** @throws Problem `invalid-request` */
export function placeIn(after: string): Place {
  try {
    const [ms, id] = placeSchema.parse(JSON.parse(Buffer.from(after, "base64url").toString("utf8")));
    return { at: new Date(ms), id: Buffer.from(id, "hex") };
  } catch (error) {
    throw new Problem(
      "invalid-request",
      `after is not one of ours (${error instanceof Error ? error.name : error})`,
      [{ path: "/after", message: "must be `next` of an earlier answer" }],
    );
  }
}

/** Where the page after this one begins; null: it is the last. @param page as long as was asked for, or shorter */
export const nextAfter = <Row>(
  page: readonly Row[],
  limit: number,
  placeOf: (row: Row) => string,
): string | null => {
  const last = page.at(-1);
  return last === undefined || page.length < limit ? null : placeOf(last);
};

/** The same of a list by time. */
export const nextPlace = <Row>(page: readonly Row[], limit: number, of: (row: Row) => Place): string | null =>
  nextAfter(page, limit, (row) => placeText(of(row)));

interface Page<Row> {
  rows: Row[];
  /** After which the next page begins; null: there is nothing more. */
  next: string | null;
}

interface List<Row> {
  /** What comes after a place, whoever sees it. */
  page(after: string | undefined): Promise<Page<Row>>;
  /** The `next` of a page that ends with this row. */
  placeOf(row: Row): string;
  sees(row: Row): boolean;
}

/** A page is given as it is when looking took so long. */
const lookingMs = 1000;

/** A page of those rows that somebody sees, of a list in which there may be many others: it may be shorter, and still have a `next`. */
export async function seenPage<Row>(
  { page, placeOf, sees }: List<Row>,
  after: string | undefined,
  limit: number,
): Promise<Page<Row>> {
  const until = performance.now() + lookingMs;
  const found: Row[] = [];
  for (let place = after; ; ) {
    const { rows, next } = await page(place);
    for (const row of rows) {
      if (!sees(row)) continue;
      found.push(row);
      if (found.length === limit) return { rows: found, next: placeOf(row) };
    }
    if (next === null || performance.now() > until) return { rows: found, next };
    place = next;
  }
}

/** Paging of a list by time. */
export const timePage = {
  after: z.string().max(128).optional().describe("`next` of the page before"),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
};
