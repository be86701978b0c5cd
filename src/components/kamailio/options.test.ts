import { createSocket, type Socket } from "node:dgram";
import { afterEach, beforeEach, expect, test } from "vitest";
import { SipAsker } from "./options.ts";

/** A SIP server on loopback that answers, or does not. */
let server: Socket;
let answers: boolean;
let ports: number[];
let asker: SipAsker;

beforeEach(async () => {
  answers = true;
  ports = [];
  server = createSocket("udp4");
  server.on("message", (data, from) => {
    ports.push(from.port);
    const reply = data.toString().replace(/^OPTIONS.*/, "SIP/2.0 200 OK");
    if (answers) server.send(reply, from.port, from.address);
  });
  await new Promise<void>((resolve) => {
    server.bind(0, "127.0.0.1", resolve);
  });
  asker = new SipAsker("127.0.0.1", server.address().port);
});
afterEach(() => {
  asker.close();
  server.close();
});

const soon = () => AbortSignal.timeout(3000);

test("one socket for all questions, and each gets its own answer", async () => {
  const [one, other] = await Promise.all([asker.ask(soon()), asker.ask(soon())]);
  const third = await asker.ask(soon());
  expect([one.code, other.code, third.code]).toEqual([200, 200, 200]);
  expect(new Set([one.text, other.text, third.text]).size).toBe(3);
  expect(new Set(ports).size).toBe(1);
});

test("after silence the next question has a new socket", async () => {
  answers = false;
  await expect(asker.ask(AbortSignal.timeout(30))).rejects.toThrow("no answer to SIP OPTIONS");
  answers = true;
  expect((await asker.ask(soon())).code).toBe(200);
  expect(new Set(ports).size).toBe(2);
  await expect(asker.ask(AbortSignal.abort())).rejects.toThrow("no answer");
});

test("nobody listens: told at once, and heard again when somebody does", async () => {
  const { port } = server.address();
  await asker.ask(soon());
  await new Promise<void>((resolve) => server.close(() => resolve()));
  await expect(asker.ask(soon())).rejects.toThrow("nobody listens at udp 127.0.0.1:");
  server = createSocket("udp4");
  server.on("message", (data, from) =>
    server.send(data.toString().replace(/^OPTIONS.*/, "SIP/2.0 503 no"), from.port, from.address),
  );
  await new Promise<void>((resolve) => {
    server.bind(port, "127.0.0.1", resolve);
  });
  expect((await asker.ask(soon())).code).toBe(503);
});
