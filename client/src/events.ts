import { type Nodes, pause } from "./nodes.ts";
import { ApiProblem, problemIn } from "./problem.ts";

/** Server-sent events (WHATWG HTML, 9.2), from whichever node: behind the last event it goes on at the next one. */

export interface Told {
  /** Its place: `after` of whoever goes on later. */
  id: string;
  type: string;
  data: unknown;
}

/**
 * The events in what came so far, the place behind them, and what is not whole yet. Pure.
 * @throws SyntaxError: the data of one is no JSON
 */
export function eventsIn(text: string): { events: Told[]; id: string | undefined; rest: string } {
  const blocks = text.split(/\r?\n\r?\n/);
  const rest = blocks.pop() ?? "";
  let id: string | undefined;
  const events = blocks.flatMap((block) => {
    const fields = block.split(/\r?\n/).map((line) => /^(id|event|data): ?(.*)$/.exec(line));
    const all = (name: string) => fields.flatMap((field) => (field?.[1] === name ? [field[2] ?? ""] : []));
    id = all("id").at(-1) ?? id;
    const data = all("data");
    if (data.length === 0) return [];
    const parsed: unknown = JSON.parse(data.join("\n"));
    return [{ id: id ?? "", type: all("event").at(-1) ?? "message", data: parsed }];
  });
  return { events, id, rest };
}

/** Nodes say something every 15 s: one that says nothing for so long is gone. */
const silenceMs = 40_000;
const againMs = 250;

/** What happens from now on, or behind the place `after`, until `signal` aborts, however long nobody answers. @throws ApiProblem: it is refused */
export async function* events(
  nodes: Nodes,
  path: string,
  { signal, after = "" }: { signal: AbortSignal; after?: string },
): AsyncGenerator<Told> {
  const url = new URL(path, "https://any.invalid");
  for (let last = after; !signal.aborted; ) {
    const attempt = new AbortController();
    const abort = () => attempt.abort();
    let timer = setTimeout(abort, silenceMs);
    signal.addEventListener("abort", abort);
    try {
      const headers = { accept: "text/event-stream", ...(last !== "" && { "last-event-id": last }) };
      const response = await nodes.fetch(new Request(url, { headers, signal: attempt.signal }));
      if (!response.ok || !response.body) throw problemIn(response, await response.text());
      const decoder = new TextDecoder();
      const reader = response.body.getReader();
      for (let text = ""; ; ) {
        const { value, done } = await reader.read();
        if (done) break;
        clearTimeout(timer);
        timer = setTimeout(abort, silenceMs);
        const found = eventsIn(text + decoder.decode(value, { stream: true }));
        text = found.rest;
        last = found.id ?? last;
        yield* found.events;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof SyntaxError || (error instanceof ApiProblem && error.status !== 0)) throw error;
      // A node that died; another one goes on.
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
      attempt.abort();
    }
    await pause(againMs, signal);
  }
}
