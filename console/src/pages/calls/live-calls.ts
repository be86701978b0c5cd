import type { paths } from "../../api/schema.ts";

/** Calls in progress: a list that is asked for now and then, and what is told in between. Pure. */

export type Call =
  paths["/v1/calls"]["get"]["responses"][200]["content"]["application/json"]["calls"][number];

/** Lists may be late by two thirds of a second, and so may what is told: who was heard of last counts for so long, ms. */
const lateMs = 3000;

export interface LiveCalls {
  calls: ReadonlyMap<string, Call>;
  /** When something was told of a call last, ms: of those that are over too, for a while. */
  heard: ReadonlyMap<string, number>;
}

export const noCalls: LiveCalls = { calls: new Map(), heard: new Map() };

/** With what was told of some calls, in the order in which it was. @param now ms */
export function withNews(before: LiveCalls, news: readonly Call[], now: number): LiveCalls {
  const calls = new Map(before.calls);
  const heard = new Map([...before.heard].filter(([id, at]) => now - at <= lateMs || calls.has(id)));
  for (const call of news) {
    heard.set(call.id, now);
    if (call.state === "ended") calls.delete(call.id);
    else calls.set(call.id, call);
  }
  return { calls, heard };
}

/** With a list of all calls; what was told a moment ago counts more. @param now ms */
export function withList(before: LiveCalls, list: readonly Call[], now: number): LiveCalls {
  const isFresh = (id: string) => now - (before.heard.get(id) ?? Number.NEGATIVE_INFINITY) <= lateMs;
  const calls = new Map<string, Call>();
  for (const call of list) if (!isFresh(call.id)) calls.set(call.id, call);
  for (const [id, call] of before.calls) if (isFresh(id)) calls.set(id, call);
  return { calls, heard: before.heard };
}

/** Newest first, with `text` in a number or name of it. @param states null: all */
export const shownOf = (
  { calls }: LiveCalls,
  text: string,
  states: readonly Call["state"][] | null,
): Call[] => {
  const wanted = text.trim().toLowerCase();
  return [...calls.values()]
    .filter((call) => states === null || states.includes(call.state))
    .filter(({ from, to, number, user, target, carrier }) =>
      [from, to, number, user, target, carrier].some((one) => one.toLowerCase().includes(wanted)),
    )
    .sort((one, other) => other.started_at.localeCompare(one.started_at));
};
