import { memberName } from "./balance.ts";
import type { Carrier, CarrierAddress } from "./carrier-schema.ts";
import type { Farm } from "./farm-schema.ts";
import { isName, type Reach } from "./names.ts";

/** Carriers and farms' targets that fail: Kamailio passes them over, the agent asks them by OPTIONS, and whoever decides knows. */

/** What the agent told is believed for so long: it tells every 2 s, at the holder of the service address. */
const believedMs = 10_000;

export class BrokenCarriers {
  private names: ReadonlySet<string> = new Set();
  private silent: ReadonlySet<string> = new Set();
  private at = Number.NEGATIVE_INFINITY;
  private readonly clock: () => number;

  constructor(clock: () => number = () => performance.now()) {
    this.clock = clock;
  }

  /** @param silent `address:port` of those that do not answer OPTIONS */
  told(names: readonly string[], silent: readonly string[] = []): void {
    this.names = new Set(names);
    this.silent = new Set(silent);
    this.at = this.clock();
  }

  has(name: string): boolean {
    return this.names.has(name) && this.clock() - this.at < believedMs;
  }

  isSilent(address: string, port: number): boolean {
    return this.silent.has(`${address}:${port}`) && this.clock() - this.at < believedMs;
  }
}

interface Listed {
  parts: { carriers: { values(): Iterable<Carrier> }; farms: { values(): Iterable<Farm> } };
}

type Places = Reach["placesOf"];

/** Names by what DNS has for them; while that is not known nobody is asked. */
const asked = (addresses: readonly CarrierAddress[], placesOf: Places): { host: string; port: number }[] =>
  addresses.flatMap((one) => {
    const { host, port = 5060, transport } = one;
    const places = isName(one)
      ? (placesOf(one) ?? [])
      : [{ address: host, port, transport: transport === "tcp" ? transport : "udp" }];
    return places
      .filter((place) => place.transport === "udp")
      .map((place) => ({ host: place.address, port: place.port }));
  });

/** Who is to be asked by OPTIONS, for the agent (agent/calls/probing.ts). Pure. */
export const carriersToAsk = ({ parts }: Listed, placesOf: Places) =>
  [
    ...[...parts.carriers.values()]
      .filter(({ enabled }) => enabled)
      .map(({ name, addresses, probe_s }) => ({
        name,
        addresses: asked(addresses, placesOf),
        every_s: probe_s,
      })),
    ...[...parts.farms.values()].flatMap(({ name, targets, probe_s }) =>
      targets.map((target) => ({
        name: memberName(name, target),
        addresses: asked([target], placesOf),
        every_s: probe_s,
      })),
    ),
  ].filter(({ addresses, every_s }) => addresses.length > 0 && every_s > 0);
