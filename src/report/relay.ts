import { betterOff, canTake, contactMs } from "./news.ts";
import type { Observation } from "./observation.ts";
import { isPassive } from "./policy.ts";

/** Audio as a reason to move the address. Pure. */

/** After a move a relay that fails is restarted in place for so long: two sick relays must not play ball with the calls. */
export const relaySteadyMs = 10_000;

/**
 * Audio: a dead or hung media relay moves the address to a node whose relay is healthy, because that one has all calls
 * and goes on with them within milliseconds; a restart in place takes longer. Where nobody's is better it is no reason.
 */
export function betterRelay(o: Observation): string | undefined {
  const relay = o.parts.rtpengine;
  // A passive standby's relay has no call to go on with.
  if (!relay || relay.ok || isPassive(o.duty?.policy)) return undefined;
  if (o.holds && o.heldMs < relaySteadyMs) return undefined;
  const better = o.nodeOrder.find((name) => {
    const news = o.peers[name];
    if (!news || news.ageMs > contactMs || !canTake(news.report)) return false;
    const theirs = news.report.parts.rtpengine;
    return (
      theirs?.ok === true &&
      theirs.busy === undefined &&
      (relay.busy === undefined || betterOff(o, news.report))
    );
  });
  return better === undefined ? undefined : `media relay: ${relay.detail}; ${better} has a healthy one`;
}
