import { messageOf } from "../base/message.ts";
import type { OrderState, Work } from "../report/order.ts";
import type { Desk } from "./desk.ts";

/** The first phase of a change: every host is asked, nothing is changed yet. */

const answerMs = 60_000;

/** Why a change was not begun, one line for each fault. `why`: what they have in common. */
export const refused = (why: string, faults: string[]): Error =>
  new Error(`refused, nothing was changed${why && `; ${why}`}:\n  ${faults.join("\n  ")}`);

/** Gives all hosts the same order. @throws Error with the objections of all that have one; `why`: see `refused`. */
export async function askAll(
  desk: Desk,
  hosts: string[],
  work: Work,
  why: string,
): Promise<(OrderState & { host: string })[]> {
  const answers = await Promise.allSettled(
    hosts.map(async (host) => ({ ...(await desk.order(host, work, { deadlineMs: answerMs })), host })),
  );
  const faults = answers.flatMap((answer) =>
    answer.status === "rejected" ? [messageOf(answer.reason)] : [],
  );
  if (faults.length > 0) throw refused(why, faults);
  return answers.flatMap((answer) => (answer.status === "fulfilled" ? [answer.value] : []));
}
