import { isIP } from "node:net";
import { networkTest } from "../directory/networks.ts";
import type { EntityIndex } from "../entities/entity.ts";
import type { Carrier } from "./carrier-schema.ts";

/** By the carrier's name: does a call from this address come from it? */
export type CarrierSources = ReadonlyMap<string, (address: string) => boolean>;

function testOf({ addresses, networks }: Carrier): (address: string) => boolean {
  const own = addresses.map(({ host }) => host).filter((host) => isIP(host) !== 0);
  const tests = [...own, ...networks].map(networkTest);
  return (address) => tests.some((contains) => contains(address));
}

export const sourcesIndex: EntityIndex<Carrier, CarrierSources> = {
  empty: new Map(),
  changed: (all, before, after) => {
    const changed = new Map(all);
    if (before) changed.delete(before.name);
    if (after) changed.set(after.name, testOf(after));
    return changed;
  },
};
