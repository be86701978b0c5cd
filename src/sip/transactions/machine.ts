/**
 * What the four state machines of RFC 3261 17 (with the corrections of RFC 6026) have in common. A machine is a value;
 * a step takes it, what happened and the time, and gives the next value and what is to be done. Timers are times in the
 * value: whoever carries the actions out (layer.ts) comes back with `time` when the earliest of them is due. Pure.
 */

/** RFC 3261 17.1.1.1, ms. */
export interface Timing {
  /** Round trip. */
  t1: number;
  /** Longest wait between two repetitions. */
  t2: number;
  /** Longest life of a message in the network. */
  t4: number;
}
export const timing: Timing = { t1: 500, t2: 4000, t4: 5000 };

/** What a machine is told at its start. */
export interface Setting {
  /** The transport repeats what was lost by itself (TCP). */
  reliable: boolean;
  timing: Timing;
}

/**
 * `send`: the request, or the response that was given last. `ack`: the ACK of a refusal. `cancel`: the CANCEL of this
 * INVITE. `trying`: a 100. `pass`: the message to the user of the transaction. `fail`: tell the user that it is over.
 */
export type Action =
  | { do: "send" | "ack" | "cancel" | "trying" | "pass" }
  | { do: "fail"; why: "timeout" | "transport" };

export interface Machine {
  state: string;
  /** When timers are due: ms of a monotonic clock, by their letter in RFC 3261. */
  due: Partial<Record<string, number>>;
}

export interface Step<One extends Machine> {
  next: One;
  actions: Action[];
}

export const isDue = (machine: Machine, timer: string, now: number): boolean =>
  (machine.due[timer] ?? Number.POSITIVE_INFINITY) <= now;

/** When the machine wants to be called again; undefined: by a message only. */
export function nextDue(machine: Machine): number | undefined {
  const times = Object.values(machine.due).filter((time) => time !== undefined);
  return times.length === 0 ? undefined : Math.min(...times);
}

/** Nothing to be done. */
export const stay = <One extends Machine>(next: One): Step<One> => ({ next, actions: [] });
