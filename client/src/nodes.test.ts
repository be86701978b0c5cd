import { describe, expect, it } from "vitest";
import { answer, dialtone, pages } from "./index.ts";
import { Nodes } from "./nodes.ts";

const json = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json", ...headers } });

/** Nodes that answer as they are told, one after the other; an error: they do not. */
function played(
  answers: ((request: Request) => Response | Promise<Response>)[],
  more: { patienceMs?: number; answerMs?: number } = {},
) {
  const asked: Request[] = [];
  const access = {
    addresses: ["https://a.example:8443", "https://b.example:8443"],
    token: "t",
    ...more,
    fetch: async (request: Request) => {
      asked.push(request.clone());
      const next = answers[Math.min(asked.length, answers.length) - 1];
      if (!next) throw new Error("nothing is played");
      return await next(request);
    },
  };
  return { asked, access };
}

const dead = () => {
  throw new TypeError("fetch failed", { cause: new Error("connect ECONNREFUSED") });
};
const flag = { name: "one", on: true, description: "" };
const made = () => json(201, flag);

describe("what one node does not answer", () => {
  it.each([
    ["it is gone", dead],
    ["its app is away", () => new Response("Bad Gateway", { status: 502 })],
    ["its database is", () => json(503, { code: "database-unavailable", detail: "x" })],
    ["it is being done", () => json(409, { code: "in-progress", detail: "x" })],
    [
      "it dies while it answers",
      () =>
        new Response(new ReadableStream({ start: (stream) => stream.error(new Error("reset")) }), {
          headers: { "content-type": "application/json" },
        }),
    ],
  ])("%s: the next is asked the same, with the same key", async (_why, first) => {
    const { asked, access } = played([first, made]);
    const { api } = dialtone(access);
    const body = { name: "one", on: true };
    expect(await answer(api.POST("/v1/flags", { body }))).toEqual(flag);
    expect(asked.map(({ url }) => url)).toEqual([
      "https://a.example:8443/v1/flags",
      "https://b.example:8443/v1/flags",
    ]);
    const keys = asked.map(({ headers }) => headers.get("idempotency-key"));
    expect(keys[0]).toMatch(/^\S{20,}$/);
    expect(keys[1]).toBe(keys[0]);
    expect(await Promise.all(asked.map((request) => request.json()))).toEqual([body, body]);
    expect(asked.map(({ headers }) => headers.get("authorization"))).toEqual(["Bearer t", "Bearer t"]);
    // The one that answered is asked from now on, with a new key.
    await answer(api.POST("/v1/flags", { body }));
    expect(asked[2]?.url).toBe("https://b.example:8443/v1/flags");
    expect(asked[2]?.headers.get("idempotency-key")).not.toBe(keys[0]);
  });

  it("a hung one is left after a while", async () => {
    const hung = (request: Request) =>
      new Promise<Response>((_resolve, reject) =>
        request.signal.addEventListener("abort", () => reject(request.signal.reason)),
      );
    const { access } = played([hung, made], { answerMs: 20 });
    expect(
      await answer(dialtone(access).api.GET("/v1/flags/{name}", { params: { path: { name: "one" } } })),
    ).toEqual(flag);
  });

  it("nobody: that is told, with the reason", async () => {
    const { asked, access } = played([dead], { patienceMs: 600 });
    await expect(answer(dialtone(access).api.GET("/v1/users"))).rejects.toMatchObject({
      status: 0,
      code: "no-answer",
      message: expect.stringMatching(/a\.example.*b\.example.*ECONNREFUSED/),
    });
    expect(asked.length).toBeGreaterThan(1);
  });

  it("whoever asked and went is not answered later", async () => {
    const { asked, access } = played([dead]);
    const gone = new AbortController();
    const answered = dialtone(access).api.GET("/v1/users", { signal: gone.signal });
    gone.abort();
    await expect(answered).rejects.toThrow();
    expect(asked.length).toBeLessThanOrEqual(1);
  });
});

it("refuses addresses that are none", () => {
  expect(() => new Nodes({ addresses: [], token: "t" })).toThrow("at least one");
  expect(() => new Nodes({ addresses: ["nowhere"], token: "t" })).toThrow();
});

it("a problem is typed, whoever answers", async () => {
  const errors = [{ path: "/name", message: "must be a name" }];
  const refused = () =>
    json(400, { status: 400, code: "invalid-request", detail: "no", errors }, { etag: '"x"' });
  const { access } = played([refused, () => new Response("<html>", { status: 418 })]);
  const { api, events } = dialtone(access);
  const ask = () => answer(api.GET("/v1/users"));
  await expect(ask()).rejects.toMatchObject({ status: 400, code: "invalid-request", errors, etag: '"x"' });
  await expect(ask()).rejects.toMatchObject({
    status: 418,
    code: "unknown",
    message: "answered 418: <html>",
  });
  const told = events("/v1/call-events", { signal: AbortSignal.timeout(5000) });
  await expect(told.next()).rejects.toMatchObject({ status: 418 });
});

it("goes through all pages of a list", async () => {
  const { asked, access } = played([
    () => json(200, { users: [], next: "b" }),
    () => json(200, { users: [], next: null }),
  ]);
  const { api } = dialtone(access);
  const found = [];
  for await (const page of pages((after) =>
    api.GET("/v1/users", { params: { query: { limit: 2, ...(after && { after }) } } }),
  ))
    found.push(page.next);
  expect(found).toEqual(["b", null]);
  expect(asked.map(({ url }) => new URL(url).search)).toEqual(["?limit=2", "?limit=2&after=b"]);
});

it("types places that are numbers too", async () => {
  const { access } = played([
    () => json(200, { versions: [], next: 7 }),
    () => json(200, { versions: [], next: null }),
  ]);
  const { api } = dialtone(access);
  const found: (number | null)[] = [];
  for await (const { next } of pages((after: number | undefined) =>
    api.GET("/v1/versions", { params: { query: { ...(after && { after }) } } }),
  ))
    found.push(next);
  expect(found).toEqual([7, null]);
});
