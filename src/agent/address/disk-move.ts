import { diskFull, diskSilent, diskTroubles, hungMs } from "../../report/hardware.ts";
import type { Observation } from "../../report/observation.ts";
import { isPassive } from "../../report/policy.ts";
import { successorReport } from "./successor.ts";

/**
 * A holder whose disk is full or does not answer hands the service address over, to a node whose disk is in order: while
 * what is reserved for its journal lasts (journal/reserve.ts), or before much of it is in memory alone
 * (journal/carrier.ts). By plan, so that no call notices. Pure.
 */

/** After a move the address stays for so long: two nodes whose disks fill and empty in turn must not play ball. */
const steadyMs = 10_000;
/** So much later than it is told: the others' news of their own disks come first. Two may hang for the same reason. */
const newsMs = 500;
/** What carries calls and their records. */
const needed = ["kamailio", "rtpengine", "redis", "app", "keepalived"] as const;

/** To whom, and why; undefined: it stays, because all is well, or nobody's disk is better. */
export function diskSuccessor(o: Observation): { to: string; why: string } | undefined {
  const { hardware, duty } = o;
  if (!o.holds || o.stopping || o.drained !== undefined || o.heldMs < steadyMs || !hardware) return undefined;
  // A passive standby knows nothing of the calls: moving would cost them, and a full disk does not.
  if (isPassive(duty?.policy)) return undefined;
  const full = diskFull(hardware);
  const silent = diskSilent(hardware, hungMs);
  if (full === undefined || (silent && !diskSilent(hardware, hungMs + newsMs))) return undefined;
  const to = o.nodeOrder.find((name) => hasRoom(o, name));
  return to === undefined
    ? undefined
    : { to, why: `${full}; ${silent ? `that of ${to} does` : `${to} has room`}` };
}

/** Could it have the address, and is its disk well above what people are warned at? */
function hasRoom(o: Observation, name: string): boolean {
  const report = successorReport(o, name, needed);
  return (
    report?.hardware !== undefined &&
    diskTroubles(report.hardware).length === 0 &&
    !diskSilent(report.hardware, 0.001) &&
    (report.database?.facts?.primary === true || !o.primary)
  );
}
