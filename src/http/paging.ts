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
export const nextPlace = <Row>(
  page: readonly Row[],
  limit: number,
  of: (row: Row) => Place,
): string | null => {
  const last = page.at(-1);
  return last === undefined || page.length < limit ? null : placeText(of(last));
};

/** Paging of a list by time. */
export const timePage = {
  after: z.string().max(128).optional().describe("`next` of the page before"),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
};
