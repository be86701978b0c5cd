import { afterEach, describe, expect, it, vi } from "vitest";
import { askAnew, fetchOnce } from "./once.ts";

const problem = (status: number, code: string) =>
  new Response(JSON.stringify({ code }), {
    status,
    headers: { "content-type": "application/problem+json" },
  });

type Answer = Response | Error | "silence";

/** Answers in this order; what was sent is returned. */
function answering(...answers: Answer[]): Request[] {
  const sent: Request[] = [];
  vi.stubGlobal("fetch", (request: Request, { signal }: { signal?: AbortSignal } = {}) => {
    sent.push(request);
    const next = answers.shift() ?? new Error("asked too often");
    if (next === "silence")
      return new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
    return next instanceof Error ? Promise.reject(next) : Promise.resolve(next);
  });
  return sent;
}
afterEach(() => vi.unstubAllGlobals());

const post = (path = "/v1/orders") => new Request(`https://x${path}`, { method: "POST", body: "{}" });
const keysOf = (sent: Request[]) => new Set(sent.map(({ headers }) => headers.get("idempotency-key")));

describe("a POST", () => {
  it("is sent with one key until it is answered", async () => {
    const gone = new TypeError("Failed to fetch");
    const page = new Response("no server", { status: 503 });
    const sent = answering(gone, page, problem(409, "in-progress"), new Response("{}", { status: 201 }));
    expect((await fetchOnce(post())).status).toBe(201);
    expect(sent).toHaveLength(4);
    expect([...keysOf(sent)]).toEqual([expect.stringMatching(/^[\w-]{36}$/)]);
    expect(await Promise.all(sent.map((one) => one.text()))).toEqual(Array(4).fill("{}"));
  });

  it.each([problem(409, "exists"), problem(503, "database-unavailable"), problem(422, "invalid-change")])(
    "that is refused is not sent again",
    async (refusal) => {
      const sent = answering(refusal);
      expect(await fetchOnce(post())).toBe(refusal);
      expect(sent).toHaveLength(1);
    },
  );

  it("that waits for a host without power is sent anew when another one answers", async () => {
    const sent = answering("silence", new Response("{}", { status: 202 }));
    const asked = fetchOnce(post());
    await vi.waitFor(() => expect(sent).toHaveLength(1));
    askAnew();
    expect((await asked).status).toBe(202);
    expect(keysOf(sent).size).toBe(1);
  });

  it("that logs somebody in is not repeated, nor is what changes what is there", async () => {
    for (const request of [
      post("/v1/session"),
      new Request("https://x/v1/users/a", { method: "PUT", body: "{}" }),
    ]) {
      const sent = answering(new TypeError("Failed to fetch"));
      await expect(fetchOnce(request)).rejects.toThrow("Failed to fetch");
      expect(keysOf(sent)).toEqual(new Set([null]));
    }
  });
});
