/** When the telephone's WebSocket is dead, and when another one is tried: decisions alone, ms of a monotonic clock. */

/** Between two keep-alives (RFC 5626 4.4.1) while there are calls: the next host resets what it does not know. */
const pingMs = 400;
const idlePingMs = 15_000;
/** Nothing heard for so long although it was asked. */
const deadMs = 1300;
const idleDeadMs = 5000;
/** While calls are silent. */
const doubtPingMs = 100;
const doubtDeadMs = 200;
/**
 * A SYN that was lost during a takeover would be repeated after a second only: another attempt is made beside the one before, which
 * goes on (far away, or on a busy machine, a handshake takes longer than this), each after twice as long.
 */
const attemptMs = 200;
/** Without calls nobody waits for it, and many telephones come back at once. */
const idleAttemptMs = 2000;
const attemptAtMostMs = 4000;
/** An attempt that takes longer is given up; so many at once at most. */
export const attemptLastsMs = 10_000;
const attemptsAtOnce = 6;

export type ToWorker =
  | { what: "connect"; url: string }
  | { what: "disconnect" }
  | { what: "replace" }
  | { what: "close" }
  | { what: "send"; text: string }
  | { what: "calls"; count: number }
  /** Calls are silent: is anybody there? */
  | { what: "doubt"; doubt: boolean };

export type FromWorker =
  | { what: "open" }
  | { what: "closed"; why: string }
  | { what: "message"; text: string }
  /** A clock that is not throttled in the background, while there are calls. */
  | { what: "tick" };

interface SocketState {
  open: boolean;
  wanted: boolean;
  /** How many calls there are. */
  calls: number;
  doubt: boolean;
  /** When the last doubt began or ended. */
  doubtAt: number;
  heardAt: number;
  /** When the last keep-alive was sent. */
  pingAt: number;
  /** When the last attempt began, how many there were since there was a connection, and how many go on. */
  attemptAt: number;
  tried: number;
  trying: number;
}

const idle = { attempt: idleAttemptMs, ping: idlePingMs, dead: idleDeadMs + idlePingMs };
const inCall = { attempt: attemptMs, ping: pingMs, dead: deadMs };
/** Only what was not heard since the doubt began counts. */
const doubted = { attempt: attemptMs, ping: doubtPingMs, dead: doubtDeadMs };

/**
 * What is to be done now. Another connection is tried beside the one that does not answer, and takes its place if that
 * stays silent until then; a machine that is merely busy loses nothing. Pure.
 */
export function watchSocket(socket: SocketState, now: number): ("ping" | "open")[] {
  if (!socket.wanted) return [];
  const busy = socket.calls > 0;
  const { attempt, ping, dead } = busy ? (socket.doubt ? doubted : inCall) : idle;
  const silent =
    socket.pingAt > socket.heardAt && now - socket.heardAt > dead && now - socket.doubtAt >= dead;
  const wait = Math.min(attempt * 2 ** Math.max(0, socket.tried - 1), Math.max(attempt, attemptAtMostMs));
  const actions: ("ping" | "open")[] = [];
  if (socket.open && now - socket.pingAt >= ping) actions.push("ping");
  if (
    (!socket.open || silent) &&
    socket.trying < attemptsAtOnce &&
    (socket.tried === 0 || now - socket.attemptAt >= wait)
  )
    actions.push("open");
  return actions;
}
