import type { HostContext } from "../../cluster/facts.ts";
import { waitingAt } from "../../host/evidence.ts";
import { kamailioRpc } from "./rpc.ts";

/**
 * How long requests over TCP wait before a worker reads them. They stand in the queues of their connections, where no packet of
 * Kamailio's own can be put behind them (sip/overload.cfg does that with its UDP sockets), and nothing is lost there: with two
 * workers and some megabytes for each connection it can become half a minute before anybody notices.
 */

/** What workers have taken since Kamailio's start. */
export interface Taken {
  /** Monotonic ms. */
  at: number;
  /** Bytes: SipLoad.tcp. */
  taken: number;
}

/** With less to do, bytes a second (about ten requests), no queue comes about; and it is not looked for. */
const busyRate = 8192;
/** Less is not told: what has come in this moment waits too. ms */
const leastMs = 20;
/** What can not be believed any more. ms */
const mostMs = 30_000;

const rateOf = (before: Taken, now: Taken): number =>
  now.at > before.at ? (1000 * (now.taken - before.taken)) / (now.at - before.at) : 0;

/** Is there so much to do that it is worth a look? (Never after a restart of Kamailio.) Pure. */
export const isBusy = (before: Taken, now: Taken): boolean => rateOf(before, now) >= busyRate;

/**
 * Whoever comes now waits until all that stands before it is taken, as quickly as lately. Pure.
 * @param queued bytes that wait
 * @returns ms
 */
export function waitOf(before: Taken, now: Taken, queued: number): number {
  if (!isBusy(before, now)) return 0;
  const ms = (1000 * queued) / rateOf(before, now);
  return ms < leastMs ? 0 : Math.round(Math.min(ms, mostMs));
}

let last: Taken | undefined;

/**
 * Looks, while many requests come over TCP, how long they wait, and tells Kamailio, which forgets it after 2 s. Costs nothing
 * while few do.
 * @param load `taken` undefined: of a release that does not count
 * @returns ms; 0: nobody waits
 * @throws Error as kamailioRpc
 */
export async function tellTcpWait(
  context: HostContext,
  load: { at: number; taken: number | undefined },
  signal: AbortSignal,
): Promise<number> {
  const { at, taken } = load;
  if (taken === undefined) return 0;
  const [before, now] = [last, { at, taken }];
  last = now;
  if (!before || !isBusy(before, now)) return 0;
  const ms = waitOf(before, now, waitingAt([context.cluster.sip.port], ["tcp", "tcp6"]));
  if (ms > 0) await kamailioRpc(context, "htable.seti", ["tcp", "wait", ms], signal);
  return ms;
}
