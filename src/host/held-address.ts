import { networkInterfaces } from "node:os";
import { type HostContext, serviceIp } from "../cluster/facts.ts";

let looked = { at: Number.NEGATIVE_INFINITY, holds: false };

/** Does this host have the service address right now? The interface is the truth; VRRP states are opinions. */
export function holdsServiceAddress(context: HostContext): boolean {
  const holds = (networkInterfaces()[context.self.interface] ?? []).some(
    (entry) => entry.address === serviceIp(context.cluster),
  );
  looked = { at: performance.now(), holds };
  return holds;
}

const latelyMs = 500;

/** The same as of the last half second: to list the interfaces costs as much as a probe. */
export const heldLately = (context: HostContext): boolean =>
  performance.now() - looked.at < latelyMs ? looked.holds : holdsServiceAddress(context);
