import type { CallTimeline } from "./shortmsg.ts";

/** One attempt to call, as the caller saw it. Pure. */

/** One attempt to call: the first one, or the redial that follows a lost one. */
export interface Attempt extends CallTimeline {
  redial: boolean;
}

/** Did the caller get what it wanted: an answer before it lost patience? */
export const succeeded = (call: CallTimeline): boolean =>
  call.answered !== undefined && (call.cancelled === undefined || call.cancelled > call.answered);

/**
 * Has this attempt failed for good by `now`? Silence leaves nothing in the log, so it is told by the clock; a
 * caller that heard "trying" shows its failure by its CANCEL. Half a second is allowed for what is under way.
 */
export function hasFailed(call: CallTimeline, now: number, patienceMs: number): boolean {
  if (succeeded(call)) return false;
  if (call.rejected !== undefined || call.cancelled !== undefined) return true;
  return now > (call.firstReply ?? call.started) + patienceMs + 500;
}

/** By a node that had more calls than it can carry: sip/overload.cfg, route[REFUSE]. */
export const wasRefused = ({ answered, rejected }: CallTimeline): boolean =>
  answered === undefined && rejected?.code === 503 && rejected.reason === "Too Many Calls";
