import type { HardwareReport } from "./hardware.ts";
import type { HostReport, PeerNews } from "./host-report.ts";
import type { Observation } from "./observation.ts";
import type { Sighting } from "./verdict.ts";

/** News of other hosts, direct and by way of a third. */

/** News older than this proves no contact: two polls and a little. */
export const contactMs = 700;

/** News that came by way of a third host takes two polls more. */
export const indirectMs = 1600;

/**
 * A third host proves a peer alive only with news that is so much fresher than our own last: two polls. When the peer
 * dies, everyone's last news of it is equally stale, and believing the witness would cost the survivor the address.
 */
export const fresherMs = 500;

export interface Known extends Sighting {
  name: string;
  direct: boolean;
}

/** A node without VRRP can not be given the address: leaving it to such a one leaves it to nobody. */
export const canTake = ({ verdict, parts }: HostReport): boolean =>
  verdict.mayHold && parts.keepalived?.ok !== false;

/** Under this share of the time in which somebody waited, %, a host is not short of anything. */
const pressedPercent = 20;

/** How much of the last 10 s somebody waited for a processor or the disk, %; not known: 0. */
const pressureOf = (hardware: HardwareReport | undefined): number =>
  Math.max(hardware?.pressure?.cpu ?? 0, hardware?.pressure?.io ?? 0);

/**
 * Is there a reason to believe that what takes too long here would be done faster there? Not where both are short of
 * processors or disks: the same load kills there what it killed here.
 */
export function betterOff(here: Pick<Observation, "hardware">, there: HostReport): boolean {
  const own = pressureOf(here.hardware);
  return own < pressedPercent || 2 * pressureOf(there.hardware) < own;
}

/** What a host tells others of one that it hears itself. */
export function sightingOf({ ageMs, report }: PeerNews): Sighting {
  const { holds, term, verdict, database, serves } = report;
  const primary = database?.facts?.primary ?? false;
  const base = { ageMs, holds, term, mayHold: verdict.mayHold, primary };
  return serves === undefined ? base : { ...base, serves: serves.ok };
}

/** The freshest news of every other data node, direct or by way of a third host. */
export function knownNodes(o: Observation): Known[] {
  return o.nodeOrder
    .filter((name) => name !== o.host)
    .flatMap((name): Known[] => {
      const news = o.peers[name];
      if (news && news.ageMs <= contactMs) {
        return [{ name, direct: true, ...sightingOf(news) }];
      }
      const indirect = Object.entries(o.peers)
        .flatMap(([via, third]) => {
          const sighting =
            third && via !== name && third.ageMs <= contactMs ? third.report.sees[name] : undefined;
          return sighting && third ? [{ ...sighting, ageMs: sighting.ageMs + third.ageMs }] : [];
        })
        .filter((sighting) => sighting.ageMs <= indirectMs)
        .filter((sighting) => news === undefined || sighting.ageMs + fresherMs <= news.ageMs)
        .sort((x, y) => x.ageMs - y.ageMs)[0];
      return indirect ? [{ name, direct: false, ...indirect }] : [];
    });
}
