import type { ServerResponse } from "node:http";
import type { Listener } from "./cluster-watch.ts";

/** Server-sent events (HTML Living Standard, 9.2) of which only the newest counts. */

/** A proxy or a firewall in between forgets a connection that is silent. */
const heartbeatMs = 15_000;

/**
 * Writes what `subscribe` tells until the listener goes or `signal` aborts. Whoever does not take it as fast as it comes
 * misses what is between, and gets the newest of each type when there is room again.
 */
export function tellNewest(
  response: ServerResponse,
  subscribe: (listener: Listener) => () => void,
  signal: AbortSignal,
  ended: () => void,
): void {
  const waiting = new Map<string, string>();
  const write = (type: string, text: string) => response.write(`event: ${type}\ndata: ${text}\n\n`);
  response.on("drain", () => {
    for (const [type, text] of waiting) write(type, text);
    waiting.clear();
  });
  response.writeHead(200, {
    "content-type": "text/event-stream",
    "cache-control": "no-store",
    "x-accel-buffering": "no",
  });
  response.write("retry: 500\n\n");
  const heartbeat = setInterval(() => {
    if (!response.writableNeedDrain) response.write(": here\n\n");
  }, heartbeatMs);
  const unsubscribe = subscribe(({ type, text }) => {
    if (response.writableNeedDrain) waiting.set(type, text);
    else write(type, text);
  });
  const end = () => response.destroy();
  signal.addEventListener("abort", end, { once: true });
  response.on("close", () => {
    signal.removeEventListener("abort", end);
    clearInterval(heartbeat);
    unsubscribe();
    ended();
  });
}
