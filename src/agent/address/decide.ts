import type { HostRole } from "../../cluster/schema.ts";
import { type FenceView, mayBeElected, whomToFence } from "../../fencing/decide.ts";
import type { HostReport } from "../../report/host-report.ts";
import type { Observation } from "../../report/observation.ts";
import type { PartName } from "../../report/parts.ts";
import { claimsOf, type Plan, planAnnouncements } from "./announcements.ts";
import { diskSuccessor } from "./disk-move.ts";
import { failbackTo } from "./failback.ts";
import { mustResync } from "./judge.ts";

/**
 * What a node's agent does about its verdict: keepalived's track file, parts and addresses that do not obey, fencing,
 * the end of a handover, announcements. Pure: plain data in, actions out, in the order in which they are to be done
 * (act.ts does them). All times in ms of the monotonic clock. docs/decisions/0015-judgement.md
 */

/** keepalived obeys its track file within 15 ms (measured); one that does not after so long is hung. */
const disobedienceMs = 400;
/** A new agent does not know its peers yet; the address may wait for them so long. */
const settleMs = 1000;
/** An address taken beside the holder that VRRP has not given us by then is none of ours. */
const unconfirmedMs = 1500;
const giveUpMs = 5000;
/** A handover of this host's own will that came to nothing is not tried again before. */
const handAgainMs = 30_000;

export type Action =
  /** keepalived may, or must not, stand for election. */
  | { do: "write-track"; fit: boolean }
  /** With SIGKILL; its agent starts it again. */
  | { do: "kill-part"; part: PartName; why: string }
  /** Off the interface, if it is there. */
  | { do: "drop-address"; why: string }
  /** Beside its holder, which hands it over to this host. */
  | { do: "take-address"; from: string }
  /** The address was taken beside its holder, and VRRP did not confirm it. */
  | { do: "end-taking" }
  /** done: this host has given the address up. */
  | { do: "end-handover"; done: boolean }
  /** By plan, to a node that is better off. */
  | { do: "hand-over"; to: string; why: string }
  /** One gratuitous ARP. */
  | { do: "announce" }
  /** Switch a node off, in this term of the claims to the address. */
  | { do: "fence"; host: string; term: number }
  /** Where the database ended. */
  | { do: "read-disk" };

/** How a planned handover stands, on both sides (switchover.ts). */
export interface HandoverState {
  /** To whom this host gives the address, since how long, and how much longer than usual that may take. */
  giving?: { to: string; forMs: number; extraMs: number };
  /** The successor has the address too, and this host keeps it for a moment, whatever the verdict says. */
  overlaps: boolean;
  /** How long ago this host took the address beside its holder; undefined: it did not, or VRRP confirmed it. */
  takenMs?: number;
}

export interface Situation {
  now: number;
  observation: Observation;
  /** The verdict on that observation. */
  mayHold: boolean;
  /** How long this agent has run. */
  uptimeMs: number;
  /** What the track file says, as far as this agent has written it; fails: the last attempt to write it did. */
  track: { fit: boolean | undefined; fails: boolean };
  /** Its process lives, or there is none to supervise. */
  keepalivedRuns: boolean;
  /** undefined: no fencing configured. */
  fencing: FenceView | undefined;
  handover: HandoverState;
}

/** What the rules remember from one step to the next. */
export interface Memory {
  /** Since when the address has been here although the track file says that it must not. */
  forbiddenSince: number | undefined;
  plan: Plan;
  /** When this host last tried to hand the address over by itself. */
  handedAt?: number;
}

export interface Decision {
  actions: Action[];
  memory: Memory;
}

/** One step, with each tick of a node's agent. */
export function decide(s: Situation, memory: Memory): Decision {
  const fence = s.fencing && whomToFence(s.fencing);
  const { actions: track, fit } = decideTrack(s);
  const { actions: handover, to } = followHandover(s);
  const hand = decideToHandOver(s, to, memory.handedAt);
  const { actions: announce, memory: told } = decideAnnouncement(s, to, memory);
  const { actions: enforce, forbiddenSince } = decideObedience(s, fit, memory.forbiddenSince);
  return {
    actions: [
      ...(s.fencing && fence !== undefined
        ? [{ do: "fence" as const, host: fence, term: s.fencing.term }]
        : []),
      ...track,
      ...handover,
      ...hand,
      ...announce,
      ...enforce,
    ],
    memory: { ...told, forbiddenSince, ...(hand.length > 0 ? { handedAt: s.now } : {}) },
  };
}

/** A holder that is worse off than another node, or stands in for one, and can do it in good order. */
function decideToHandOver(s: Situation, to: string | undefined, handedAt: number | undefined): Action[] {
  const busy = to !== undefined || s.handover.takenMs !== undefined || s.uptimeMs <= settleMs;
  if (busy || !s.mayHold || (handedAt !== undefined && s.now - handedAt < handAgainMs)) return [];
  const successor = diskSuccessor(s.observation) ?? failbackTo(s.observation);
  return successor ? [{ do: "hand-over", ...successor }] : [];
}

/** `fit`: what the track file will say. */
function decideTrack(s: Situation): { actions: Action[]; fit: boolean | undefined } {
  const { track, mayHold } = s;
  // A restarted agent that finds the address here leaves it until it has heard its peers (fail-static).
  if (!mayHold && s.observation.holds && s.uptimeMs <= settleMs) return { actions: [], fit: track.fit };
  const elected = s.fencing === undefined || mayBeElected(s.fencing);
  const fit = (mayHold && elected) || s.handover.overlaps;
  if (fit === track.fit) return { actions: [], fit };
  // What could not be written a moment ago can not be obeyed either.
  return { actions: [{ do: "write-track", fit }], fit: track.fails ? track.fit : fit };
}

/** Ends what takes too long. `to`: to whom the address is being handed over after that. */
function followHandover({ handover, observation }: Situation): { actions: Action[]; to: string | undefined } {
  const { giving, takenMs } = handover;
  const actions: Action[] = [];
  if (takenMs !== undefined && takenMs > unconfirmedMs)
    actions.push({ do: "end-taking" }, { do: "drop-address", why: "its holder has not let go of it" });
  if (!giving || (observation.holds && giving.forMs < giveUpMs + giving.extraMs))
    return { actions, to: giving?.to };
  return { actions: [...actions, { do: "end-handover", done: !observation.holds }], to: undefined };
}

/** At each tick and at each piece of news. `to`: to whom the address is being handed over. */
export function decideAnnouncement(
  { now, observation, mayHold }: Pick<Situation, "now" | "observation" | "mayHold">,
  to: string | undefined,
  memory: Memory,
): Decision {
  const entitled = observation.holds && mayHold && to === undefined;
  const { plan, announce } = planAnnouncements(memory.plan, claimsOf(observation, entitled), now);
  return { actions: announce ? [{ do: "announce" }] : [], memory: { ...memory, plan } };
}

/** keepalived must obey; a hung one is killed, and the address it left behind removed. */
function decideObedience(
  s: Situation,
  fit: boolean | undefined,
  before: number | undefined,
): { actions: Action[]; forbiddenSince: number | undefined } {
  const { now, uptimeMs, observation, keepalivedRuns } = s;
  if (!observation.holds || fit !== false) {
    const left = observation.holds && !keepalivedRuns && uptimeMs > settleMs;
    return {
      actions: left ? [{ do: "drop-address", why: "keepalived does not run" }] : [],
      forbiddenSince: undefined,
    };
  }
  const since = before ?? now;
  if (now - since < disobedienceMs) return { actions: [], forbiddenSince: since };
  return {
    actions: [
      { do: "kill-part", part: "keepalived", why: "it keeps the service address although it must not" },
      { do: "drop-address", why: "this host must not hold it" },
    ],
    forbiddenSince: undefined,
  };
}

/** A part's process has ended. */
export function decideOnExit(part: PartName): Action[] {
  if (part === "keepalived") return [{ do: "drop-address", why: "keepalived ended" }];
  return part === "mariadb" ? [{ do: "read-disk" }] : [];
}

/** What matters of this host when another one's report comes. */
export interface Listener {
  host: string;
  role: HostRole;
  holds: boolean;
  mayHold: boolean;
  /** What a takeover needs runs. */
  ready: boolean;
  /** This host has taken the address beside a holder already. */
  taking: boolean;
  /** It follows the holder's registrations, and has no calls of its own. */
  follows: boolean;
}

/** A report of another host has come, that was not heard for `silenceMs`. */
export function decideOnNews(
  self: Listener,
  report: Pick<HostReport, "host" | "handover" | "holds" | "agentUptimeMs">,
  silenceMs: number,
): Action[] {
  const actions: Action[] = [];
  // The holder hands over: have the address a moment before it lets go, so that no packet is lost in between.
  if (
    report.handover === self.host &&
    report.holds &&
    !self.holds &&
    !self.taking &&
    self.mayHold &&
    self.ready
  )
    actions.push({ do: "take-address", from: report.host });
  // (With calls of its own here, restarting would cost them: registrations differ until they are renewed.)
  if (self.follows && mustResync(self, report, silenceMs))
    actions.push({
      do: "kill-part",
      part: "kamailio",
      why: `no contact with ${report.host} for ${Math.round(silenceMs / 1000)} s: registrations made meanwhile are fetched by restarting`,
    });
  return actions;
}
