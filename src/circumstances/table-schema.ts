import { z } from "zod";
import { entityName } from "../directory/names-schema.ts";

/** Tables that people import: a key (a number, a user) and what belongs to it. */

const description = z.string().max(256).default("");

export const newTableSchema = z.strictObject({
  name: entityName,
  description,
  csv: z
    .string()
    .max(8_000_000)
    .describe("with a first line of column names; the first column is the key, of which each comes once"),
});
export type NewTable = z.infer<typeof newTableSchema>;

/** A table as the API shows it: without its rows. */
export const tableSchema = z.object({
  name: z.string(),
  description: z.string(),
  columns: z.array(z.string()),
  rows: z.int(),
});

/** A table as it is kept; `packed`: lookup.ts. */
export const tableEntrySchema = z.object({ name: z.string(), description: z.string(), packed: z.string() });

/** What a rule looks up. */
export const lookupSchema = z.strictObject({
  name: entityName.describe("the table"),
  by: z.enum(["caller", "number", "user"]).default("caller"),
  listed: z.boolean().default(true).describe("false: the rule holds when it is not in the table"),
  column: entityName.optional().describe("which column `is` compares; missing: the second"),
  is: z.array(z.string().max(256)).min(1).max(64).optional().describe("one of these; missing: anything"),
});
export type Lookup = z.infer<typeof lookupSchema>;
