import type { Transaction } from "kysely";
import type { Tables } from "../db/tables.ts";
import { documents } from "../entities/document.ts";
import { Problem } from "../http/problems.ts";
import { microsOf } from "./money.ts";
import {
  type Currency,
  currencySchema,
  maxRevisions,
  priceListSchema,
  putPriceListSchema,
  type Revision,
} from "./price-schema.ts";

/** Adds a sheet, in the transaction of a change of this list. */
export async function addRevision(trx: Transaction<Tables>, carrier: string, added: Revision): Promise<void> {
  const row = await trx
    .selectFrom("price_lists")
    .select("body")
    .where("name", "=", carrier)
    .forUpdate()
    .executeTakeFirst();
  const before = row ? priceListSchema.parse(JSON.parse(row.body)).revisions : [];
  const body = JSON.stringify({ name: carrier, revisions: withRevision(before, added) });
  await trx
    .insertInto("price_lists")
    .values({ name: carrier, body })
    .onDuplicateKeyUpdate({ body })
    .execute();
}

const timeOf = ({ from }: Revision): number => Date.parse(from);

/** In the order of their times; one of the same time is replaced, and the oldest are forgotten. Pure. */
export const withRevision = (revisions: readonly Revision[], added: Revision): Revision[] =>
  inOrder([...revisions.filter((one) => timeOf(one) !== timeOf(added)), added]).slice(-maxRevisions);

/** Pure. */
export const inOrder = (revisions: readonly Revision[]): Revision[] =>
  revisions.toSorted((a, b) => timeOf(a) - timeOf(b));

/** Digests of which the database has no table: never imported here, or forgotten since. */
export async function missingSheets(
  trx: Transaction<Tables>,
  revisions: readonly Pick<Revision, "digest">[],
): Promise<string[]> {
  const tables = await trx.selectFrom("price_tables").select("digest").execute();
  const known = new Set(tables.map(({ digest }) => digest));
  return revisions.map(({ digest }) => digest).filter((digest) => !known.has(digest));
}

/** Which sheet of which carrier is in force when: the snapshot's part. The prices themselves are in tables of their own. */
export const prices = documents({
  kind: "prices",
  table: "price_lists",
  path: "prices",
  tag: "prices",
  schema: priceListSchema,
  key: priceListSchema.shape.name,
  replace: putPriceListSchema,
  check: async (trx, { revisions }) => {
    const [missing] = await missingSheets(trx, revisions);
    if (missing !== undefined) throw new Problem("not-found", `no sheet ${missing} was imported`);
  },
});

/** What money is worth, to compare prices in several currencies. */
export const currencies = documents({
  kind: "currency",
  table: "currencies",
  path: "currencies",
  tag: "prices",
  schema: currencySchema,
  key: currencySchema.shape.name,
  replace: currencySchema.partial({ name: true }),
});

/** What a unit of each currency is worth, in micros. */
export type Rates = ReadonlyMap<string, number>;

/** Pure. */
export const ratesOf = (all: Iterable<Currency>): Rates =>
  new Map([...all].map(({ name, rate }) => [name, microsOf(rate)]));
