import { numberOf } from "../call/number.ts";
import { amountText, converted, microsPerUnit } from "./money.ts";
import { type Price, type PriceBook, pricesOf } from "./price-book.ts";
import type { Rates } from "./prices.ts";
import { billedSeconds, costOf, type Tariff } from "./tariff.ts";

/** What a call through a carrier cost, by the sheet that was in force when it began. */

/** An answered call. */
export interface AnsweredCall {
  carrier: string;
  /** Where it was sent: the number in the carrier's own form. */
  target: string;
  /** As it was dialled. */
  number: string;
  startedMs: number;
}

/** One that is over. */
export interface ChargedCall extends AnsweredCall {
  durationMs: number;
}

export interface Charge {
  currency: string;
  per_minute: string;
  billed_seconds: number;
  cost: string;
}

/** Shorter ones are no numbers of E.164 with their country's code: short numbers, extensions. */
const shortest = 7;

/**
 * The digits of E.164 that a carrier was sent, taken back out of its own form of numbers; empty: they can not be known. Pure.
 * @param form how it wants numbers, e.g. `00{digits}`
 */
export function digitsSent(form: string, target: string, dialled: string): string {
  const [, before = "", placeholder = ""] = /^(.*)\{(number|digits|rest)\}$/.exec(form) ?? [];
  const sent = numberOf(target);
  const number = placeholder !== "rest" && sent.startsWith(before) ? sent.slice(before.length) : dialled;
  const plain =
    placeholder === "digits" && number === sent.slice(before.length)
      ? `+${number.replace(/^\+/, "")}`
      : number;
  const digits = /^\+(\d+)$/.exec(plain)?.[1] ?? "";
  return digits.length >= shortest ? digits : "";
}

function priceOf(book: PriceBook, form: string, call: AnsweredCall): Price | undefined {
  const digits = digitsSent(form, call.target, call.number);
  if (digits === "") return undefined;
  const price = pricesOf(book, digits, call.startedMs).find(({ carrier }) => carrier === call.carrier);
  return price?.state === "known" ? price : undefined;
}

/** What one unit is worth in the money that prices are compared in, micros; without any rates all prices are of one currency. */
const rateOf = (rates: Rates, currency: string): number | undefined =>
  rates.get(currency) ?? (rates.size === 0 ? microsPerUnit : undefined);

/** An amount in the money that prices are compared in, micros; undefined: its currency has no rate. Pure. */
export function inComparedMoney(micros: number, currency: string, rates: Rates): number | undefined {
  const rate = rateOf(rates, currency);
  return rate === undefined ? undefined : converted(micros, rate);
}

/** What a call costs while it goes on, in the money that prices are compared in; undefined: nobody knows. Pure. */
export function tariffOf(
  book: PriceBook,
  form: string,
  rates: Rates,
  call: AnsweredCall,
): Tariff | undefined {
  const price = priceOf(book, form, call);
  const rate = price && rateOf(rates, price.currency);
  if (!price || rate === undefined) return undefined;
  const { perMinute, fee, first, next, minimum } = price;
  return { perMinute: converted(perMinute, rate), fee: converted(fee, rate), first, next, minimum };
}

/** Null: no price is known. Pure: the same on every node, while it has the sheet that was in force. */
export function chargeOf(book: PriceBook, form: string, call: ChargedCall): Charge | null {
  const price = priceOf(book, form, call);
  if (!price) return null;
  const billed = billedSeconds(price, call.durationMs);
  return {
    currency: price.currency,
    per_minute: amountText(price.perMinute),
    billed_seconds: billed,
    cost: amountText(costOf(price, billed)),
  };
}
