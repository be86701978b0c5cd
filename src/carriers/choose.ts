import type { CarrierLimits } from "./limit-schema.ts";
import { amountText, converted, microsPerUnit } from "./money.ts";
import type { Reach } from "./names.ts";
import { emptyBook, type Price, type PriceBook, pricesOf } from "./price-book.ts";
import type { Rates } from "./prices.ts";
import type { Usage, Watched } from "./spending.ts";
import { billedSeconds, costOf } from "./tariff.ts";

/** Which carriers a call is offered to, and in which order: the cheapest that may be asked first. */

export interface Contender {
  name: string;
  limits?: CarrierLimits | undefined;
}

/** What is known of a carrier beside its prices. */
export interface Standing {
  /** Calls in progress through it, on all nodes. */
  calls: number;
  /** This call is there already: its INVITE was repeated, and this node has not seen it before. */
  isHere?: boolean;
  /** Calls that it was offered within the last second, on all nodes. */
  lastSecond: number;
  /** Of its last calls; undefined: too few to say. */
  answeredPercent: number | undefined;
  /** From INVITE to its ringing, of its last calls, ms; undefined: not known. */
  delayMs?: number | undefined;
  health: "well" | "ill" | "dead";
}

export interface Wish {
  callId?: string;
  /** Of what kind the called number is: `mobile DE`. */
  destination?: string | undefined;
  /** Digits of E.164, without +; empty: not a number of E.164, so that no price is known. */
  digits: string;
  /** Unix time, ms. */
  now: number;
  /** Passes over every limit, any price and any sheet. */
  emergency: boolean;
  /** Costs are compared for a call of so many seconds. */
  seconds: number;
  /** Micros a minute, in the money that prices are compared in: dearer carriers are not asked, nor those of unknown price. */
  maxPerMinute?: number | undefined;
}

export interface World {
  book: PriceBook;
  rates: Rates;
  /** Where names lead; missing: nobody knows. */
  reach?: Reach;
  /** What was called outside under the eyes of a guard. */
  usage?(watched: Watched): Usage;
  /** @param callId this call itself does not count: it may be decided again, when its INVITE is repeated at another node */
  standing(carrier: string, callId?: string, destination?: string): Standing;
  users: {
    /** Calls that a user makes or has answered, on all nodes. @param callId this call itself does not count */
    callsOf(user: string, callId?: string): { out: number; in: number };
    /** For how long it has been in none; undefined: longer than anybody knows. */
    idleMs(user: string): number | undefined;
    /** Calls, where a rule asks for that. @param callId but this one */
    inProgress(callId: string): number;
  };
}

/** Nothing is known: for whoever decides without an app around it. */
export const noWorld: World = {
  book: emptyBook,
  rates: new Map(),
  standing: () => ({ calls: 0, lastSecond: 0, answeredPercent: undefined, health: "well" }),
  users: { callsOf: () => ({ out: 0, in: 0 }), idleMs: () => undefined, inProgress: () => 0 },
};

export interface Ranked {
  carrier: string;
  /** Undefined: not known. */
  price: Price | undefined;
  /** Of a call of that length, in micros of the money that prices are compared in; undefined: not known. */
  cost: number | undefined;
  why: string;
}

export interface Choice {
  chosen: Ranked[];
  passedOver: { carrier: string; why: string }[];
}

/** Later ranks are asked after all of the ranks before them, whatever they cost. */
const ranks = { here: -1, usual: 0, poor: 1, unknownPrice: 2, ill: 3, dead: 4 } as const;

interface Judged extends Ranked {
  rank: number;
  calls: number;
}

/** Prices of one currency need no rate, as long as there are no others. */
function rateOf(price: Price, rates: Rates, others: readonly Price[]): number | undefined {
  const rate = rates.get(price.currency);
  if (rate !== undefined) return rate;
  return rates.size === 0 && others.every(({ currency }) => currency === price.currency)
    ? microsPerUnit
    : undefined;
}

const refusedBy = ({ calls, calls_per_second }: CarrierLimits, standing: Standing): string | undefined => {
  if (calls !== undefined && standing.calls >= calls)
    return `has ${standing.calls} calls, of ${calls} that it may have`;
  if (calls_per_second !== undefined && standing.lastSecond >= calls_per_second)
    return `was asked ${standing.lastSecond} times within a second, of ${calls_per_second} that it may be`;
  return undefined;
};

const unknownBecause = (price: Price | undefined, rate: number | undefined): string | undefined => {
  if (!price) return "has no price for this number";
  if (price.state === "expired") return `its price for ${price.prefix} has ended`;
  if (price.state === "gap") return `has no price for ${price.prefix} at this time of the week`;
  return rate === undefined ? `its price is in ${price.currency}, which has no rate` : undefined;
};

/**
 * The carriers that a call is offered to, one after the other. First those whose price is known, of them the cheapest; equal
 * ones by who has fewer calls. Behind them those that answer too few calls, then those of unknown price, then ill and dead ones:
 * with those a call may still get through. Pure; some microseconds a carrier.
 */
export function choose(contenders: readonly Contender[], wish: Wish, world: World): Choice {
  const prices = wish.digits === "" ? [] : pricesOf(world.book, wish.digits, wish.now);
  const judged: Judged[] = [];
  const passedOver: Choice["passedOver"] = [];
  for (const { name, limits = {} } of contenders) {
    const price = prices.find(({ carrier }) => carrier === name);
    const standing = world.standing(name, wish.callId, wish.destination);
    const rate = price && rateOf(price, world.rates, prices);
    const unknown = unknownBecause(price, rate);
    const perMinute = price && rate !== undefined ? converted(price.perMinute, rate) : undefined;
    // To another one it would be a second call.
    const against =
      wish.emergency || standing.isHere
        ? undefined
        : (refusedBy(limits, standing) ??
          (price?.state === "blocked" ? `takes no calls to ${price.prefix}` : undefined) ??
          tooDear(wish.maxPerMinute, unknown, perMinute));
    if (against !== undefined) {
      passedOver.push({ carrier: name, why: against });
      continue;
    }
    const cost =
      unknown === undefined && price && rate !== undefined
        ? converted(costOf(price, billedSeconds(price, wish.seconds * 1000)), rate)
        : undefined;
    const { rank, why } = rankOf(standing, limits, unknown, cost, wish.seconds);
    judged.push({ carrier: name, price, cost, rank, why, calls: standing.calls });
  }
  judged.sort(
    (a, b) =>
      a.rank - b.rank ||
      (a.cost ?? Number.MAX_SAFE_INTEGER) - (b.cost ?? Number.MAX_SAFE_INTEGER) ||
      a.calls - b.calls ||
      (a.carrier < b.carrier ? -1 : 1),
  );
  return {
    chosen: judged.map(({ carrier, price, cost, why }) => ({ carrier, price, cost, why })),
    passedOver,
  };
}

function tooDear(
  most: number | undefined,
  unknown: string | undefined,
  perMinute: number | undefined,
): string | undefined {
  if (most === undefined) return undefined;
  if (unknown !== undefined || perMinute === undefined) return `${unknown}, and the price has a limit`;
  return perMinute > most
    ? `asks ${amountText(perMinute)} a minute, more than ${amountText(most)}`
    : undefined;
}

function rankOf(
  { health, answeredPercent, delayMs, isHere }: Standing,
  { min_answered_percent, max_ring_ms }: CarrierLimits,
  unknown: string | undefined,
  cost: number | undefined,
  seconds: number,
): { rank: number; why: string } {
  if (isHere) return { rank: ranks.here, why: "has this call already" };
  if (health === "dead") return { rank: ranks.dead, why: "does not answer" };
  if (health === "ill") return { rank: ranks.ill, why: "fails calls" };
  if (unknown !== undefined) return { rank: ranks.unknownPrice, why: unknown };
  const costs = `${seconds} s cost ${amountText(cost ?? 0)}`;
  if (min_answered_percent !== undefined && (answeredPercent ?? 100) < min_answered_percent)
    return {
      rank: ranks.poor,
      why: `${costs}, but only ${answeredPercent} % of its last calls were answered, of ${min_answered_percent} % that should be`,
    };
  if (max_ring_ms !== undefined && (delayMs ?? 0) > max_ring_ms)
    return {
      rank: ranks.poor,
      why: `${costs}, but it rang after ${delayMs} ms (median of its last calls), of ${max_ring_ms} that it may take`,
    };
  return { rank: ranks.usual, why: costs };
}
