import { NODATA, NOTFOUND, Resolver } from "node:dns/promises";
import { messageOf } from "../base/message.ts";
import type { CarrierAddress } from "./carrier-schema.ts";
import { isName, type Lookups, type NamedPlace, placesOf } from "./names.ts";

/** Where carriers and farms given by name are, looked up again and again beside the calls: no call waits for DNS. */

/** From one look at all names to the next: a change of records is known after that, and what caches remember. */
const refreshMs = 30_000;

const keyOf = ({ host, port, transport }: CarrierAddress): string => `${transport} ${host} ${port ?? ""}`;

const none: ReadonlySet<unknown> = new Set([NODATA, NOTFOUND]);

/** That there is no such record is an answer. */
async function orNothing<T>(asked: Promise<T[]>): Promise<T[]> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof Error && "code" in error && none.has(error.code)) return [];
    throw error;
  }
}

/** @param servers `address:port`; default: those of /etc/resolv.conf */
export function dnsLookups(servers?: readonly string[]): Lookups {
  const resolver = new Resolver({ timeout: 1000, tries: 2 });
  if (servers) resolver.setServers(servers);
  return {
    naptr: (name) => orNothing(resolver.resolveNaptr(name)),
    srv: (name) => orNothing(resolver.resolveSrv(name)),
    a: (name) => orNothing(resolver.resolve4(name)),
    aaaa: (name) => orNothing(resolver.resolve6(name)),
  };
}

interface Known {
  places: readonly NamedPlace[];
  /** Why the last look gave nothing. */
  problem?: string;
}

export class LiveNames {
  private readonly known = new Map<string, Known & { host: string }>();
  private readonly lookups: Lookups;
  private readonly onProblem: (host: string, problem: string) => void;

  /** @param onProblem told once, until it is over or another one */
  constructor(lookups: Lookups, onProblem: (host: string, problem: string) => void) {
    this.lookups = lookups;
    this.onProblem = onProblem;
  }

  /** Undefined: nothing is known. */
  placesOf(address: CarrierAddress): readonly NamedPlace[] | undefined {
    const places = this.known.get(keyOf(address))?.places;
    return places && places.length > 0 ? places : undefined;
  }

  /** Names that DNS does not explain, in words. */
  problems(): string[] {
    return [...this.known.values()].flatMap(({ host, places, problem }) =>
      problem === undefined
        ? []
        : [
            `DNS: ${host}: ${problem}; ${places.length > 0 ? "its last addresses are called" : "no call gets there"}`,
          ],
    );
  }

  /** Looks names up; what can not be asked keeps what it had. @param only those that are not known */
  async look(addresses: readonly CarrierAddress[], only: boolean): Promise<void> {
    const names = new Map(addresses.filter(isName).map((address) => [keyOf(address), address]));
    for (const key of this.known.keys()) if (!names.has(key)) this.known.delete(key);
    await Promise.all(
      [...names].map(async ([key, address]) => {
        const before = this.known.get(key);
        if (only && before) return;
        const found = await this.ask(address, before?.places ?? []);
        if (found.problem !== undefined && found.problem !== before?.problem)
          this.onProblem(address.host, found.problem);
        this.known.set(key, { ...found, host: address.host });
      }),
    );
  }

  private async ask(address: CarrierAddress, before: readonly NamedPlace[]): Promise<Known> {
    try {
      const places = await placesOf(address, this.lookups);
      // A name whose records are gone is more often a mistake than a wish: the carrier is removed for that.
      return places.length > 0 ? { places } : { places: before, problem: "has no address there" };
    } catch (error) {
      return { places: before, problem: messageOf(error) };
    }
  }

  /**
   * Runs until `signal` aborts.
   * @param wanted the addresses of now: another list where they changed
   * @param changed resolves when they may have, or its signal aborts
   */
  async run(
    wanted: () => readonly CarrierAddress[],
    changed: (signal: AbortSignal) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    let allAt = Number.NEGATIVE_INFINITY;
    while (!signal.aborted) {
      const isDue = performance.now() - allAt >= refreshMs;
      if (isDue) allAt = performance.now();
      // AbortSignal.timeout takes nothing but an integer.
      const left = Math.max(0, Math.ceil(allAt + refreshMs - performance.now()));
      // What changes during the look is not missed.
      const next = changed(AbortSignal.any([signal, AbortSignal.timeout(left)]));
      await this.look(wanted(), !isDue);
      await next;
    }
  }
}
