import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type RequestListener, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { HttpClient, NoAnswer } from "./client.ts";
import { askSocket, closeSockets } from "./socket.ts";

/** Real servers on unix sockets. */
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "dialtone-client-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

let count = 0;
async function serve(listener: RequestListener, path = join(folder, `s${count++}`)) {
  const server: Server = createServer(listener);
  let connections = 0;
  server.on("connection", () => {
    connections++;
  });
  await new Promise<void>((resolve) => {
    server.listen(path, resolve);
  });
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { path, connections: () => connections, close, [Symbol.asyncDispose]: close };
}

const fault = (asked: Promise<unknown>): Promise<unknown> =>
  asked.then(
    () => undefined,
    (error: unknown) => error,
  );

describe("a client", () => {
  test("keeps its connection for the next question, and finds a server that was restarted", async () => {
    const answer: RequestListener = (request, response) => response.end(JSON.stringify(request.url));
    const first = await serve(answer);
    await using client = new HttpClient({ name: "x", socketPath: first.path });
    for (const path of ["/1", "/2", "/3", "/4", "/5"]) expect(await client.json({ path })).toBe(path);
    // A second one is made where the first was not free yet, a moment after its answer.
    expect(first.connections()).toBeLessThanOrEqual(2);
    await first.close();
    await using _second = await serve(answer, first.path);
    expect(await client.json({ path: "/6" })).toBe("/6");
  });

  test("sends JSON, its token and headers; an answer that is not 2xx is a refusal", async () => {
    await using server = await serve((request, response) => {
      void request.toArray().then((chunks) => {
        response.statusCode = request.method === "PUT" ? 409 : 200;
        const { authorization, "content-type": type, range } = request.headers;
        response.end(JSON.stringify([authorization, type, range, Buffer.concat(chunks).toString()]));
      });
    });
    await using client = new HttpClient({ name: "x", socketPath: server.path, token: "t" });
    const said = await client.json({ method: "POST", path: "/", body: { a: 1 }, headers: { range: "r" } });
    expect(said).toEqual(["Bearer t", "application/json", "r", '{"a":1}']);
    await expect(client.json({ method: "PUT", path: "/" })).rejects.toMatchObject({ status: 409 });
    expect(await client.ask({ method: "PUT", path: "/" })).toMatchObject({ status: 409 });
  });

  test("says whether a question left before nobody answered", async () => {
    await using nobody = new HttpClient({ name: "nobody", socketPath: join(folder, "absent") });
    const absent = await fault(nobody.ask({ method: "POST", path: "/" }));
    expect(absent).toBeInstanceOf(NoAnswer);
    expect(absent).toMatchObject({ sent: false, code: "ENOENT" });

    await using server = await serve((request, response) => {
      if (request.url === "/dies") request.socket.destroy();
      if (request.url === "/half") {
        response.writeHead(200, { "content-length": "100" });
        response.write("half", () => request.socket.destroy());
      }
    });
    await using client = new HttpClient({ name: "x", socketPath: server.path });
    expect(await fault(client.ask({ path: "/dies" }))).toMatchObject({ sent: true });
    expect(await fault(client.ask({ path: "/half" }))).toMatchObject({ sent: true });
    const late = await fault(client.ask({ path: "/never", deadlineMs: 50 }));
    expect(late).toMatchObject({ sent: true, code: "TimeoutError" });
    const stopped = await fault(client.ask({ path: "/never", signal: AbortSignal.timeout(50) }));
    expect(stopped).toBeInstanceOf(NoAnswer);
  });

  test("a body comes as a stream", async () => {
    await using server = await serve((_request, response) => response.end("abc"));
    await using client = new HttpClient({ name: "x", socketPath: server.path });
    const { status, body } = await client.open({ path: "/" });
    expect([status, await body.text()]).toEqual([200, "abc"]);
  });
});

test("questions to one socket share its connections until they are closed", async () => {
  await using server = await serve((_request, response) => response.end("1"));
  for (let n = 0; n < 5; n++) expect(await askSocket(server.path, "GET", "/")).toBe(1);
  const before = server.connections();
  expect(before).toBeLessThanOrEqual(2);
  await closeSockets();
  expect(await askSocket(server.path, "GET", "/")).toBe(1);
  expect(server.connections()).toBe(before + 1);
  await closeSockets();
});
