import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import type { News, NewsType } from "../call/news-schema.ts";
import type { Narrowing } from "../http/scope.ts";
import { passes } from "../webhooks/wants.ts";
import type { CallFilter } from "../webhooks/webhook-schema.ts";
import type { FeedReader, NewsPage } from "./feed-reader.ts";

/** Server-sent events (HTML Living Standard, 9.2): news of calls as long as somebody listens. */

/** A proxy or a firewall in between forgets a connection that is silent. */
const heartbeatMs = 15_000;
/** Whoever takes nothing for so long is sent away: it comes again with the last id that it has. */
const slowMs = 30_000;
const againMs = 500;

/** Where in the feed somebody is: all up to `position`, and `within` news of the next. */
export interface Place {
  position: number;
  within: number;
}

/** An id is `position-index`: what is wanted next is behind it. Undefined: it is none of ours. Pure. */
export function placeAfter(id: string): Place | undefined {
  const [, position, index] = /^(\d{1,15})-(\d{1,6})$/.exec(id) ?? [];
  if (position === undefined || index === undefined) return undefined;
  // Before the first there is none.
  if (Number(position) === 0) return { position: 0, within: 0 };
  return { position: Number(position) - 1, within: Number(index) + 1 };
}

/** What was told of news already: all who listen share the page that it came with, and are told the same text. */
const told = new WeakMap<News, string>();

function message(id: string, news: News): string {
  const known = told.get(news);
  if (known !== undefined) return known;
  const text = `id: ${id}\nevent: ${news.type}\ndata: ${JSON.stringify(news)}\n\n`;
  told.set(news, text);
  return text;
}

/** The place behind all up to `position`, as an id. Pure. */
export const idBehind = (position: number): string => `${position}-999999`;

/** What of the feed is wanted. */
export interface Wanted {
  types: ReadonlySet<NewsType> | undefined;
  filter: CallFilter;
  /** What whoever listens may see; undefined: everything. */
  narrowing: Narrowing | undefined;
}

const isWanted = ({ types, filter, narrowing }: Wanted, news: News): boolean =>
  (!types || types.has(news.type)) && passes(filter, news.call) && narrowing?.call(news.call) !== false;

/** What whoever listens is told of a page, from `place` on: one text, so that it is one write. Pure. */
export function textOf({ entries }: Pick<NewsPage, "entries">, place: Place, wanted: Wanted): string {
  let text = "";
  for (const { position, news } of entries)
    for (const [index, one] of news.entries())
      if ((position > place.position + 1 || index >= place.within) && isWanted(wanted, one))
        text += message(`${position}-${index}`, one);
  return text;
}

/** What was told of a page as a whole, by what was wanted: consoles want the same, and hear of everything at the same moment. */
const toldPages = new WeakMap<NewsPage["entries"], Map<string, Buffer>>();

/** As `textOf`, encoded; once for all who want the same of the same page and may see everything. */
export function bytesOf({ entries }: Pick<NewsPage, "entries">, place: Place, wanted: Wanted): Buffer {
  const encoded = () => Buffer.from(textOf({ entries }, place, wanted));
  const inside = place.within > 0 && entries[0]?.position === place.position + 1;
  if (wanted.narrowing || inside) return encoded();
  const shared = toldPages.get(entries) ?? new Map<string, Buffer>();
  toldPages.set(entries, shared);
  const key = JSON.stringify([wanted.types && [...wanted.types].sort(), wanted.filter]);
  const bytes = shared.get(key) ?? encoded();
  shared.set(key, bytes);
  return bytes;
}

/** The feed as a stream follows it. */
export interface Followed {
  /** The newest position. */
  readonly feed: number;
  /** Resolves when that, or something else, moves. */
  moved(signal: AbortSignal): Promise<void>;
}

/** Tells news from `place` on until the listener goes, is too slow, or `signal` aborts. */
export async function tellNews(
  response: ServerResponse,
  { followed, reader, wanted }: { followed: Followed; reader: FeedReader; wanted: Wanted },
  start: Place,
  signal: AbortSignal,
): Promise<void> {
  const gone = new AbortController();
  response.on("close", () => gone.abort());
  const over = AbortSignal.any([signal, gone.signal]);
  const say = async (text: string | Buffer): Promise<void> => {
    if (!response.write(text))
      await once(response, "drain", { signal: AbortSignal.any([over, AbortSignal.timeout(slowMs)]) });
  };
  const heartbeat = setInterval(() => {
    if (!response.writableNeedDrain) response.write(": here\n\n");
  }, heartbeatMs);
  try {
    // With its place: whoever is cut off before anything happened goes on from here too.
    await say(`retry: 2000\n${start.within === 0 ? `id: ${idBehind(start.position)}\n` : ""}\n`);
    let place = start;
    while (!over.aborted) {
      if (followed.feed <= place.position) {
        await followed.moved(over);
        continue;
      }
      const page = await reader.after(place.position).catch(() => undefined);
      // The database can not be used, or another server of it is asked that is a moment behind.
      if (!page?.entries.length) {
        await delay(againMs, undefined, { signal: over }).catch(() => {}); // aborted
        continue;
      }
      if (page.gap && place.position > 0)
        await say(
          `event: gap\ndata: ${JSON.stringify({ why: "older events are not kept any more: see /v1/records" })}\n\n`,
        );
      const bytes = bytesOf(page, place, wanted);
      if (bytes.length > 0) await say(bytes);
      place = { position: page.entries.at(-1)?.position ?? place.position, within: 0 };
    }
  } catch (error) {
    // It went, or is too slow.
    if (!over.aborted && !(error instanceof Error && error.name === "AbortError")) throw error;
  } finally {
    clearInterval(heartbeat);
    response.destroy();
  }
}
