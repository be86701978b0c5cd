import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { askRedis } from "./client.ts";

/** What stands in for a redis: it answers line by line, in pieces. */
let server: Server;
let lines: string[];
let open: Socket[];
let deaf: boolean;

const replyTo = (line: string): string => {
  const [command, word = ""] = line.split(" ");
  if (command === "PING") return "+PONG\r\n";
  if (command === "ECHO") return `$${word.length}\r\n${word}\r\n`;
  if (command === "CLIENT") return "$9\r\nid=1 a=b\n\r\n";
  return command === "AUTH" && word !== "right" ? "-WRONGPASS no\r\n" : "+OK\r\n";
};

beforeEach(async () => {
  [lines, open, deaf] = [[], [], false];
  server = createServer((socket) => {
    open.push(socket);
    socket.on("error", () => undefined);
    socket.on("data", (data) => {
      const heard = data.toString().split("\r\n").filter(Boolean);
      lines.push(...heard);
      const said = heard.map(replyTo).join("");
      if (deaf) return;
      socket.write(said.slice(0, 7));
      setImmediate(() => socket.write(said.slice(7)));
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
});
afterEach(async () => {
  for (const socket of open) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
});

const ask = (commands: string[], ms = 3000, password = "right") =>
  askRedis(
    { address: "127.0.0.1", port: (server.address() as AddressInfo).port, password },
    commands,
    AbortSignal.timeout(ms),
  );

test("the connection is kept: one login for many questions, each with its whole answer", async () => {
  expect(await ask(["PING"])).toBe("+OK\r\n+PONG\r\n");
  expect(await ask(["PING", "CLIENT LIST TYPE pubsub"])).toBe("+PONG\r\n$9\r\nid=1 a=b\n\r\n");
  expect(lines.filter((line) => line.startsWith("AUTH"))).toHaveLength(1);
  expect(open).toHaveLength(1);
});

test("two at a time have two connections", async () => {
  await Promise.all([ask(["PING"]), ask(["PING"])]);
  expect(open).toHaveLength(2);
});

test("a server that ended in between is asked by a new connection", async () => {
  await ask(["PING"]);
  open[0]?.destroy();
  // Before its end is seen here, one question may still meet it.
  await expect.poll(() => ask(["PING"]).catch(() => "")).toContain("+PONG");
});

test("silence and a fault end the connection", async () => {
  await ask(["PING"]);
  deaf = true;
  await expect(ask(["PING"], 30)).rejects.toThrow("does not answer");
  deaf = false;
  expect(await ask(["PING"])).toContain("+PONG");
  expect(open).toHaveLength(2);
});

test("redis's own word is told", async () => {
  await expect(ask(["PING"], 3000, "wrong")).rejects.toThrow("WRONGPASS no");
});
