import type { CallStatus, News } from "../call/news-schema.ts";
import type { CallFilter, Webhook } from "./webhook-schema.ts";

/** Does everything hold that the filter names? Pure. */
export function passes({ user, number, carrier, rule, tag }: CallFilter, call: CallStatus): boolean {
  return (
    (user === undefined || call.user === user) &&
    (number === undefined || sameNumber(number, call.number)) &&
    (carrier === undefined || call.carrier === carrier) &&
    (rule === undefined || call.rule === rule) &&
    (tag === undefined || call.tags[tag.slice(0, tag.indexOf("="))] === tag.slice(tag.indexOf("=") + 1))
  );
}

const sameNumber = (wanted: string, number: string): boolean =>
  wanted.endsWith("*") ? number.startsWith(wanted.slice(0, -1)) : number === wanted;

/** Is this webhook to be told of that? Pure. */
export const wants = ({ events, filter }: Pick<Webhook, "events" | "filter">, news: News): boolean =>
  events.includes(news.type) && passes(filter, news.call);

/** What happened longer ago is not told any more. */
export const giveUpMs = 24 * 3_600_000;
const firstPauseMs = 5000;
const longestPauseMs = 3 * 3_600_000;

/** How long to wait after so many failures (1: the first): 5 s, 15 s, 45 s, … 3 h. Pure. */
export const pauseMs = (failures: number): number =>
  Math.min(longestPauseMs, firstPauseMs * 3 ** Math.max(0, failures - 1));
