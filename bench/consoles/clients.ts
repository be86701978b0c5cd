import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { Agent, request } from "node:https";
import { createInterface } from "node:readline";

/**
 * Open consoles without a browser, in a process of their own: each holds the stream of its page, asks again as that page does
 * (console/src), and asks who is alive (console/src/api/connection.ts). Lines on standard input: a page, or `mixed`, and `stop`, which is
 * answered by what they got, as JSON.
 *
 *   node bench/consoles/clients.ts ORIGIN COUNT PASSWORD PERSON...
 */
const [origin = "", count = "0", password = "", ...people] = process.argv.slice(2);

/** What a page does while it is open. Paths, intervals in ms. */
interface Page {
  stream: string;
  /** Asked for at first, and again so often; of the page of records when there is news. */
  list: string;
  everyMs?: number;
  /** After so long without news, at most so long after the first. */
  heap?: { delay: number; most: number };
}

const stream = (types: string) => `/v1/call-events?types=${types}`;
const pages: Record<string, Page> = {
  // (Its list is asked for after 30 s without news of the stream: never here.)
  overview: { stream: "/v1/cluster/events", list: "/v1/cluster" },
  calls: {
    stream: stream("call.started,call.ringing,call.answered,call.transferred,call.ended"),
    list: "/v1/calls?limit=500",
    everyMs: 20_000,
  },
  records: {
    stream: stream("call.started,call.answered,call.ended"),
    list: "/v1/records?limit=100",
    heap: { delay: 700, most: 5000 },
  },
};
const aliveMs = 2500;
/** What people look at: of ten consoles. */
const mixed = [...Array.from({ length: 7 }, () => "overview"), "calls", "calls", "records"];

const got = { events: 0, bytes: 0, answers: 0, failures: 0, waitedMs: [] as number[] };

/** One browser: its connections, its cookie. */
class Client {
  readonly agent = new Agent({ keepAlive: true, maxSockets: 6, rejectUnauthorized: false });
  cookie = "";

  async open(path: string, body?: object): Promise<IncomingMessage> {
    const asked = request(new URL(path, origin), {
      agent: this.agent,
      method: body ? "POST" : "GET",
      headers: {
        origin,
        "sec-fetch-site": "same-origin",
        "accept-encoding": "gzip",
        ...(this.cookie !== "" && { cookie: this.cookie }),
        ...(body && { "content-type": "application/json" }),
      },
    });
    asked.end(body && JSON.stringify(body));
    const [response] = (await once(asked, "response")) as [IncomingMessage];
    return response;
  }

  /** Asks, and throws away what came. */
  async ask(path: string): Promise<void> {
    const began = performance.now();
    try {
      const response = await this.open(path);
      for await (const chunk of response) got.bytes += (chunk as Buffer).length;
      if (response.statusCode !== 200) throw new Error(`${path}: ${response.statusCode}`);
      got.answers += 1;
      got.waitedMs.push(performance.now() - began);
    } catch {
      got.failures += 1; // they are told at the end
    }
  }

  async logIn(name: string): Promise<void> {
    const response = await this.open("/v1/session", { name, password });
    for await (const _ of response); // its text is of no interest
    const [set] = response.headers["set-cookie"] ?? [];
    if (response.statusCode !== 200 || set === undefined)
      throw new Error(`login of ${name}: ${response.statusCode}`);
    this.cookie = set.split(";")[0] ?? "";
  }

  /** @returns what closes the page */
  show({ stream, list, everyMs, heap }: Page): () => void {
    const timers: NodeJS.Timeout[] = [];
    // Whoever has heard nothing for so long asks.
    const alive = setTimeout(() => {
      void this.ask("/console/alive");
      alive.refresh();
    }, aliveMs);
    timers.push(alive);
    let first = 0;
    let pending: NodeJS.Timeout | undefined;
    const news = () => {
      if (!heap) return;
      const now = performance.now();
      if (pending === undefined) first = now;
      clearTimeout(pending);
      pending = setTimeout(
        () => {
          pending = undefined;
          void this.ask(list);
        },
        Math.min(heap.delay, Math.max(0, first + heap.most - now)),
      );
    };
    let source: IncomingMessage | undefined;
    let closed = false;
    const follow = async () => {
      source = await this.open(stream);
      if (source.statusCode !== 200) throw new Error(`${stream}: ${source.statusCode}`);
      for await (const chunk of source) {
        const text = String(chunk);
        const events = text.split("\nevent: ").length - 1 + (text.startsWith("event: ") ? 1 : 0);
        got.events += events;
        got.bytes += text.length;
        if (closed) return;
        alive.refresh();
        if (events > 0) news();
      }
    };
    follow().catch(() => {
      if (!closed) got.failures += 1;
    });
    void this.ask(list);
    if (everyMs !== undefined) timers.push(setInterval(() => void this.ask(list), everyMs));
    return () => {
      closed = true;
      for (const timer of timers) clearTimeout(timer);
      clearTimeout(pending);
      source?.destroy();
    };
  }
}

const clients = Array.from({ length: Number(count) }, () => new Client());
// One after the other: each password costs a processor some 50 ms.
for (const [index, client] of clients.entries()) await client.logIn(people[index % people.length] ?? "");
process.stdout.write("ready\n");

let closings: (() => void)[] = [];
for await (const line of createInterface({ input: process.stdin })) {
  if (line === "stop") {
    for (const close of closings) close();
    closings = [];
    process.stdout.write(`${JSON.stringify(got)}\n`);
    Object.assign(got, { events: 0, bytes: 0, answers: 0, failures: 0, waitedMs: [] });
    continue;
  }
  // People do not open them all at the same moment.
  for (const [index, client] of clients.entries()) {
    const page = pages[line === "mixed" ? (mixed[index % mixed.length] ?? "") : line];
    if (!page) throw new Error(`there is no page ${line}`);
    closings.push(client.show(page));
    await new Promise((next) => setTimeout(next, 3000 / clients.length));
  }
  process.stdout.write("shown\n");
}
process.exit(0);
