import { randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";

export interface RedisServer {
  address: string;
  port: number;
  password: string;
}

/** Said after each question: redis repeats it, and what came until then is the whole answer. */
const end = randomBytes(8).toString("hex");
const endReply = `$${end.length}\r\n${end}\r\n`;

/** Connections that nobody waits at: one for each server, because making one costs more than a question. */
const idle = new Map<string, Idle>();

interface Idle {
  socket: Socket;
  /** What it does until it is asked: gives itself up when it fails, ends, or says what nobody asked for. */
  gone: () => void;
}

const words = ["data", "error", "close"] as const;

/**
 * Asks a redis a few questions and returns all that it said (inline commands and RESP2,
 * https://redis.io/docs/latest/develop/reference/protocol-spec/). For supervision: bounded by `signal`. The connection is
 * kept for the next one, unless something went wrong; an idle one does not keep a process alive.
 * @throws Error when nobody answers in time, or an answer is an error ("-WRONGPASS …").
 */
export async function askRedis(
  server: RedisServer,
  commands: string[],
  signal: AbortSignal,
): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const key = `${server.address}:${server.port}`;
  const where = `redis at ${key}`;
  const kept = idle.get(key);
  idle.delete(key);
  if (kept) for (const word of words) kept.socket.off(word, kept.gone);
  const socket = kept?.socket ?? connect({ host: server.address, port: server.port });
  const late = () => reject(new Error(`${where} does not answer`));
  const failed = (error: Error) => reject(new Error(`${where}: ${error.message}`));
  const closed = () => reject(new Error(`${where} closed the connection`));
  let text = "";
  const heard = (chunk: string) => {
    text += chunk;
    const fault = /^-(.*)\r$/m.exec(text)?.[1];
    if (fault !== undefined) reject(new Error(`${where}: ${fault}`));
    else if (text.endsWith(endReply)) resolve(text.slice(0, -endReply.length));
  };
  if (!kept) socket.setEncoding("utf8");
  socket.on("data", heard).on("error", failed).on("close", closed);
  signal.addEventListener("abort", late, { once: true });
  if (signal.aborted) late();
  else {
    const login = kept ? [] : [`AUTH ${server.password}`];
    socket.ref().write([...login, ...commands, `ECHO ${end}`, ""].join("\r\n"));
  }
  try {
    const said = await promise;
    socket.off("data", heard).off("error", failed).off("close", closed);
    keep(key, socket);
    return said;
  } catch (error) {
    // It may still fail, and nobody waits any more.
    socket.on("error", () => undefined).destroy();
    throw error;
  } finally {
    signal.removeEventListener("abort", late);
  }
}

function keep(key: string, socket: Socket): void {
  if (idle.has(key)) {
    socket.destroy();
    return;
  }
  const gone = () => {
    socket.destroy();
    if (idle.get(key)?.socket === socket) idle.delete(key);
  };
  for (const word of words) socket.on(word, gone);
  idle.set(key, { socket: socket.unref(), gone });
}
