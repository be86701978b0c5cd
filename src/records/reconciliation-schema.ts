import { z } from "zod";

/** What a comparison of journals and database found. */
export const reconciliationSchema = z.object({
  node: z.string(),
  since: z.iso.datetime(),
  journalled: z.int().describe("events in this node's journals that have been shipped"),
  waiting: z.int().describe("events in this node's journals that have not been shipped yet"),
  found: z.int().describe("of the shipped ones: in the database"),
  missing: z.int().describe("of the shipped ones: not in the database"),
  repaired: z.int().describe("of the missing ones: stored again now"),
  stale: z.int().describe("calls whose record did not hold all their stored events; rebuilt now"),
  doubled: z.int().describe("calls that began in that time and have more than one record for the same leg"),
  quarantined: z.int().describe("journal lines that could not be used, since the app started"),
});
export type Reconciliation = z.infer<typeof reconciliationSchema>;
