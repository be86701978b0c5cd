import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { z } from "zod";
import type { News } from "../src/call/news-schema.ts";
import { HttpClient } from "../src/http/client.ts";
import { messages } from "../src/webhooks/catalogue.ts";
import { event } from "./support/app-calls.ts";
import { appSocket } from "./support/app-host.ts";
import { RealApp } from "./support/real-app.ts";
import { aReport } from "./support/report.ts";

/** Calls in progress, their news as a stream and to webhooks, with the real app and MariaDB; the agent and the receivers are played. */
let app: RealApp;
const ask: RealApp["ask"] = (method, path, body) => app.ask(method, path, body);
const servers: Server[] = [];

/** A program of the customer's own. */
class Receiver {
  status = 204;
  readonly got: { text: string; headers: Record<string, string> }[] = [];
  private readonly server: Server;

  private constructor(server: Server) {
    this.server = server;
  }

  static async open(): Promise<Receiver> {
    const receiver: Receiver = new Receiver(
      createServer(async (request, response) => {
        const parts: Buffer[] = [];
        for await (const part of request) parts.push(part as Buffer);
        const { status } = receiver;
        if (status < 300)
          receiver.got.push({
            text: Buffer.concat(parts).toString(),
            headers: request.headers as Record<string, string>,
          });
        response.writeHead(status).end();
      }),
    );
    receiver.server.listen(0, "127.0.0.1");
    await once(receiver.server, "listening");
    servers.push(receiver.server);
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/calls`;
  }

  news(callId: string): News[] {
    return this.got
      .map(({ text }) => JSON.parse(text) as News)
      .filter(({ call }) => call?.call_id === callId);
  }
}

const agent = { holds: true };

beforeAll(async () => {
  app = await RealApp.open();
  const { self, secrets, cluster } = app.context;
  const { cert, key } = secrets.tls;
  const server = createHttpsServer({ cert, key }, (_request, response) =>
    response.end(JSON.stringify(aReport("a", { holds: agent.holds }))),
  );
  server.listen(cluster.agent.port, self.address);
  await once(server, "listening");
  servers.push(server);
});

afterAll(async () => {
  await app[Symbol.asyncDispose]();
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});

const tell = (kind: string, callId: string, ms: number, more: object = {}) =>
  ask("POST", "/v1/calls/events", {
    ...event(kind, callId, ms, more),
    time: new Date(Date.now() + ms).toISOString(),
  });

/** What a stream says, until `count` messages have come. */
async function heard(path: string, count: number, headers: Record<string, string> = {}) {
  await using client = new HttpClient({ name: "stream", socketPath: appSocket(app.context) });
  const { status, body } = await client.open({ path, headers, idleMs: 30_000 });
  expect(status).toBe(200);
  let text = "";
  for await (const chunk of body) {
    text += String(chunk);
    if (text.split("\ndata: ").length > count) break;
  }
  return [...text.matchAll(/^id: (\S+)\nevent: (\S+)\ndata: (.*)$/gm)].map(
    ([, id = "", type, data = ""]) => ({
      id,
      type,
      news: JSON.parse(data) as News,
    }),
  );
}

describe("calls in progress", () => {
  it("are told with their state and tags, until they are over", async () => {
    const id = randomUUID();
    const live = async () => (await ask("GET", "/v1/calls?tag=team%3Dsales")).body.calls;
    await tell("start", id, 0);
    await tell("ring", id, 10, { to_tag: "tt", code: 180, rule: "r", tags: { team: "sales" } });
    await app.until("it rings", async () => (await live())[0]?.state === "ringing");
    await tell("answer", id, 20, { to_tag: "tt", rule: "r", tags: { team: "sales" }, target: "sip:x@y" });
    await app.until("it is answered", async () => (await live())[0]?.state === "answered");
    expect((await live())[0]).toMatchObject({
      call_id: id,
      number: "1001",
      rule: "r",
      tags: { team: "sales" },
    });
    await tell("end", id, 30, { to_tag: "tt" });
    await app.until("it is over", async () => (await live()).length === 0);
    expect((await ask("GET", "/v1/records?tag=team%3Dsales")).body.records).toMatchObject([{ call_id: id }]);
    expect((await ask("GET", "/v1/records?tag=team%3Dother")).body.records).toEqual([]);
  });
});

describe("the stream", () => {
  it("tells what happens, and goes on behind the last event", async () => {
    const id = randomUUID();
    const following = heard("/v1/call-events?number=1001", 3);
    // Whoever listens from now on hears nothing older: its place is taken when it is answered.
    await app.until("somebody listens", async () => {
      await tell("start", randomUUID(), 0, { to: "sip:other@x" });
      return true;
    });
    await new Promise((resolve) => setTimeout(resolve, 300));
    await tell("start", id, 0);
    await tell("answer", id, 10, { to_tag: "tt" });
    await tell("end", id, 20, { to_tag: "tt" });
    const all = await following;
    expect(all.map(({ type }) => type)).toEqual(["call.started", "call.answered", "call.ended"]);
    expect(all[2]?.news).toMatchObject({ call: { call_id: id, state: "ended", outcome: "answered" } });
    const rest = await heard("/v1/call-events?number=1001", 2, { "last-event-id": all[0]?.id ?? "" });
    expect(rest.map(({ id }) => id)).toEqual(all.slice(1).map(({ id }) => id));
    expect(await ask("GET", "/v1/call-events?last_event_id=x")).toMatchObject({ status: 400 });
  });
});

describe("dials", () => {
  const dial = (body: object, headers: Record<string, string> = {}) =>
    app.ask("POST", "/v1/dials", body, headers);

  it("are refused where A is nobody of ours, or may not call B", async () => {
    await ask("POST", "/v1/users", { name: "ada", password: "correct horse" });
    await ask("PUT", "/v1/numbers/5000", { user: "ada" });
    expect(await dial({ from: "+49301", to: "5000" })).toMatchObject({ status: 422 });
    expect(await dial({ from: "ada", to: "+49301" })).toMatchObject({
      status: 409,
      body: { detail: expect.stringMatching(/ada may not call \+49301.*404/) },
    });
  });

  it("are one with the same key, are carried out, and cancelled", async () => {
    const order = { from: "5000", to: "ada", tags: { why: "crm" } };
    const key = { "idempotency-key": "order 1" };
    const first = await dial(order, key);
    expect(first).toMatchObject({ status: 201, body: { user: "ada", state: "waiting" } });
    expect((await dial(order, key)).body.id).toBe(first.body.id);
    expect(await dial({ ...order, to: "5000" }, key)).toMatchObject({
      status: 422,
      body: { code: "key-reused" },
    });
    // There is no SIP server in this test: nobody answers.
    const reaches = (state: string) =>
      app.until(`it is ${state}`, async () => {
        const { body } = await ask("GET", `/v1/dials/${first.body.id}`);
        return body.state === state && body;
      });
    expect(await reaches("calling")).toMatchObject({ node: "a", calls: [] });
    expect(await ask("DELETE", `/v1/dials/${first.body.id}`)).toMatchObject({ status: 200 });
    await reaches("cancelled");
    expect(await ask("DELETE", `/v1/dials/${first.body.id}`)).toMatchObject({ status: 409 });
  });
});

describe("webhooks", () => {
  const endless = randomUUID();
  let crm: Receiver;
  let dead: Receiver;

  it("are told what they want, signed; one that does not take it delays nobody, and gets it later with the same id", async () => {
    crm = await Receiver.open();
    dead = await Receiver.open();
    dead.status = 500;
    const put = (name: string, more: object) =>
      ask("PUT", `/v1/webhooks/${name}`, { deadline_ms: 1000, ...more });
    expect(await put("crm", { url: "http://127.0.0.1:1/", fallback_url: crm.url })).toMatchObject({
      status: 200,
    });
    await put("dead", { url: dead.url, events: ["call.ended"] });
    await app.until(
      "they are known",
      async () => (await ask("GET", "/v1/webhooks/dead/deliveries")).status === 200,
    );
    const id = randomUUID();
    await tell("start", id, 0);
    await tell("fail", id, 10, { code: 486, reason: "Busy Here" });
    await app.until("crm is told", async () => crm.news(id).length === 2);
    expect(crm.news(id).map(({ type }) => type)).toEqual(["call.started", "call.ended"]);
    // All that is sent is as the catalogue says.
    const schemas = new Map<string, z.ZodType>(messages.map(({ name, schema }) => [name, schema]));
    await ask("POST", "/v1/webhooks/crm/test");
    const types = crm.got.map(({ text }) => {
      const sent = JSON.parse(text) as { type: string };
      expect(schemas.get(sent.type)?.parse(sent)).toEqual(sent);
      return sent.type;
    });
    expect(new Set(types)).toEqual(new Set(["call.started", "call.ended", "test"]));
    const { text, headers } = crm.got.at(-1) ?? { text: "", headers: {} };
    const { body } = await ask("GET", `/v1/question-key?url=${encodeURIComponent(crm.url)}`);
    expect(new Webhook(body.key).verify(text, headers)).toMatchObject({ id: headers["webhook-id"] });
    const waiting = await app.until("what waits is told", async () => {
      const { body } = await ask("GET", "/v1/webhooks/dead/deliveries");
      return body.waiting.length === 1 && body;
    });
    expect(waiting).toMatchObject({ delivered: 0, failure: expect.stringMatching(/500/) });
    dead.status = 200;
    await app.until("it is told at last", async () => dead.news(id).length === 1);
    expect(dead.news(id)[0]?.id).toBe(waiting.waiting[0].id);
    await app.until("nothing waits", async () => {
      const { body } = await ask("GET", "/v1/webhooks/dead/deliveries");
      return body.waiting.length === 0 && body.delivered === 1 && body.failing_since === null;
    });
  });

  it("are told by the holder of the service address alone, which goes on where the one before was", async () => {
    agent.holds = false;
    // A look is good for half a second.
    await new Promise((resolve) => setTimeout(resolve, 700));
    await tell("start", endless, 0);
    await app.until(
      "it is behind",
      async () => (await ask("GET", "/v1/webhooks/crm/deliveries")).body.behind > 0,
    );
    await app.stop();
    expect(crm.news(endless)).toEqual([]);
    agent.holds = true;
    app.start();
    await app.until("it is told", async () => crm.news(endless).length === 1);
  });

  it("are tested, and forgotten", async () => {
    expect(await ask("POST", "/v1/webhooks/crm/test")).toMatchObject({ body: { taken: true } });
    expect(JSON.parse(crm.got.at(-1)?.text ?? "")).toMatchObject({ type: "test" });
    await ask("DELETE", "/v1/webhooks/crm");
    await app.until(
      "nothing is kept",
      async () => (await ask("GET", "/v1/webhooks/crm/deliveries")).status === 404,
    );
  });
});
