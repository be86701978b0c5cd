import { createSocket, type Socket } from "node:dgram";
import { afterEach, beforeEach, expect, test } from "vitest";
import { NgClient, NgRefused } from "./ng.ts";

/** An rtpengine on loopback that answers as it is told to. */
let server: Socket;
let heard: string[];
let answer: (cookie: string, body: string) => string[];
let client: NgClient;

beforeEach(async () => {
  heard = [];
  answer = (cookie) => [`${cookie} d6:result4:ponge`];
  server = createSocket("udp4");
  server.on("message", (data, from) => {
    const text = data.toString();
    heard.push(text);
    const [cookie = "", ...body] = text.split(" ");
    for (const reply of answer(cookie, body.join(" "))) server.send(reply, from.port, from.address);
  });
  await new Promise<void>((resolve) => {
    server.bind(0, "127.0.0.1", resolve);
  });
  client = new NgClient(server.address().port);
});
afterEach(() => {
  client[Symbol.dispose]();
  server.close();
});

const soon = () => AbortSignal.timeout(3000);

test("answers find their questions, whatever their order", async () => {
  const waiting: [string, string][] = [];
  answer = (cookie, body) => {
    waiting.push([cookie, /call-id1:(.)/.exec(body)?.[1] ?? ""]);
    return waiting.length < 2
      ? []
      : waiting.toReversed().map(([one, id]) => `${one} d2:id1:${id}6:result2:oke`);
  };
  const asked = ["a", "b"].map((id) => client.ask("query", { "call-id": id }, soon()));
  expect(await Promise.all(asked)).toEqual([
    { id: "a", result: "ok" },
    { id: "b", result: "ok" },
  ]);
});

test("a lost question is sent again under its own cookie", async () => {
  answer = (cookie) => (heard.length < 2 ? [] : [`${cookie} d6:result4:ponge`]);
  expect(await client.ask("ping", {}, soon())).toEqual({ result: "pong" });
  expect(new Set(heard).size).toBe(1);
});

test("rtpengine's own words are told, also those with a colon in them", async () => {
  answer = (cookie) => [`${cookie} d12:error-reason10:no: 5:e a:6:result5:errore`];
  const asked = client.ask("start recording", { "call-id": "x" }, soon());
  await expect(asked).rejects.toThrow(new NgRefused("no: 5:e a:"));
});

test("silence ends with the deadline; an answer to nobody is nobody's; garbage is a fault", async () => {
  answer = () => ["other d6:result4:ponge", "garbage"];
  await expect(client.ask("ping", {}, AbortSignal.timeout(50))).rejects.toThrow(/does not answer to 'ping'/);
  await expect(new NgClient(9).ask("ping", {}, AbortSignal.abort())).rejects.toThrow(/does not answer/);
  answer = (cookie) => [`${cookie} d6:result`];
  await expect(client.ask("ping", {}, soon())).rejects.toThrow(/can not be read/);
});

test("nobody listens: told at once; somebody is back: heard again", async () => {
  const { port } = server.address();
  await new Promise<void>((resolve) => {
    server.close(resolve);
  });
  await expect(client.ask("ping", {}, soon())).rejects.toThrow(/ECONNREFUSED/);
  server = createSocket("udp4").on("message", (data, from) => {
    server.send(`${data.toString().split(" ")[0]} d6:result4:ponge`, from.port, from.address);
  });
  await new Promise<void>((resolve) => {
    server.bind(port, "127.0.0.1", resolve);
  });
  expect(await client.ask("ping", {}, soon())).toEqual({ result: "pong" });
});
