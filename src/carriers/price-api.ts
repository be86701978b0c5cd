import type { Readable } from "node:stream";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { Problem } from "../http/problems.ts";
import { amountText, converted } from "./money.ts";
import { nameOf, type Price, type PriceBook, pricesOf } from "./price-book.ts";
import { priceFields } from "./price-columns.ts";
import { importedSchema, importQuery, lookupQuery, lookupSchema, priceListSchema } from "./price-schema.ts";
import { columnsNamed, type PriceStore } from "./price-store.ts";
import type { Rates } from "./prices.ts";
import { billedSeconds, costOf } from "./tariff.ts";

export interface PriceServices {
  store: PriceStore;
  live: { catchUp(): Promise<void> };
  prices: { book: PriceBook; refresh(): Promise<void> };
  rates: () => Rates;
}

/** POST /v1/prices/:name/import and GET /v1/prices/lookup. */
export const priceRoutes =
  ({ store, live, prices, rates }: PriceServices): FastifyPluginAsyncZod =>
  async (app) => {
    // As it comes: a sheet may be larger than what is taken into memory.
    app.addContentTypeParser("text/csv", (_request, payload, done) => done(null, payload));
    app.post(
      "/v1/prices/:name/import",
      {
        schema: {
          summary: "A carrier's sheet (text/csv): its prices are in force from a time on",
          tags: ["prices"],
          params: z.object({ name: priceListSchema.shape.name }),
          querystring: importQuery,
          response: { 200: importedSchema },
        },
      },
      async ({ params: { name }, query, body }) => {
        if (typeof (body as Readable | undefined)?.pipe !== "function")
          throw new Problem("unsupported-media-type", "send the sheet as text/csv");
        const [first = 1, next = 1] = query.increments.split("/").map(Number);
        const from = query.from === undefined ? new Date() : new Date(query.from);
        const { version, ...facts } = await store.import(name, body as Readable, {
          from,
          dryRun: query.dry_run,
          sheet: {
            currency: query.currency,
            zone: query.zone,
            bands: query.bands,
            columns: columnsNamed(query.columns, priceFields),
            dates: query.dates,
            increments: { first: Math.max(1, first), next: Math.max(1, next) },
          },
        });
        await live.catchUp();
        return { carrier: name, ...facts, from: from.toISOString(), rules_version: version };
      },
    );
    app.get(
      "/v1/prices/lookup",
      {
        schema: {
          summary: "What each carrier asks for a call",
          tags: ["prices"],
          querystring: lookupQuery,
          response: { 200: lookupSchema },
        },
      },
      async ({ query }) => {
        const at = query.at === undefined ? Date.now() : Date.parse(query.at);
        return {
          number: query.number,
          at: new Date(at).toISOString(),
          prices: pricesFor(prices.book, rates(), query.number, query.seconds, at),
        };
      },
    );
  };

/** What each carrier asks for a call, the cheapest first. Pure. @param at Unix time, ms */
export const pricesFor = (book: PriceBook, rates: Rates, number: string, seconds: number, at: number) =>
  pricesOf(book, number.replace(/^(\+|00)/, ""), at)
    .map((price) => priceShown(book, price, seconds, rates))
    .toSorted((a, b) => Number(a.compared ?? 1e9) - Number(b.compared ?? 1e9));

/** One price, for people. Pure. */
export function priceShown(book: PriceBook, price: Price, seconds: number, rates: Rates) {
  const billed = billedSeconds(price, seconds * 1000);
  const cost = costOf(price, billed);
  const rate = rates.get(price.currency);
  return {
    carrier: price.carrier,
    state: price.state,
    prefix: price.prefix,
    name: nameOf(book, price),
    currency: price.currency,
    per_minute: amountText(price.perMinute),
    fee: amountText(price.fee),
    increments: `${price.first}/${price.next}`,
    minimum: price.minimum,
    billed_seconds: billed,
    cost: amountText(cost),
    compared: rate === undefined ? null : amountText(converted(cost, rate)),
    digest: price.digest,
  };
}
