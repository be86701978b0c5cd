import { connect } from "node:net";
import { encodeNetstring, NetstringDecoder } from "./netstring.ts";

const maxBytes = 1024 * 1024;

/**
 * One question by JSON-RPC 2.0 on TCP with netstrings, as Kamailio asks the app: its `result`.
 * @throws Error when nobody listens, the answer is an error, or `signal` aborts
 */
export function askRpc(
  port: number,
  method: string,
  signal: AbortSignal,
  params: Record<string, unknown> = {},
): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  const socket = connect({ host: "127.0.0.1", port, signal });
  const decoder = new NetstringDecoder(maxBytes);
  socket.on("connect", () =>
    socket.write(encodeNetstring(JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }))),
  );
  socket.on("error", (error) => reject(new Error(`JSON-RPC ${method} at port ${port}: ${error.message}`)));
  socket.on("close", () => reject(new Error(`JSON-RPC ${method} at port ${port}: no answer`)));
  socket.on("data", (bytes) => {
    try {
      for (const frame of decoder.push(bytes)) {
        const answer = JSON.parse(frame) as { result?: unknown; error?: { message: string } };
        if (answer.error) reject(new Error(`JSON-RPC ${method} at port ${port}: ${answer.error.message}`));
        else resolve(answer.result);
      }
    } catch (error) {
      reject(error);
    }
  });
  return promise.finally(() => socket.destroy());
}
