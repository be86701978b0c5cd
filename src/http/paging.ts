import { z } from "zod";

/** Paging of lists. */

export const pageQuery = z.object({
  after: z.string().max(64).default("").describe("the last name of the page before"),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
});
