import { randomUUID } from "node:crypto";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import type { Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import type { FastifyInstance } from "fastify";
import { pino } from "pino";
import { Agent } from "undici";
import { afterAll, beforeAll, expect, it } from "vitest";
import {
  ApiProblem,
  answer,
  answered,
  type Dialtone,
  dialtone,
  pages,
  type Told,
} from "../client/src/index.ts";
import { type App, createApp } from "../src/app/context.ts";
import { buildHttp } from "../src/app/http.ts";
import { TrustedSockets } from "../src/http/auth.ts";
import { closeServer, httpsServer, listen } from "../src/http/listeners.ts";
import { event } from "./support/app-calls.ts";
import { RealApp } from "./support/real-app.ts";

/** The client package (client/) with two nodes' apps that share a real MariaDB: node a's is a process that can be killed. */

const root = new URL("..", import.meta.url).pathname;
let app: RealApp;
let other: App;
let otherHttp: FastifyInstance;
let otherDoor: Server;
let agent: Agent;
const over = new AbortController();
const running: Promise<unknown>[] = [];
/** What was asked, and answered. */
const seen: string[] = [];

/** With the cluster's own authority. */
function ask(request: Request): Promise<Response> {
  const init: object = { dispatcher: agent };
  return fetch(request, init);
}

/** The addresses of these nodes. */
const at = (...hosts: string[]): string[] =>
  hosts.map((host) => `https://${app.contextOf(host).self.address}:${app.context.cluster.api.port}`);

const clientOf = (...hosts: string[]): Dialtone =>
  dialtone({
    addresses: at(...hosts),
    token: app.context.secrets.api_token,
    fetch: async (request) => {
      const response = await ask(request);
      seen.push(`${response.status} ${request.url}`);
      return response;
    },
  });

async function openDoor(): Promise<void> {
  const { self, secrets, cluster } = other.context;
  otherDoor = httpsServer(secrets.tls, otherHttp.routing);
  await listen(otherDoor, { host: self.address, port: cluster.api.port }, "HTTPS");
}

beforeAll(async () => {
  app = await RealApp.open();
  agent = new Agent({ connect: { ca: app.context.secrets.tls.ca } });
  const socketPath = join(app.context.dirs.run, "mariadb", "mysqld.sock");
  const endpoints = [{ name: "the database", socketPath }];
  other = await createApp(app.contextOf("b"), pino({ level: "silent" }), { endpoints });
  otherHttp = await buildHttp(other.http, new TrustedSockets());
  await otherHttp.ready();
  running.push(other.live.run(over.signal), other.shipper.run(over.signal));
  await openDoor();
});

afterAll(async () => {
  over.abort();
  await agent?.destroy();
  if (otherDoor) await closeServer(otherDoor, 100);
  await otherHttp?.close();
  await Promise.all(running);
  await other?.[Symbol.asyncDispose]();
  await app?.[Symbol.asyncDispose]();
});

const password = "a long enough secret";
const names = ["ada", "bob", "eve", "ida", "tom"];

it("lists by pages what it made", async () => {
  const { api } = clientOf("a", "b");
  for (const name of names) await answer(api.POST("/v1/users", { body: { name, password } }));
  const found: string[][] = [];
  for await (const { users } of pages((after) =>
    api.GET("/v1/users", { params: { query: { limit: 2, ...(after && { after }) } } }),
  ))
    found.push(users.map(({ name }) => name));
  expect(found).toEqual([["ada", "bob"], ["eve", "ida"], ["tom"]]);
});

it("makes one thing with one key, by whichever node", async () => {
  const body = { name: "once", on: true };
  const params = { header: { "Idempotency-Key": randomUUID() } };
  const one = await answered(clientOf("a", "b").api.POST("/v1/flags", { params, body }));
  const two = await answered(clientOf("b", "a").api.POST("/v1/flags", { params, body }));
  expect(seen.slice(-2)).toEqual(at("a", "b").map((address) => `201 ${address}/v1/flags`));
  expect(two).toEqual(one);
  const { entries } = await answer(
    clientOf("b").api.GET("/v1/audit", { params: { query: { route: "POST /v1/flags" } } }),
  );
  expect(entries).toHaveLength(1);
  // With a key of its own it is another one.
  await expect(answer(clientOf("b").api.POST("/v1/flags", { body }))).rejects.toMatchObject({
    code: "exists",
  });
});

it("throws what is refused, typed", async () => {
  const { api } = clientOf("a", "b");
  const refused = await answer(api.POST("/v1/users", { body: { name: "no good", password } })).catch(
    (error: unknown) => error,
  );
  expect(refused).toBeInstanceOf(ApiProblem);
  expect(refused).toMatchObject({ status: 400, code: "invalid-request", errors: [{ path: "/name" }] });
  const params = { path: { name: "once" }, header: { "If-Match": '"of something else"' } };
  const { etag } = await answered(api.GET("/v1/flags/{name}", { params: { path: params.path } }));
  await expect(answer(api.PUT("/v1/flags/{name}", { params, body: { on: false } }))).rejects.toMatchObject({
    status: 412,
    code: "precondition-failed",
    etag,
  });
  const nobody = dialtone({ addresses: at("a"), token: "x", fetch: ask });
  const told = nobody.events("/v1/call-events", { signal: over.signal });
  await expect(told.next()).rejects.toMatchObject({ status: 401, code: "unauthorized" });
});

/** A consumer's program: plain Node, and what `npm install` of the file brings. */
const consumer = `import { answer, ApiProblem, dialtone, type Message, pages } from "@dialtone/client";

const [, , address = "", token = ""] = process.argv;
const { api } = dialtone({ addresses: ["https://127.0.0.1:1", address], token });
for await (const { users } of pages((after) => api.GET("/v1/users", { params: { query: { limit: 2, ...(after && { after }) } } })))
  console.log(users.map(({ name }) => name).join(" "));
export const outcomeOf = ({ call }: Message<"call.ended">) => call.outcome;
try {
  await answer(api.GET("/v1/flags/{name}", { params: { path: { name: "none" } } }));
} catch (error) {
  if (error instanceof ApiProblem && error.code === "not-found") console.log(error.code);
  else throw error;
}
// @ts-expect-error: no such route
void (() => api.GET("/v1/nothing"));
// @ts-expect-error: a flag is on or off
void (() => api.POST("/v1/flags", { body: { name: "x", on: "yes" } }));
`;

it("is a file that a program in plain Node installs, compiles against and runs with", async () => {
  const folder = await mkdtemp(join(tmpdir(), "dialtone-client-"));
  try {
    const inFolder = { cwd: folder, env: { NODE_PATH: "" } };
    const { stdout: file } = await execa("sh", [join(root, "scripts/client"), folder]);
    const write = (name: string, what: unknown) => writeFile(join(folder, name), JSON.stringify(what));
    await write("package.json", {
      type: "module",
      dependencies: {
        "@dialtone/client": `file:${file}`,
        // Without a question to the registry.
        "openapi-fetch": `file:${root}node_modules/openapi-fetch`,
      },
    });
    await execa("npm", ["install", "--offline", "--no-audit", "--no-fund"], inFolder);
    const strict = { strict: true, exactOptionalPropertyTypes: true, skipLibCheck: false };
    await write("tsconfig.json", {
      compilerOptions: { ...strict, module: "nodenext", target: "es2022", types: ["node"], outDir: "out" },
      files: ["consumer.ts"],
    });
    await writeFile(join(folder, "consumer.ts"), consumer);
    await symlink(join(root, "node_modules/@types"), join(folder, "node_modules/@types"));
    await execa(join(root, "node_modules/.bin/tsc"), ["-p", "."], inFolder);
    const ca = join(folder, "ca.pem");
    await writeFile(ca, app.context.secrets.tls.ca);
    const words = [join(folder, "out/consumer.js"), at("b").join(), app.context.secrets.api_token];
    const { stdout } = await execa("node", words, { ...inFolder, env: { NODE_EXTRA_CA_CERTS: ca } });
    expect(stdout.split("\n")).toEqual(["ada bob", "eve ida", "tom", "not-found"]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

/** An event of a call to this number, now. */
const now = (kind: string, number: string, more: object = {}) => ({
  ...event(kind, `call to ${number}`, 0, { to: `sip:${number}@x`, ...more }),
  time: new Date().toISOString(),
});

it("hears what happens to calls when its app was killed and another one answers, also if it had heard nothing yet", async () => {
  const { events } = clientOf("a", "b");
  const heard = { busy: [] as Told[], quiet: [] as Told[] };
  const follow = async (into: Told[], number: string) => {
    for await (const told of events(`/v1/call-events?number=${number}`, { signal: over.signal }))
      into.push(told);
  };
  running.push(follow(heard.busy, "1001"), follow(heard.quiet, "2002"));
  const streams = () => seen.filter((line) => line.startsWith(`200 ${at("a")}/v1/call-events`));
  await app.until("both listen", async () => streams().length === 2);
  await app.ask("POST", "/v1/calls/events", now("start", "1001"));
  await app.until("the first is heard", async () => heard.busy.length === 1);

  // Nobody is there while the next happens: who begins to listen behind it does not hear it.
  await closeServer(otherDoor, 0);
  await app.stop("SIGKILL");
  const before = other.live.feed;
  const tell = (payload: object) =>
    otherHttp.inject({
      ...{ method: "POST" as const, url: "/v1/calls/events", payload },
      headers: { authorization: `Bearer ${app.context.secrets.api_token}` },
    });
  for (const told of [now("answer", "1001", { to_tag: "tt" }), now("start", "2002")])
    expect((await tell(told)).statusCode).toBe(202);
  await app.until("both are in the database", async () => other.live.feed >= before + 1);
  await openDoor();

  await app.until("both are heard", async () => heard.busy.length >= 2 && heard.quiet.length >= 1);
  await tell(now("end", "1001", { to_tag: "tt" }));
  await app.until("the end is heard", async () => heard.busy.length >= 3);
  expect(heard.busy.map(({ type }) => type)).toEqual(["call.started", "call.answered", "call.ended"]);
  expect(heard.quiet.map(({ type }) => type)).toEqual(["call.started"]);
});
