import { setTimeout as delay } from "node:timers/promises";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { numberOf } from "../call/number.ts";
import { type HostContext, nodes } from "../cluster/facts.ts";
import type { Database } from "../db/database.ts";
import { peerClient } from "../http/peer-reader.ts";
import { BrokenCarriers } from "./broken.ts";
import { callNewsRoutes, learnFrom } from "./call-exchange.ts";
import type { Patience } from "./call-news.ts";
import { CallWatch, type WatchedJournal } from "./call-watch.ts";
import type { CarrierAddress } from "./carrier-schema.ts";
import { type Charge, type ChargedCall, chargeOf, tariffOf } from "./charge.ts";
import type { World } from "./choose.ts";
import { LiveCalls } from "./live-calls.ts";
import { dnsLookups, LiveNames } from "./live-names.ts";
import { type Lists, LivePrices } from "./live-prices.ts";
import type { Reach } from "./names.ts";
import { priceRoutes, pricesFor } from "./price-api.ts";
import type { Currency } from "./price-schema.ts";
import { PriceStore } from "./price-store.ts";
import { type Rates, ratesOf } from "./prices.ts";

/** What carriers need of the data that decides calls. */
interface Live {
  snapshot: {
    parts: {
      prices: Lists;
      currencies: { values(): Iterable<Currency> };
      carriers: {
        size: number;
        get(name: string): { number: string } | undefined;
        values(): Iterable<{ addresses: readonly CarrierAddress[] }>;
      };
      farms: { size: number; values(): Iterable<{ targets: readonly CarrierAddress[] }> };
    };
    indexes: {
      /** Of how many users calls are limited, and how many groups ring by who is idle. */
      users: { limited: number };
      groups: { byIdle: number };
      rules: { calls: number };
    };
  };
  catchUp(): Promise<void>;
  changed(signal: AbortSignal): Promise<void>;
}

interface Events {
  pricesReady(facts: { tables: number; prices: number; ms: number }): void;
  pricesFail(error: unknown): void;
  pricesNotPruned(error: unknown): void;
  journalFollowFault(directory: string, error: unknown): void;
  nameUnknown(host: string, problem: string): void;
}

/** Prices and calls in progress: what is kept beside the snapshot for calls through carriers. */
export interface CarrierService {
  calls: LiveCalls;
  /** What carriers are chosen by. */
  world: World;
  /** Those that are left alone, as the host's agent says. */
  broken: BrokenCarriers;
  /** Where names lead, looked up beside the calls. */
  names: LiveNames;
  reach: Reach;
  routes: FastifyPluginAsyncZod[];
  charge(call: ChargedCall): Charge | null;
  /** What each carrier asks now for a call of so many seconds, the cheapest first. */
  pricesFor(number: string, seconds: number): ReturnType<typeof pricesFor>;
  /** Resolves when prices are known, or do not come: records of calls that ended meanwhile want them. */
  ready(signal: AbortSignal): Promise<void>;
  run(signal: AbortSignal): Promise<void>;
  prune(): Promise<void>;
}

const readyMs = 10_000;
const sweepMs = 30_000;

export interface CarrierParts {
  context: HostContext;
  database: Database;
  live: Live;
  journals: readonly WatchedJournal[];
  /** Where this host keeps prices. */
  directory: string;
  patience: Patience;
  events: Events;
}

export function createCarriers(parts: CarrierParts): CarrierService {
  const { context, database, live, journals, directory, patience, events } = parts;
  const store = new PriceStore(database, directory);
  const prices = new LivePrices(
    store,
    () => live.snapshot.parts.prices,
    (signal) => live.changed(signal),
    events,
  );
  const followsUsers = (): boolean => {
    const { users, groups, rules } = live.snapshot.indexes;
    return users.limited + groups.byIdle + rules.calls > 0;
  };
  const formOf = (carrier: string): string => live.snapshot.parts.carriers.get(carrier)?.number ?? "{number}";
  const calls = new LiveCalls(patience, undefined, followsUsers, (carrier, { target, to }) =>
    tariffOf(prices.book, formOf(carrier), rates(), {
      carrier,
      target,
      number: numberOf(to),
      startedMs: Date.now(),
    }),
  );
  const watch = new CallWatch(journals, (event) => calls.seen(event), events.journalFollowFault);
  const broken = new BrokenCarriers();
  const names = new LiveNames(dnsLookups(), events.nameUnknown);
  const reach: Reach = {
    placesOf: (address) => names.placesOf(address),
    isSilent: (address, port) => broken.isSilent(address, port),
  };
  const addresses = (): CarrierAddress[] => {
    const { carriers, farms } = live.snapshot.parts;
    return [
      ...[...carriers.values()].flatMap((carrier) => carrier.addresses),
      ...[...farms.values()].flatMap(({ targets }) => targets),
    ];
  };
  const rates = (): Rates => ratesOf(live.snapshot.parts.currencies.values());
  const isNobody = (): boolean => {
    const { carriers, farms } = live.snapshot.parts;
    return carriers.size === 0 && farms.size === 0 && !followsUsers();
  };
  /** Resolves when there are carriers, farms, or users whose calls count, or `signal` aborts. */
  const wanted = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted && isNobody()) await live.changed(signal);
  };
  const peers = nodes(context.cluster).filter(({ name }) => name !== context.self.name);
  return {
    calls,
    world: worldOf(prices, rates, calls, broken, reach),
    broken,
    names,
    reach,
    routes: [priceRoutes({ store, live, prices, rates }), callNewsRoutes(calls)],
    pricesFor: (number, seconds) => pricesFor(prices.book, rates(), number, seconds, Date.now()),
    charge: (call) => chargeOf(prices.book, formOf(call.carrier), call),
    ready: async (signal) => {
      await Promise.race([
        prices.refresh().catch(() => {}),
        delay(readyMs, undefined, { signal, ref: false }).catch(() => {}),
      ]);
    },
    run: async (signal) => {
      const clients = peers.map(({ name }) =>
        peerClient(context, name, { port: context.cluster.api.port, connections: 1, connectMs: 1000 }),
      );
      await Promise.all([
        prices.run(signal),
        watch.run(signal, wanted),
        ...clients.map((client) => learnFrom(client, calls, signal, wanted)),
        sweep(calls, signal),
        names.run(addresses, (until) => live.changed(until), signal),
      ]);
      await Promise.all(clients.map((client) => client[Symbol.asyncDispose]()));
    },
    prune: () => prices.prune(),
  };
}

const worldOf = (
  prices: LivePrices,
  rates: () => Rates,
  calls: LiveCalls,
  broken: BrokenCarriers,
  reach: Reach,
): World => ({
  reach,
  get book() {
    return prices.book;
  },
  get rates() {
    return rates();
  },
  usage: (watched) => calls.spending.usage(watched),
  standing: (carrier, callId, destination) => ({
    calls: calls.callsOf(carrier, callId),
    isHere: callId !== undefined && calls.isAt(callId, carrier),
    lastSecond: calls.lastSecond(carrier),
    answeredPercent: calls.quality.answeredPercent(carrier, destination),
    delayMs: calls.quality.ringMs(carrier, destination),
    health: broken.has(carrier) ? "dead" : "well",
  }),
  users: calls.users,
});

async function sweep(calls: LiveCalls, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await delay(sweepMs, undefined, { signal }).catch(() => {}); // aborted: the loop ends
    calls.sweep();
  }
}
