import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";
import { encodeNetstring, NetstringDecoder } from "../../src/http/netstring.ts";

/** A question as a SIP server asks it. */
export const question = (number: string, user?: string) => ({
  call_id: randomUUID(),
  from: { user: "4912345", domain: "x" },
  to: { user: number, domain: "x" },
  request_uri: `sip:${number}@x`,
  number,
  source: { address: "192.0.2.9", port: 5060 },
  transport: "udp",
  ...(user !== undefined && { user }),
});

/** Long enough ago that a call without an end is given up. */
const longAgo = Date.now() - 2 * 3_600_000;

/** An event of a call to 1001, `ms` after its start. */
export const event = (kind: string, call_id: string, ms: number, more: object = {}) => ({
  id: randomUUID(),
  kind,
  call_id,
  from_tag: "ft",
  time: new Date(longAgo + ms).toISOString(),
  node: "a",
  method: kind === "end" ? "BYE" : "INVITE",
  code: kind === "answer" || kind === "end" ? 200 : 0,
  from: "sip:4912345@x",
  to: "sip:1001@x",
  ...more,
});

/** One JSON-RPC call as Kamailio makes it. */
export async function rpc(
  method: string,
  params: unknown,
  host = "127.0.0.1",
): // biome-ignore lint/suspicious/noExplicitAny: a test looks at whatever came
Promise<any> {
  const socket = connect({ host, port: 8081 });
  const decoder = new NetstringDecoder(1_000_000);
  try {
    await once(socket, "connect");
    socket.write(encodeNetstring(JSON.stringify({ jsonrpc: "2.0", id: 7, method, params })));
    for (;;) {
      const [bytes] = (await once(socket, "data")) as [Buffer];
      const [frame] = decoder.push(bytes);
      if (frame !== undefined) return JSON.parse(frame);
    }
  } finally {
    socket.destroy();
  }
}
