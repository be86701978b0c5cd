import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { type FastifyInstance, fastify } from "fastify";
import { afterAll, beforeAll, expect, test } from "vitest";
import { consoleRoutes } from "./console.ts";

let root: string;
let server: FastifyInstance;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "dialtone-console-"));
  server = fastify();
  await server.register(consoleRoutes(join(root, "dist"), { node: "a", run: "1" }));
});
afterAll(async () => {
  await server.close();
  await rm(root, { recursive: true, force: true });
});

const policyOf = (headers: Record<string, unknown>) => String(headers["content-security-policy"]);

test("until it is built a page says so, and comes again; then it is there without a restart", async () => {
  const before = await server.inject("/console/calls");
  expect(before.statusCode).toBe(503);
  expect(before.body).toMatch(/being built/);
  expect(before.body).toMatch(/http-equiv="refresh"/);

  await mkdir(join(root, "dist", "assets"), { recursive: true });
  await writeFile(
    join(root, "dist", "index.html"),
    '<script nonce="__NONCE__"></script><meta nonce="__NONCE__">',
  );
  await writeFile(join(root, "dist", "assets", "a-1.js"), "plain");
  await writeFile(join(root, "dist", "assets", "a-1.js.gz"), gzipSync("plain"));
  await writeFile(join(root, "secret"), "not yours");

  const [one, other] = await Promise.all([server.inject("/console/calls"), server.inject("/console/")]);
  const nonces = [one, other].map(({ body, headers }) => {
    const nonce = /<script nonce="([^"]{16,})">/.exec(body)?.[1] ?? "";
    expect(body).not.toContain("__NONCE__");
    expect(policyOf(headers)).toContain(`'nonce-${nonce}'`);
    expect(headers["cache-control"]).toBe("no-store");
    return nonce;
  });
  expect(nonces[0]).not.toBe(nonces[1]);
});

test("scripts and styles come from files of its own only", async () => {
  const policy = policyOf((await server.inject("/console/")).headers);
  expect(policy).not.toMatch(/unsafe/);
  expect(policy).toMatch(/script-src 'self'(;|$)/);
  expect(policy).toMatch(/default-src 'self'(;|$)/);
  expect(policy).toMatch(/frame-ancestors 'none'/);
});

test("files with a digest in their name are kept for good, compressed where the browser takes it", async () => {
  const { headers, rawPayload } = await server.inject({
    url: "/console/assets/a-1.js",
    headers: { "accept-encoding": "gzip" },
  });
  expect(headers).toMatchObject({
    "content-encoding": "gzip",
    "cache-control": "public, max-age=31536000, immutable",
    "x-content-type-options": "nosniff",
  });
  expect(rawPayload).toEqual(gzipSync("plain"));
  expect((await server.inject("/console/assets/a-1.js")).body).toBe("plain");
});

test.each([
  "/console/assets/gone.js",
  "/console/assets/../../secret",
  "/console/assets/%2e%2e/%2e%2e/secret",
])("%s: no such file", async (url) => {
  const { statusCode, body, headers } = await server.inject(url);
  expect(body).not.toContain("not yours");
  // Paths are made plain before they are looked up: such a one is a page, which is index.html.
  if (statusCode === 200) expect(headers["content-type"]).toMatch(/text\/html/);
  else expect([400, 403, 404]).toContain(statusCode);
});

test("who answers is told by name, and / leads to the console", async () => {
  expect((await server.inject("/console/alive")).json()).toEqual({ app: "a 1" });
  expect((await server.inject("/")).headers.location).toBe("/console/");
});
