import { Resolver } from "node:dns/promises";
import { orderSrv } from "../../sip/srv.ts";
import type { Place } from "../../sip/transport.ts";

/** Where a caller sends an INVITE for a domain: RFC 3263 by SRV, or by the plain addresses of its name. */

interface Srv {
  priority: number;
  weight: number;
  port: number;
  name: string;
}

/** A caller's resolver: asks again when the lifetime of what it was told is over, and lives with the old when nobody answers. */
export class Targets {
  private readonly resolver = new Resolver({ timeout: 300, tries: 2 });
  private readonly domain: string;
  private readonly by: "srv" | "a";
  private known: { srv: Srv; places: Place[] }[] = [];
  private expires = 0;
  private asking: Promise<void> | undefined;

  constructor(server: string, domain: string, by: "srv" | "a") {
    this.resolver.setServers([server]);
    this.domain = domain;
    this.by = by;
  }

  /** In the order in which they are to be tried. @throws Error when the name can not be resolved at all. */
  async next(): Promise<Place[]> {
    if (performance.now() >= this.expires) {
      this.asking ??= this.ask().finally(() => {
        this.asking = undefined;
      });
      await this.asking;
    }
    return orderSrv(
      this.known.map(({ srv, places }) => ({ ...srv, places })),
      Math.random,
    ).flatMap(({ places }) => places);
  }

  private async ask(): Promise<void> {
    try {
      const srv =
        this.by === "srv"
          ? await this.resolver.resolveSrv(`_sip._udp.${this.domain}`)
          : [{ priority: 0, weight: 0, port: 5060, name: this.domain }];
      let ttl = 3600;
      const known = await Promise.all(
        srv.map(async (one) => {
          const found = await this.resolver.resolve4(one.name, { ttl: true });
          ttl = Math.min(ttl, ...found.map((record) => record.ttl));
          return { srv: one, places: found.map(({ address }) => ({ address, port: one.port })) };
        }),
      );
      // Of several plain addresses each is a choice of its own.
      this.known = known.flatMap(({ srv, places }) =>
        places.map((place) => ({ srv: { ...srv, weight: Math.max(1, srv.weight) }, places: [place] })),
      );
      this.expires = performance.now() + ttl * 1000;
    } catch (error) {
      if (this.known.length === 0) throw error;
      this.expires = performance.now() + 1000;
    }
  }
}
