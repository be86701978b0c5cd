import { type Action, isDue, type Machine, type Setting, type Step, stay } from "./machine.ts";

/** The client's side of everything but INVITE and ACK: RFC 3261 17.1.2, figure 6. Pure. */
export interface NonInviteClient extends Machine {
  kind: "non-invite client";
  state: "trying" | "proceeding" | "completed" | "terminated";
  due: { E?: number; F?: number; K?: number };
  setting: Setting;
  /** Of timer E, ms. */
  interval: number;
}

export type NonInviteClientEvent =
  | { is: "response"; code: number }
  | { is: "time" | "transport error" }
  /** The user waits no longer: no more repetitions, but a late response is still taken. */
  | { is: "hush" };

export function startNonInviteClient(setting: Setting, now: number): Step<NonInviteClient> {
  const { t1 } = setting.timing;
  const due = { ...(setting.reliable ? {} : { E: now + t1 }), F: now + 64 * t1 };
  return {
    next: { kind: "non-invite client", state: "trying", due, setting, interval: t1 },
    actions: [{ do: "send" }],
  };
}

const over = (machine: NonInviteClient, actions: Action[] = []): Step<NonInviteClient> => ({
  next: { ...machine, state: "terminated", due: {} },
  actions,
});

export function stepNonInviteClient(
  machine: NonInviteClient,
  event: NonInviteClientEvent,
  now: number,
): Step<NonInviteClient> {
  const { state, setting } = machine;
  const open = state === "trying" || state === "proceeding";
  switch (event.is) {
    case "response": {
      if (!open) return stay(machine);
      if (event.code < 200) return { next: { ...machine, state: "proceeding" }, actions: [{ do: "pass" }] };
      const K = now + (setting.reliable ? 0 : setting.timing.t4);
      return { next: { ...machine, state: "completed", due: { K } }, actions: [{ do: "pass" }] };
    }
    case "transport error":
      return open ? over(machine, [{ do: "fail", why: "transport" }]) : stay(machine);
    case "hush":
      return open ? stay({ ...machine, due: { F: machine.due.F ?? now } }) : stay(machine);
    case "time": {
      if (isDue(machine, "F", now)) return over(machine, [{ do: "fail", why: "timeout" }]);
      if (isDue(machine, "K", now)) return over(machine);
      if (!isDue(machine, "E", now)) return stay(machine);
      const { t2 } = setting.timing;
      const interval = state === "proceeding" ? t2 : Math.min(2 * machine.interval, t2);
      return {
        next: { ...machine, interval, due: { ...machine.due, E: now + interval } },
        actions: [{ do: "send" }],
      };
    }
  }
}
