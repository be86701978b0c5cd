import { useEffect, useRef, useSyncExternalStore } from "react";
import { credentials } from "./client.ts";
import { Connection } from "./connection.ts";

/**
 * Server-sent events, one connection per address for the whole console, as long as somebody listens. After a fault it is
 * made anew at once, then with growing pauses; and when the app that answers is another one (connection.ts).
 */

export const connection = new Connection();

/** Pauses before each attempt, ms; the last one repeats. */
const pauses = [0, 250, 500, 1000, 2000, 5000];

type Listener = (type: string, data: unknown, id: string) => void;

class Source {
  private readonly listeners = new Map<Listener, readonly string[]>();
  private readonly url: string;
  private source: EventSource | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private failures = 0;
  private lastId = "";
  private stopWatching: (() => void) | undefined;

  constructor(url: string) {
    this.url = url;
  }

  add(types: readonly string[], listener: Listener): () => void {
    this.listeners.set(listener, types);
    if (this.source) for (const type of types) this.hear(type);
    else this.open();
    this.stopWatching ??= connection.onChange((what) => {
      if (what === "other") this.again(0);
    });
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size === 0) this.close();
    };
  }

  private readonly heard = new Set<string>();

  private hear(type: string): void {
    if (this.heard.has(type) || !this.source) return;
    this.heard.add(type);
    this.source.addEventListener(type, ({ data, lastEventId }: MessageEvent<string>) => {
      connection.sign();
      this.lastId = lastEventId;
      const said: unknown = JSON.parse(data);
      for (const [listener, types] of this.listeners)
        if (types.includes(type)) listener(type, said, lastEventId);
    });
  }

  private open(): void {
    const after =
      this.lastId === "" ? "" : `${this.url.includes("?") ? "&" : "?"}last_event_id=${this.lastId}`;
    const source = new EventSource(`${this.url}${after}`);
    this.source = source;
    this.heard.clear();
    for (const types of this.listeners.values()) for (const type of types) this.hear(type);
    source.onopen = () => {
      this.failures = 0;
      connection.sign();
    };
    source.onerror = () => {
      connection.doubt();
      // A stream that is refused says no more than one that broke.
      if (this.failures >= 2 && connection.state === "online") credentials.doubt();
      this.again(pauses[Math.min(this.failures++, pauses.length - 1)] ?? 0);
    };
  }

  private again(pauseMs: number): void {
    this.source?.close();
    this.source = undefined;
    clearTimeout(this.timer);
    if (this.listeners.size > 0) this.timer = setTimeout(() => this.open(), pauseMs);
  }

  private close(): void {
    clearTimeout(this.timer);
    this.source?.close();
    this.source = undefined;
    this.stopWatching?.();
    this.stopWatching = undefined;
    sources.delete(this.url);
  }
}

const sources = new Map<string, Source>();

/**
 * Hears events of a stream as long as the component is shown. `data` is parsed JSON: look at what came before you use it.
 * @param url e.g. `/v1/call-events`; undefined: none now @param types names of events, `message` for those without
 */
export function useEvents(
  url: string | undefined,
  types: readonly string[],
  listener: (type: string, data: unknown) => void,
): void {
  const newest = useRef(listener);
  newest.current = listener;
  const names = types.join(",");
  useEffect(() => {
    if (url === undefined) return;
    let source = sources.get(url);
    if (!source) {
      source = new Source(url);
      sources.set(url, source);
    }
    return source.add(names.split(","), (type, data) => newest.current(type, data));
  }, [url, names]);
}

/** Is the app reached? `since`: performance.now() of the last sign of life when it is not. */
export const useConnection = () =>
  useSyncExternalStore(
    (changed) => connection.onChange(changed),
    () => connection.state,
  );
