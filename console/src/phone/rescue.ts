/**
 * When a call's audio is to be rescued, and how: decisions alone, with time passed in (ms of a monotonic clock). What was
 * measured, and why these times: docs/decisions/0014-kinds-of-calls.md.
 */

/** No packet for so long in a call that had them: is its host still there? */
export const silentMs = 150;
/** A re-INVITE may take so long; until then the connection is not doubted, for its answer comes by it. */
const patienceMs = 2500;
/** So long after one that was in vain; where nobody waits for audio twice as long each time. */
const againMs = 700;
const againAtMostMs = 30_000;
/**
 * Both asked at once (491): who was called asks again in up to so long, the caller after that, as RFC 3261 14.1 has it; a
 * quarter of its times, for somebody hears nothing meanwhile.
 */
const glareMs = 500;
/** Who was called waits a moment: two browsers would ask each other at once (491), and its audio is back by itself mostly. */
const calledMs = 300;
/**
 * Nothing is heard for so long although its host answers: the relay has forgotten the way to this browser (it was started again).
 * A far end that is silent on purpose, without a word, costs a few re-INVITEs, each later than the one before.
 */
const lostMs = 700;
/** Soon after another connection silence means that the host is another one too. */
const freshMs = 5000;
const lostTries = 3;
const lostAgainMs = 3000;
/** A call of which nothing is heard for so long is beyond help. */
const hopelessMs = 30_000;

/** How one call stands. */
export interface CallState {
  /** Both sides talk: answered, and the answer is acknowledged. */
  confirmed: boolean;
  /** Held by either side, or the far end sends nothing on purpose: silence says nothing then. */
  quiet: boolean;
  /** Packets so far, and when their number last grew; undefined: none has come yet. */
  packets: number;
  packetAt: number | undefined;
  /** A re-INVITE of ours waits for its answer since; undefined: none. */
  askedAt: number | undefined;
  /** After one in vain: not before. And how many in vain there were. */
  againAt: number | undefined;
  refusals: number;
  /** Its audio is to be agreed upon again, since then: the connection is another one. */
  dueAt: number | undefined;
  /** When the last connection was made. */
  openedAt: number | undefined;
  /** How often it was asked for because nothing was heard, and when last. */
  lost: number;
  lostAt: number | undefined;
  /** Another direction (hold) was not agreed upon yet. */
  turned: boolean;
  /** We were called. */
  incoming: boolean;
  /** The keys of its audio are with the other node: one re-INVITE has been answered since the connection of its audio. */
  told: boolean;
  /** Its audio is connected (RTCPeerConnection). */
  connected: boolean;
}

export const newCall: CallState = {
  confirmed: false,
  quiet: false,
  packets: 0,
  packetAt: undefined,
  askedAt: undefined,
  againAt: undefined,
  refusals: 0,
  dueAt: undefined,
  openedAt: undefined,
  lost: 0,
  lostAt: undefined,
  turned: false,
  incoming: false,
  told: false,
  connected: false,
};

export const waits = ({ askedAt }: CallState, now: number): boolean =>
  askedAt !== undefined && now - askedAt < patienceMs;

/** Packets were counted. Pure. */
export function counted(call: CallState, packets: number, now: number): CallState {
  if (packets !== call.packets) return { ...call, packets, packetAt: now, lost: 0, lostAt: undefined };
  const fresh = call.openedAt !== undefined && now - call.openedAt < freshMs;
  const since = call.lostAt === undefined ? (fresh ? silentMs : lostMs) : lostAgainMs * call.lost;
  const silent = call.lostAt === undefined ? silentFor(call, now) : now - call.lostAt;
  if (call.lost >= lostTries || silentFor(call, now) === 0 || silent < since || call.askedAt !== undefined)
    return call;
  return { ...call, dueAt: call.dueAt ?? now, lost: call.lost + 1, lostAt: now };
}

const silentFor = (call: CallState, now: number): number =>
  !call.confirmed || call.quiet || call.packetAt === undefined ? 0 : now - call.packetAt;

/**
 * Is the host at the other end of the WebSocket to be doubted, because calls that had audio are silent? Never while an
 * answer is waited for: with the connection it would be lost. Pure.
 */
export function doubtful(calls: readonly CallState[], now: number): boolean {
  if (calls.some((call) => waits(call, now))) return false;
  return calls.some((call) => {
    const silent = silentFor(call, now);
    return silent >= silentMs && silent < hopelessMs;
  });
}

export type Renegotiation = "ice-restart" | "direction" | "tell-keys" | undefined;

/** What one call needs now, over a connection that is open. */
export function renegotiation(call: CallState, now: number): Renegotiation {
  if (!call.confirmed || call.askedAt !== undefined) return undefined;
  if (call.againAt !== undefined && now < call.againAt) return undefined;
  if (call.dueAt !== undefined) {
    const first = call.againAt === undefined && call.incoming ? calledMs : 0;
    return now >= call.dueAt + first ? "ice-restart" : undefined;
  }
  if (call.turned) return "direction";
  // The relay writes the keys of its audio where the other node finds them with the next offer after the handshake.
  // Who was called had finished its handshake before that offer was answered; two browsers would ask at once.
  return !call.incoming && call.connected && !call.told && call.packetAt !== undefined
    ? "tell-keys"
    : undefined;
}

export type Happening =
  | { what: "socket-opened" }
  | { what: "confirmed" }
  | { what: "quiet"; quiet: boolean }
  /** This side holds, or no longer. */
  | { what: "direction" }
  | { what: "connected" }
  /** Its ICE has no answer for seconds (RTCPeerConnection "disconnected"); ten more, and it is given up. */
  | { what: "unanswered" }
  | { what: "asked" }
  | { what: "answered" }
  /** `glare`: the other side had asked at the same time. */
  | { what: "refused"; glare: boolean };

/** A call after something has happened. Pure. @param chance 0 to 1 */
export function progress(call: CallState, happening: Happening, now: number, chance = 0): CallState {
  switch (happening.what) {
    case "socket-opened": {
      // Asked over the old connection: the answer will not come. What is heard all the same needs no other ICE: only the way of
      // the signalling was lost, or the other node goes on with it, until ICE has no answer.
      const heard = call.packetAt !== undefined && !call.quiet && now - call.packetAt < silentMs;
      const due = call.confirmed && !heard;
      return {
        ...call,
        dueAt: due ? now : call.dueAt,
        turned: call.turned || call.askedAt !== undefined,
        openedAt: now,
        askedAt: undefined,
        againAt: undefined,
      };
    }
    case "confirmed":
      return { ...call, confirmed: true };
    case "quiet":
      return { ...call, quiet: happening.quiet, packetAt: happening.quiet ? call.packetAt : now };
    case "direction":
      return { ...call, turned: true };
    case "connected":
      return { ...call, connected: true };
    case "unanswered":
      return call.confirmed ? { ...call, dueAt: call.dueAt ?? now } : call;
    case "asked":
      // What is said from now on is said by the next one.
      return { ...call, askedAt: now, turned: false };
    case "answered":
      return { ...call, askedAt: undefined, againAt: undefined, refusals: 0, dueAt: undefined, told: true };
    case "refused": {
      const { refusals, incoming } = call;
      const patience = call.dueAt === undefined ? 2 ** refusals : 1;
      const wait = happening.glare
        ? glareMs * chance + (incoming ? 0 : glareMs)
        : Math.min(againMs * patience, againAtMostMs);
      return { ...call, askedAt: undefined, againAt: now + wait, refusals: refusals + 1, turned: true };
    }
  }
}
