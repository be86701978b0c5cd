import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";
import { ports } from "../../src/cluster/facts.ts";
import type { Place, SipTransport } from "../../src/sip/transport.ts";

/** SIP over a WebSocket as it comes from a node's HAProxy (RFC 7118, RFC 6455): TLS is over, and it says where the browser is. */

export interface Browser {
  /** Where it is, as HAProxy says. */
  forwarded: string;
  /** Of which server the page is. */
  origin?: string;
  /** Which of HAProxy's connections this is: 127.0.0.2 on the first node. */
  from?: string;
  port?: number;
}

/** One unfragmented frame of text, masked as a client's has to be (RFC 6455 5.2). */
function frame(text: string): Buffer {
  const body = Buffer.from(text, "latin1");
  const mask = randomBytes(4);
  const head =
    body.length < 126
      ? Buffer.from([0x81, 0x80 | body.length])
      : Buffer.from([0x81, 0x80 | 126, body.length >> 8, body.length & 0xff]);
  return Buffer.concat([head, mask, body.map((byte, index) => byte ^ (mask[index % 4] ?? 0))]);
}

/** The handshake's answer: its status line; and, after a 101, the way on. */
export async function openWebSocket({
  forwarded,
  origin = "https://198.18.77.100",
  from = "127.0.0.2",
  port = ports.sipWeb,
}: Browser): Promise<{ status: string; transport: SipTransport }> {
  const socket = connect({
    host: port === ports.sipWeb ? "127.0.0.1" : "198.18.77.100",
    port,
    localAddress: from,
  });
  await once(socket, "connect");
  const key = randomBytes(16).toString("base64");
  socket.write(
    [
      "GET /ws HTTP/1.1",
      "Host: 198.18.77.100",
      "Upgrade: websocket",
      "Connection: Upgrade",
      `Origin: ${origin}`,
      `Sec-WebSocket-Key: ${key}`,
      "Sec-WebSocket-Protocol: sip",
      "Sec-WebSocket-Version: 13",
      `X-Forwarded-For: ${forwarded}`,
      "",
      "",
    ].join("\r\n"),
  );
  let pending = Buffer.alloc(0);
  let receive: (text: string) => void = () => undefined;
  const answered = Promise.withResolvers<string>();
  let open = false;
  socket.on("data", (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk]);
    if (!open) {
      const end = pending.indexOf("\r\n\r\n");
      if (end < 0) return;
      const head = pending.subarray(0, end).toString("latin1");
      pending = pending.subarray(end + 4);
      open = true;
      const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
      if (head.startsWith("HTTP/1.1 101") && !head.includes(accept))
        answered.reject(new Error(`not the answer to this key: ${head}`));
      answered.resolve(head.split("\r\n")[0] ?? "");
    }
    for (;;) {
      const short = (pending[1] ?? 0) & 0x7f;
      const from = short === 126 ? 4 : 2;
      const length = short === 126 && pending.length >= 4 ? pending.readUInt16BE(2) : short;
      if (pending.length < from + length || pending.length < 2) return;
      const [type, body] = [
        (pending[0] ?? 0) & 0x0f,
        pending.subarray(from, from + length).toString("latin1"),
      ];
      pending = pending.subarray(from + length);
      if (type === 1 || type === 2) receive(body);
    }
  });
  socket.on("error", () => undefined);
  socket.on("close", () => answered.resolve("closed without an answer"));
  const status = await answered.promise;
  const remote: Place = { address: "127.0.0.1", port };
  const send = (text: string): void => void socket.write(frame(text));
  return {
    status,
    transport: {
      name: "TCP",
      local: { address: "browser.invalid", port: socket.localPort ?? 0 },
      reliable: true,
      attach: (receiver) => {
        receive = (text) => {
          // Its answer to a keep-alive (RFC 5626 4.4.1).
          if (text.trim() !== "") receiver.message(text, { remote, send });
        };
      },
      send,
      close: () => void socket.destroy(),
    },
  };
}
