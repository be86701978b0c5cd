import { isDue, type Machine, type Setting, type Step, stay } from "./machine.ts";

/** The server's side of everything but INVITE and ACK: RFC 3261 17.2.2, figure 8. Pure. */
export interface NonInviteServer extends Machine {
  kind: "non-invite server";
  state: "trying" | "proceeding" | "completed" | "terminated";
  due: { J?: number };
  setting: Setting;
}

export type NonInviteServerEvent =
  /** The request, again. */
  | { is: "request" }
  /** The user's response. */
  | { is: "respond"; code: number }
  | { is: "time" | "transport error" };

export const startNonInviteServer = (setting: Setting): Step<NonInviteServer> => ({
  next: { kind: "non-invite server", state: "trying", due: {}, setting },
  actions: [{ do: "pass" }],
});

export function stepNonInviteServer(
  machine: NonInviteServer,
  event: NonInviteServerEvent,
  now: number,
): Step<NonInviteServer> {
  const { state, setting } = machine;
  const open = state === "trying" || state === "proceeding";
  switch (event.is) {
    case "request":
      return state === "proceeding" || state === "completed"
        ? { next: machine, actions: [{ do: "send" }] }
        : stay(machine);
    case "respond": {
      if (!open) return stay(machine);
      if (event.code < 200) return { next: { ...machine, state: "proceeding" }, actions: [{ do: "send" }] };
      const J = now + (setting.reliable ? 0 : 64 * setting.timing.t1);
      return { next: { ...machine, state: "completed", due: { J } }, actions: [{ do: "send" }] };
    }
    case "transport error":
      return state === "proceeding" || state === "completed"
        ? {
            next: { ...machine, state: "terminated", due: {} },
            actions: [{ do: "fail", why: "transport" }],
          }
        : stay(machine);
    case "time":
      return isDue(machine, "J", now) ? stay({ ...machine, state: "terminated", due: {} }) : stay(machine);
  }
}
