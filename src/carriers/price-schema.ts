import { z } from "zod";

/** Price tables as the API shows them: which sheets a carrier has, and since when each is in force. */

const name = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/,
    "must be 1 to 64 of letters, digits, '_', '.' and '-', beginning with a letter or digit",
  )
  .refine((text) => text !== "lookup", "is a reserved word");

const time = z.iso.datetime({ offset: true });
const currency = z.string().regex(/^[A-Z]{3}$/, "must be a currency such as EUR");

export const revisionSchema = z.strictObject({
  digest: z
    .string()
    .regex(/^[0-9a-f]{32}$/)
    .describe("of the sheet's content"),
  from: time.describe("in force from then on, until the next one"),
  prices: z.int().min(0),
  currency,
});
export type Revision = z.infer<typeof revisionSchema>;

/** At most so many sheets of a carrier are kept. */
export const maxRevisions = 100;

export const priceListSchema = z.strictObject({
  name: name.describe("the carrier"),
  revisions: z.array(revisionSchema).max(maxRevisions).describe("in the order of their times"),
});
export type PriceList = z.infer<typeof priceListSchema>;

/** The body of a replacement: sheets that were imported before, by their digests. */
export const putPriceListSchema = priceListSchema.partial({ name: true });

export const currencySchema = z.strictObject({
  name: currency,
  rate: z
    .string()
    .regex(/^\d{1,4}(\.\d{1,6})?$/, "must be a number such as 0.923456, with at most 6 decimals")
    .refine((text) => Number(text) > 0, "must be more than 0")
    .describe("what one unit is worth in the money that prices are compared in"),
});
export type Currency = z.infer<typeof currencySchema>;

/** Settings of an import that fit into a query. Named things as `name=text` and, between them, newlines. */
const pairs = z
  .string()
  .max(2000)
  .transform((text) =>
    Object.fromEntries(
      text
        .split("\n")
        .filter((line) => line.trim() !== "")
        .map((line) => {
          const at = line.indexOf("=");
          return at < 0 ? [line, ""] : [line.slice(0, at).trim(), line.slice(at + 1).trim()];
        }),
    ),
  );

export const importQuery = z.object({
  from: time.optional().describe("in force from then on; default: now"),
  dry_run: z.stringbool().default(false).describe("only say what is wrong with it, or what it has"),
  currency: currency.optional().describe("of prices that say none"),
  zone: z
    .string()
    .refine((zone) => {
      try {
        return new Intl.DateTimeFormat("en", { timeZone: zone }).resolvedOptions().timeZone !== "";
      } catch {
        return false;
      }
    }, "must be a time zone such as Europe/Berlin")
    .default("UTC")
    .describe("the clocks of its dates and times"),
  bands: pairs.default({}).describe("what its names of times mean: peak=mon-fri 08:00-18:00, one a line"),
  columns: pairs.default({}).describe("which header is which field: prefix=Wohin, one a line"),
  dates: z.enum(["dmy", "mdy"]).optional().describe("what comes first in 03/04/2026"),
  increments: z
    .string()
    .regex(/^\d{1,4}\/\d{1,4}$/, "must be seconds such as 60/1")
    .default("1/1")
    .describe("of prices that say none: first/next, seconds"),
});

export const importedSchema = z.object({
  carrier: z.string(),
  digest: z.string(),
  prices: z.int(),
  currency,
  from: time,
  rules_version: z.int().nullable().describe("null: it was only looked at"),
});

export const lookupQuery = z.object({
  number: z.string().regex(/^(\+|00)?[1-9]\d{1,17}$/, "must be a number with its country's code"),
  at: time.optional().describe("default: now"),
  seconds: z.coerce.number().int().min(1).max(86_400).default(180).describe("how long the call is"),
});

export const lookupSchema = z.object({
  number: z.string(),
  at: time,
  prices: z.array(
    z.object({
      carrier: z.string(),
      state: z.enum(["known", "expired", "gap", "blocked"]),
      prefix: z.string(),
      name: z.string(),
      currency,
      per_minute: z.string(),
      fee: z.string(),
      increments: z.string(),
      minimum: z.int(),
      billed_seconds: z.int(),
      cost: z.string().describe("of a call that long, in the carrier's currency"),
      compared: z.string().nullable().describe("in the money that prices are compared in; null: no rate"),
      digest: z.string(),
    }),
  ),
});
