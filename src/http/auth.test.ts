import Fastify from "fastify";
import { describe, expect, it, test } from "vitest";
import type { Access, Who } from "./access.ts";
import { accessOf, guardRoutes, tokenCheck } from "./auth.ts";
import { answerProblems } from "./problems.ts";

describe("tokenCheck", () => {
  const whose = tokenCheck({ api: "people-token-0123456789", peer: "peer-token-0123456789" });
  it.each([
    ["Bearer people-token-0123456789", ["api"]],
    ["bearer  peer-token-0123456789", ["peer"]],
    ["Bearer people-token-012345678", []],
    ["Bearer ", []],
    ["Basic people-token-0123456789", []],
    ["people-token-0123456789", []],
    [undefined, []],
  ])("%s: %s", (header, expected) => {
    expect(whose(header)).toEqual(expected);
  });
});

const list: Access = { "GET /docs/*": "open", "GET /a/:id": ["api", "socket"], "POST /b": ["peer"] };

test("a route is found by its pattern; HEAD goes with GET; what nobody wrote down is a fault", () => {
  expect(accessOf(list, "HEAD", "/a/:id")).toEqual(["api", "socket"]);
  for (const url of ["/docs", "/docs/", "/docs/static/*"]) expect(accessOf(list, "GET", url)).toBe("open");
  for (const url of ["/docsx", "/a", "/a/:name"])
    expect(() => accessOf(list, "GET", url)).toThrow(/access\.ts/);
  expect(() => accessOf(list, "POST", "/docs/")).toThrow();
});

describe("guardRoutes", () => {
  const serverFor = (who: Who[]) => {
    const server = Fastify();
    guardRoutes(server, list, () => who);
    answerProblems(server);
    server.get("/a/:id", () => "a");
    server.post("/b", () => "b");
    server.get("/docs/", () => "docs");
    return server;
  };

  test("a route that is not in the list does not come into being", () => {
    const server = serverFor([]);
    expect(() => server.get("/forgotten", () => "")).toThrow(/GET \/forgotten is not in .*access\.ts/);
  });

  test.each([
    [[], "GET", "/docs/", 200],
    [[], "GET", "/a/1", 401],
    [[], "GET", "/nothing", 401],
    [["api"], "GET", "/nothing", 404],
    [["api"], "GET", "/a/1", 200],
    [["socket"], "HEAD", "/a/1", 200],
    [["api"], "POST", "/b", 403],
    [["peer"], "GET", "/a/1", 403],
    [["peer"], "POST", "/b", 200],
    [["api", "peer"], "POST", "/b", 200],
  ] as const)("%j asks %s %s: %i", async (who, method, url, status) => {
    const answer = await serverFor([...who]).inject({ method, url });
    expect(answer.statusCode).toBe(status);
    if (status === 401 || status === 403)
      expect(answer.headers["content-type"]).toMatch(/application\/problem\+json/);
  });

  test("says whose it is", async () => {
    const { detail, code } = (await serverFor(["peer"]).inject("/a/1")).json<Record<string, string>>();
    expect({ detail, code }).toEqual({
      code: "forbidden",
      detail: "GET /a/:id is for api_token and the unix socket on the host only",
    });
  });
});
