import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { type Flow, openTcp, openUdp, type Place, type SipTransport } from "./transport.ts";

const open: SipTransport[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});
const anywhere: Place = { address: "127.0.0.1", port: 0 };
const message = (text: string) => `MESSAGE sip:x SIP/2.0\r\nContent-Length: ${text.length}\r\n\r\n${text}`;

/** What comes to a transport, one after the other. */
function listen(transport: SipTransport) {
  open.push(transport);
  const came: { text: string; from: Flow }[] = [];
  const broken: Place[] = [];
  let wake: () => void = () => undefined;
  const hear = () => wake();
  transport.attach({
    message: (text, from) => {
      came.push({ text, from });
      hear();
    },
    broken: (to) => {
      broken.push(to);
      hear();
    },
  });
  const until = async (holds: () => boolean) => {
    while (!holds())
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
  };
  return { came, broken, until, local: transport.local };
}

test("UDP: datagrams both ways; latin1 keeps every byte", async () => {
  const there = listen(await openUdp(anywhere, "latin1"));
  const transport = await openUdp(anywhere, "latin1");
  const here = listen(transport);
  transport.send("\r\n\r\n", there.local);
  transport.send("A \xff\xfe", there.local);
  await there.until(() => there.came.length === 1);
  const [first] = there.came;
  expect(first?.text).toBe("A \xff\xfe");
  expect(first?.from.remote).toEqual(transport.local);
  first?.from.send("B", first.from.remote);
  await here.until(() => here.came.length === 1);
  expect(here.came[0]?.text).toBe("B");
});

describe("TCP", () => {
  test("one connection for many messages; the answer comes back on it, or on a new one when it is gone", async () => {
    const there = listen(await openTcp(anywhere));
    const transport = await openTcp(anywhere, { repeats: true });
    const here = listen(transport);
    transport.send(message("one"), there.local);
    transport.send(message("two"), there.local);
    await there.until(() => there.came.length === 2);
    const [one, two] = there.came;
    expect(one?.from).toBe(two?.from);
    one?.from.send(message("back"), transport.local);
    await here.until(() => here.came.length === 1);
    transport.close();
    const again = listen(await openTcp(transport.local));
    // Until the end of the old connection is noticed, what is written to it is lost.
    const repeating = setInterval(() => one?.from.send(message("late"), transport.local), 10);
    await again.until(() => again.came.length > 0);
    clearInterval(repeating);
    expect(again.came[0]?.text).toBe(message("late"));
  });
  test("who opened a connection is told when it breaks", async () => {
    const there = await openTcp(anywhere);
    const heard = listen(there);
    const transport = await openTcp(anywhere);
    const here = listen(transport);
    transport.send(message("one"), there.local);
    await heard.until(() => heard.came.length === 1);
    there.close();
    await here.until(() => here.broken.length === 1);
    expect(here.broken).toEqual([there.local]);
    transport.send(message("nobody listens"), there.local);
    await here.until(() => here.broken.length === 2);
  });
  test("keep-alives are answered, and sent (RFC 5626 4.4.1)", async () => {
    const there = await openTcp(anywhere);
    listen(there);
    const socket = connect(there.local.port, there.local.address);
    socket.write("\r\n\r\n");
    const [pong] = (await once(socket, "data")) as [Buffer];
    expect(pong.toString()).toBe("\r\n");
    socket.destroy();
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const transport = await openTcp(anywhere, { keepAliveMs: 10 });
    listen(transport);
    transport.send(message("one"), { address: "127.0.0.1", port: (server.address() as AddressInfo).port });
    const [accepted] = (await once(server, "connection")) as [Socket];
    let got = "";
    for await (const chunk of accepted) {
      got += String(chunk);
      if (got.endsWith("\r\n\r\n\r\n\r\n")) break;
    }
    expect(got.startsWith(message("one"))).toBe(true);
    server.close();
  });
});
