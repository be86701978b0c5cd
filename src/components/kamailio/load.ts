import { ports } from "../../cluster/facts.ts";
import { SipAsker } from "./options.ts";

/** What Kamailio says of its work at its socket for this host's agent (sip/overload.cfg, route[HEALTH]). */
export interface SipLoad {
  /** New calls a second that it takes at most; 0: all. */
  limit: number;
  /** Calls and registrations that were refused since its start, because there were too many. */
  refused: number;
  /** How long a request waited in the queue of the socket that calls come in at, when it was measured last; ms; -1: not yet. */
  lag: number;
  /** Requests that its workers have taken since its start, of all sockets. */
  served: number;
  /** Bytes of those that came over TCP; a server of a release before this one does not say it. */
  tcp?: number;
  /** What strangers tried since its start; a server of a release before this one says nothing of it. */
  intruders?: Intruders;
}

export interface Intruders {
  /** Sources that were banned for wrong passwords, and the last of them ("0": none). */
  banned: number;
  guilty: string;
  /** Messages in the name of another node, without the cluster's seal. */
  forged: number;
}

/** Pure. @throws Error when the header is missing or another. */
export function parseLoad(text: string): SipLoad {
  const [, limit, refused, lag, served, tcp, banned, forged, guilty = ""] =
    /^X-Dialtone-Load: limit=(\d+);refused=(\d+);lag=(-?\d+);served=(\d+)(?:;tcp=(\d+))?(?:;banned=(\d+);forged=(\d+);guilty=(\S+))?\r?$/m.exec(
      text,
    ) ?? [];
  if (served === undefined) throw new Error(`Kamailio's probe socket answered without its load: ${text}`);
  return {
    ...{ limit: Number(limit), refused: Number(refused), lag: Number(lag), served: Number(served) },
    ...(tcp === undefined ? {} : { tcp: Number(tcp) }),
    ...(banned === undefined
      ? {}
      : { intruders: { banned: Number(banned), forged: Number(forged), guilty } }),
  };
}

const asker = new SipAsker("127.0.0.1", ports.sipProbe);

/** Answered by a worker of its own, also while those for calls have too much to do. @throws Error as SipAsker.ask does */
export const sipLoad = async (signal: AbortSignal): Promise<SipLoad> =>
  parseLoad((await asker.ask(signal)).text);
