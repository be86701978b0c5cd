import { connect } from "node:net";

/**
 * Asks a redis a few questions on a connection of its own and returns all that it said (inline commands and RESP2,
 * https://redis.io/docs/latest/develop/reference/protocol-spec/). For supervision: bounded by `signal`, keeps nothing.
 * @throws Error when nobody answers in time, or an answer is an error ("-WRONGPASS …").
 */
export function askRedis(
  server: { address: string; port: number; password: string },
  commands: string[],
  signal: AbortSignal,
): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const where = `redis at ${server.address}:${server.port}`;
  const socket = connect({ host: server.address, port: server.port });
  const onAbort = () => reject(new Error(`${where} does not answer`));
  signal.addEventListener("abort", onAbort, { once: true });
  let text = "";
  socket.setEncoding("utf8");
  // QUIT makes the server close after its last answer: what came until then is everything.
  socket.on("connect", () => socket.write(`AUTH ${server.password}\r\n${commands.join("\r\n")}\r\nQUIT\r\n`));
  socket.on("data", (chunk: string) => {
    text += chunk;
  });
  socket.on("error", (error) => reject(new Error(`${where}: ${error.message}`)));
  socket.on("close", () => {
    const fault = /^-(.*)\r$/m.exec(text)?.[1];
    if (fault !== undefined) reject(new Error(`${where}: ${fault}`));
    else if (text.endsWith("+OK\r\n")) resolve(text);
    else reject(new Error(`${where} closed the connection`));
  });
  if (signal.aborted) onAbort();
  return promise.finally(() => {
    signal.removeEventListener("abort", onAbort);
    socket.destroy();
  });
}
