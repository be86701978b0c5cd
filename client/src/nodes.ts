import { ApiProblem } from "./problem.ts";

/** Whichever node is there: what one does not answer, another one is asked. */

export interface Access {
  /** Of the nodes or the service address: `https://192.0.2.100:8443`. The first that answered is asked until it does not. */
  addresses: readonly string[];
  /** A token: `dialtone tokens add`, or `api_token` of `cluster.secrets.yaml`. */
  token: string;
  /** Gives up after so long without an answer; default 20 s. A takeover takes less than a second, a claim of a dead node 5 s. */
  patienceMs?: number;
  /** The longest wait for one node's answer; default 10 s. */
  answerMs?: number;
  /** In place of the platform's own, e.g. with another authority. */
  fetch?: (request: Request) => Promise<Response>;
}

const pauseMs = 250;

/** Resolves after `ms`, or when `signal` aborts. */
export const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const over = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", over);
      resolve();
    };
    const timer = setTimeout(over, ms);
    signal.addEventListener("abort", over);
    if (signal.aborted) over();
  });

/** Node 18 has no `crypto` of its own; a key must be new, not secret. */
const newKey = (): string =>
  globalThis.crypto?.randomUUID?.() ??
  Array.from({ length: 4 }, () => Math.random().toString(36).slice(2)).join("");

/** Another node may do what this one can not: its app is away, its database is; or the same request is being done. */
async function isOpen(response: Response): Promise<boolean> {
  if ([502, 503, 504].includes(response.status)) return true;
  return response.status === 409 && (await response.clone().text()).includes('"in-progress"');
}

const isDocument = ({ headers }: Response): boolean =>
  /^application\/([\w.-]+\+)?json\b/.test(headers.get("content-type") ?? "");

export class Nodes {
  private readonly access: Access;
  private at = 0;

  constructor(access: Access) {
    if (access.addresses.length === 0) throw new Error("addresses: name at least one node");
    for (const address of access.addresses) new URL(address); // throws: says which
    this.access = access;
  }

  /** As `fetch`, of a request to any address: the same is asked of the nodes until one answers. @throws ApiProblem `no-answer` */
  async fetch(request: Request): Promise<Response> {
    const { addresses, token, patienceMs = 20_000 } = this.access;
    const { method, signal } = request;
    const headers = new Headers(request.headers);
    headers.set("authorization", `Bearer ${token}`);
    // Each new request has a key of its own, which the nodes know it by.
    if (method === "POST" && !headers.has("idempotency-key")) headers.set("idempotency-key", newKey());
    const body = ["GET", "HEAD"].includes(method) ? undefined : await request.arrayBuffer();
    const { pathname, search } = new URL(request.url);
    const deadline = performance.now() + patienceMs;
    for (;;) {
      const asked = this.at;
      const address = addresses[asked % addresses.length];
      const isLast = () => performance.now() + pauseMs > deadline;
      try {
        const url = new URL(pathname + search, address);
        const response = await this.attempt(
          url,
          { method, headers, ...(body?.byteLength && { body }) },
          signal,
        );
        if (!(await isOpen(response)) || isLast()) return response;
      } catch (error) {
        if (signal.aborted) throw error;
        if (isLast())
          throw new ApiProblem(
            0,
            "no-answer",
            `none of ${addresses.join(", ")} answers; the last: ${reasonOf(error)}`,
            {
              cause: error,
            },
          );
      }
      // Others that were asked at the same moment found it out too: that is one step, not two.
      if (this.at === asked) this.at++;
      await pause(pauseMs, signal);
    }
  }

  /** One node is asked. A document is read to its end, so that a node that dies while it answers has not answered. */
  private async attempt(url: URL, init: RequestInit, given: AbortSignal): Promise<Response> {
    const { answerMs = 10_000, fetch: ask = fetch } = this.access;
    const attempt = new AbortController();
    const abort = () => attempt.abort(given.reason);
    const timer = setTimeout(() => attempt.abort(new Error(`${url.origin} does not answer`)), answerMs);
    given.addEventListener("abort", abort);
    if (given.aborted) abort();
    let isWhole = true;
    try {
      const response = await ask(new Request(url, { ...init, signal: attempt.signal }));
      isWhole = !response.body || isDocument(response);
      if (!isWhole || !response.body) return response;
      const { status, statusText, headers } = response;
      return new Response(await response.arrayBuffer(), { status, statusText, headers });
    } finally {
      clearTimeout(timer);
      // What is read piece by piece stays tied to whoever asked.
      if (isWhole) given.removeEventListener("abort", abort);
    }
  }
}

/** Why there was no answer: the platform hides it below "fetch failed". */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error && error.cause.message !== "" ? error.cause.message : error.message;
}
