import { randomBytes } from "node:crypto";
import { createSocket } from "node:dgram";
import { connect } from "node:net";
import { ports } from "../../cluster/facts.ts";

/** The two doors of a running rtpengine, both on loopback: ng (what SIP servers speak) and its command line. */

/**
 * The ng command `ping` (https://github.com/sipwise/rtpengine, "The ng control protocol": cookie, bencoded dictionary).
 * @returns the round trip in ms. @throws Error when no pong came before `signal` aborts, or nobody listens.
 */
export function ngPing(signal: AbortSignal): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const started = performance.now();
  const socket = createSocket("udp4");
  const cookie = randomBytes(6).toString("hex");
  const onAbort = () => reject(new Error("no pong from rtpengine"));
  signal.addEventListener("abort", onAbort, { once: true });
  socket.on("error", (error) => reject(new Error(`rtpengine's control port: ${error.message}`)));
  socket.on("message", (data) => {
    const text = data.toString("latin1");
    if (text.startsWith(cookie) && text.includes("4:pong")) resolve(performance.now() - started);
  });
  // Connected, so that "port unreachable" is told at once.
  socket.connect(ports.rtpengineNg, "127.0.0.1", () => socket.send(`${cookie} d7:command4:pinge`));
  if (signal.aborted) onAbort();
  return promise.finally(() => {
    signal.removeEventListener("abort", onAbort);
    socket.close();
  });
}

/**
 * One command of rtpengine's command line (rtpengine-ctl(1)), e.g. `active`, `list totals`.
 * @returns what it printed. @throws Error when nobody listens or it has not ended before `signal` aborts.
 */
export function rtpengineCommand(command: string, signal: AbortSignal): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = connect({ host: "127.0.0.1", port: ports.rtpengineCli });
  const onAbort = () => reject(new Error(`rtpengine does not answer to '${command}'`));
  signal.addEventListener("abort", onAbort, { once: true });
  let text = "";
  socket.setEncoding("utf8");
  // Not end(): rtpengine drops what it has not written yet when our side of the connection is closed.
  socket.on("connect", () => socket.write(`${command}\n`));
  socket.on("data", (chunk: string) => {
    text += chunk;
  });
  socket.on("error", (error) => reject(new Error(`rtpengine's command port: ${error.message}`)));
  socket.on("close", () => resolve(text));
  if (signal.aborted) onAbort();
  return promise.finally(() => {
    signal.removeEventListener("abort", onAbort);
    socket.destroy();
  });
}

/** Conversations that rtpengine knows, its own and those it follows. @throws Error as rtpengineCommand */
export async function sessionsKnown(signal: AbortSignal): Promise<number> {
  const text = await rtpengineCommand("list numsessions", signal);
  const total = /sessions total:\s*(\d+)/i.exec(text)?.[1];
  if (total === undefined)
    throw new Error(`rtpengine counts its sessions differently: ${text.slice(0, 100)}`);
  return Number(total);
}
