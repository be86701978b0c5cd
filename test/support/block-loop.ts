import { setTimeout as delay } from "node:timers/promises";

/**
 * Blocks the event loop of a Node process for some seconds, by its own inspector (SIGUSR1 opens it): the process lives,
 * its sockets accept, and it does nothing. Run on the host of the process, because the inspector listens on loopback.
 */
const [pid, seconds] = process.argv.slice(2).map(Number);
if (!pid || !seconds) throw new Error("block-loop PID SECONDS");
process.kill(pid, "SIGUSR1");
const deadline = performance.now() + 5000;
let url: string | undefined;
while (url === undefined) {
  if (performance.now() > deadline) throw new Error(`process ${pid} does not open its inspector`);
  await delay(20);
  const list = await fetch("http://127.0.0.1:9229/json/list").catch(() => undefined);
  url = ((await list?.json()) as { webSocketDebuggerUrl: string }[] | undefined)?.[0]?.webSocketDebuggerUrl;
}
const socket = new WebSocket(url);
await new Promise((resolve, reject) => {
  socket.addEventListener("open", resolve);
  socket.addEventListener("error", reject);
});
const expression = `{ const end = performance.now() + ${1000 * seconds}; while (performance.now() < end); }`;
socket.send(JSON.stringify({ id: 1, method: "Runtime.evaluate", params: { expression } }));
// It answers when the loop turns again; or never, when somebody killed it.
await Promise.race([
  new Promise((resolve) => {
    socket.addEventListener("message", resolve);
    socket.addEventListener("close", resolve);
  }),
  delay(1000 * seconds + 5000),
]);
socket.close();
