import { isDue, type Machine, type Setting, type Step, stay } from "./machine.ts";

/** The server's side of an INVITE: RFC 3261 17.2.1, figure 7, with `accepted` of RFC 6026 7.1. Pure. */
export interface InviteServer extends Machine {
  kind: "invite server";
  state: "proceeding" | "completed" | "confirmed" | "accepted" | "terminated";
  /** `trying`: when a 100 is due because the user has said nothing yet. */
  due: { trying?: number; G?: number; H?: number; I?: number; L?: number };
  setting: Setting;
  /** Of timer G, ms. */
  interval: number;
  /** A response can be repeated. */
  answered: boolean;
}

export type InviteServerEvent =
  /** The INVITE, again. */
  | { is: "request" }
  | { is: "ack" }
  /** The user's response. */
  | { is: "respond"; code: number }
  | { is: "time" | "transport error" };

const tryingMs = 200;

export const startInviteServer = (setting: Setting, now: number): Step<InviteServer> => ({
  next: {
    kind: "invite server",
    state: "proceeding",
    due: { trying: now + tryingMs },
    setting,
    interval: setting.timing.t1,
    answered: false,
  },
  actions: [{ do: "pass" }],
});

export function stepInviteServer(
  machine: InviteServer,
  event: InviteServerEvent,
  now: number,
): Step<InviteServer> {
  const { state, setting } = machine;
  switch (event.is) {
    case "request":
      return (state === "proceeding" && machine.answered) || state === "completed"
        ? { next: machine, actions: [{ do: "send" }] }
        : stay(machine);
    case "respond":
      return onRespond(machine, event.code, now);
    case "ack":
      if (state === "accepted") return { next: machine, actions: [{ do: "pass" }] };
      return state === "completed"
        ? stay({
            ...machine,
            state: "confirmed",
            due: { I: now + (setting.reliable ? 0 : setting.timing.t4) },
          })
        : stay(machine);
    case "transport error":
      // RFC 6026 7.1: the state stays; the timers end it.
      return state === "proceeding" || state === "completed"
        ? { next: machine, actions: [{ do: "fail", why: "transport" }] }
        : stay(machine);
    case "time":
      return onTime(machine, now);
  }
}

function onRespond(machine: InviteServer, code: number, now: number): Step<InviteServer> {
  const { state, setting } = machine;
  const { t1 } = setting.timing;
  const ok = code >= 200 && code < 300;
  // The user itself repeats its 2xx until the ACK comes (13.3.1.4).
  if (state === "accepted" && ok) return { next: machine, actions: [{ do: "send" }] };
  if (state !== "proceeding") return stay(machine);
  const answered = { ...machine, answered: true };
  if (code < 200) return { next: { ...answered, due: {} }, actions: [{ do: "send" }] };
  if (ok)
    return {
      next: { ...answered, state: "accepted", due: { L: now + 64 * t1 } },
      actions: [{ do: "send" }],
    };
  const due = { ...(setting.reliable ? {} : { G: now + t1 }), H: now + 64 * t1 };
  return { next: { ...answered, state: "completed", due }, actions: [{ do: "send" }] };
}

function onTime(machine: InviteServer, now: number): Step<InviteServer> {
  if (isDue(machine, "trying", now))
    return { next: { ...machine, answered: true, due: {} }, actions: [{ do: "trying" }] };
  if (isDue(machine, "H", now))
    return { next: { ...machine, state: "terminated", due: {} }, actions: [{ do: "fail", why: "timeout" }] };
  if (isDue(machine, "I", now) || isDue(machine, "L", now))
    return stay({ ...machine, state: "terminated", due: {} });
  if (!isDue(machine, "G", now)) return stay(machine);
  const interval = Math.min(2 * machine.interval, machine.setting.timing.t2);
  return {
    next: { ...machine, interval, due: { ...machine.due, G: now + interval } },
    actions: [{ do: "send" }],
  };
}
