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
/** A SYN that was lost during a takeover would be repeated after a second only. */
const attemptMs = 200;
/** Without calls nobody waits for it, and many telephones come back at once. */
const idleAttemptMs = 2000;

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
  /** When the last attempt began. */
  attemptAt: number;
}

const idle = { attempt: idleAttemptMs, ping: idlePingMs, dead: idleDeadMs + idlePingMs };
const inCall = { attempt: attemptMs, ping: pingMs, dead: deadMs };
/** Only what was not heard since the doubt began counts. */
const doubted = { attempt: attemptMs, ping: doubtPingMs, dead: doubtDeadMs };

/** What is to be done now. Pure. */
export function watchSocket(socket: SocketState, now: number): "ping" | "dead" | "open" | undefined {
  if (!socket.wanted) return undefined;
  const busy = socket.calls > 0;
  const { attempt, ping, dead } = busy ? (socket.doubt ? doubted : inCall) : idle;
  if (!socket.open) return now - socket.attemptAt >= attempt ? "open" : undefined;
  if (socket.pingAt > socket.heardAt && now - socket.heardAt > dead && now - socket.doubtAt >= dead)
    return "dead";
  return now - socket.pingAt >= ping ? "ping" : undefined;
}
