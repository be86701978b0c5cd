import { type Action, isDue, type Machine, type Setting, type Step, stay } from "./machine.ts";

/** The client's side of an INVITE: RFC 3261 17.1.1, figure 5, with `accepted` of RFC 6026 7.2. Pure. */
export interface InviteClient extends Machine {
  kind: "invite client";
  state: "calling" | "proceeding" | "completed" | "accepted" | "terminated";
  due: { A?: number; B?: number; D?: number; M?: number };
  setting: Setting;
  /** Of timer A, ms. */
  interval: number;
  /** Asked for before a provisional response made it possible (9.1). */
  cancel: boolean;
}

export type InviteClientEvent =
  | { is: "response"; code: number }
  | { is: "time" | "transport error" }
  /** The user gives up. */
  | { is: "cancel" }
  /** The user has turned to another server: no more repetitions, but a late response is still taken. */
  | { is: "hush" };

/** Timer D for unreliable transports: at least 32 s. */
const timerD = 32_000;

export function startInviteClient(setting: Setting, now: number): Step<InviteClient> {
  const { t1 } = setting.timing;
  const due = { ...(setting.reliable ? {} : { A: now + t1 }), B: now + 64 * t1 };
  return {
    next: { kind: "invite client", state: "calling", due, setting, interval: t1, cancel: false },
    actions: [{ do: "send" }],
  };
}

const over = (machine: InviteClient, actions: Action[] = []): Step<InviteClient> => ({
  next: { ...machine, state: "terminated", due: {} },
  actions,
});

export function stepInviteClient(
  machine: InviteClient,
  event: InviteClientEvent,
  now: number,
): Step<InviteClient> {
  switch (event.is) {
    case "response":
      return onResponse(machine, event.code, now);
    case "time":
      return onTime(machine, now);
    case "transport error":
      return machine.state === "calling" || machine.state === "completed"
        ? over(machine, [{ do: "fail", why: "transport" }])
        : stay(machine);
    case "cancel":
      if (machine.state === "calling") return stay({ ...machine, cancel: true });
      return machine.state === "proceeding" && !machine.cancel
        ? { next: cancelled(machine, now), actions: [{ do: "cancel" }] }
        : stay(machine);
    case "hush":
      return machine.state === "calling"
        ? stay({ ...machine, due: { B: machine.due.B ?? now } })
        : stay(machine);
  }
}

/** 9.1: without a final response 64*T1 after its CANCEL the INVITE counts as cancelled. */
const cancelled = (machine: InviteClient, now: number): InviteClient => ({
  ...machine,
  state: "proceeding",
  cancel: true,
  due: { B: now + 64 * machine.setting.timing.t1 },
});

function onResponse(machine: InviteClient, code: number, now: number): Step<InviteClient> {
  const { state, setting } = machine;
  if (state === "calling" || state === "proceeding") {
    if (code >= 300) {
      const D = now + (setting.reliable ? 0 : timerD);
      return {
        next: { ...machine, state: "completed", due: { D } },
        actions: [{ do: "ack" }, { do: "pass" }],
      };
    }
    if (code >= 200) {
      const due = { M: now + 64 * setting.timing.t1 };
      return { next: { ...machine, state: "accepted", due }, actions: [{ do: "pass" }] };
    }
    if (state === "proceeding") return { next: machine, actions: [{ do: "pass" }] };
    if (machine.cancel) return { next: cancelled(machine, now), actions: [{ do: "pass" }, { do: "cancel" }] };
    return { next: { ...machine, state: "proceeding", due: {} }, actions: [{ do: "pass" }] };
  }
  if (state === "completed" && code >= 300) return { next: machine, actions: [{ do: "ack" }] };
  if (state === "accepted" && code >= 200 && code < 300) return { next: machine, actions: [{ do: "pass" }] };
  return stay(machine);
}

function onTime(machine: InviteClient, now: number): Step<InviteClient> {
  if (isDue(machine, "B", now)) return over(machine, [{ do: "fail", why: "timeout" }]);
  if (isDue(machine, "D", now) || isDue(machine, "M", now)) return over(machine);
  if (!isDue(machine, "A", now)) return stay(machine);
  const interval = 2 * machine.interval;
  return {
    next: { ...machine, interval, due: { ...machine.due, A: now + interval } },
    actions: [{ do: "send" }],
  };
}
