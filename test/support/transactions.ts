import {
  type Machine,
  nextDue,
  type Setting,
  type Step,
  timing,
} from "../../src/sip/transactions/machine.ts";

/** Walking a transaction's state machine step by step, and what it says, shortly. */

export const udp: Setting = { reliable: false, timing };
export const tcp: Setting = { reliable: true, timing };

/** What the step led to: state, actions, when it wants to be called next. */
function said(step: Step<Machine>): string {
  const actions = step.actions.map((action) => (action.do === "fail" ? action.why : action.do));
  return `${step.next.state}: ${actions.join(" ") || "-"} @${nextDue(step.next) ?? "-"}`;
}

/** @param answer the event that a number stands for: a response that came, or that the user gives */
export function walker<Next extends Machine, Event extends { is: string }>(
  start: (setting: Setting, now: number) => Step<Next>,
  step: (from: Next, event: Event, now: number) => Step<Next>,
  answer: Event["is"],
) {
  return (setting: Setting = udp) => {
    let last = start(setting, 0);
    return {
      begun: said(last),
      at: (now: number, event: Event["is"] | number): string => {
        const what = typeof event === "number" ? { is: answer, code: event } : { is: event };
        last = step(last.next, what as Event, now);
        return said(last);
      },
    };
  };
}
