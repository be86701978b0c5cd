import { randomBytes } from "node:crypto";
import { createSocket } from "node:dgram";

/**
 * A SIP OPTIONS over UDP (RFC 3261 11), answered by one of Kamailio's workers.
 * @returns the status code, the whole answer, and how long it took in ms
 * @throws Error when no answer came before `signal` aborts, or nobody listens there
 */
export function sipOptions(
  address: string,
  port: number,
  signal: AbortSignal,
): Promise<{ code: number; text: string; ms: number }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ code: number; text: string; ms: number }>();
  const started = performance.now();
  const socket = createSocket("udp4");
  const unique = randomBytes(8).toString("hex");
  const onAbort = () => reject(new Error(`no answer to SIP OPTIONS at ${address}:${port}`));
  signal.addEventListener("abort", onAbort, { once: true });
  socket.on("error", (error: NodeJS.ErrnoException) =>
    reject(
      new Error(
        error.code === "ECONNREFUSED"
          ? `nobody listens at udp ${address}:${port}`
          : `SIP OPTIONS to ${address}:${port} failed: ${error.message}`,
      ),
    ),
  );
  socket.on("message", (data) => {
    const text = data.toString("latin1");
    const code = Number(/^SIP\/2\.0 (\d{3})/.exec(text)?.[1]);
    if (text.includes(unique) && code >= 200) resolve({ code, text, ms: performance.now() - started });
  });
  // Connected, so that "port unreachable" is reported at once and nobody else's packets are heard.
  socket.connect(port, address, () => {
    const own = socket.address();
    const lines = [
      `OPTIONS sip:${address}:${port} SIP/2.0`,
      `Via: SIP/2.0/UDP ${own.address}:${own.port};branch=z9hG4bK${unique};rport`,
      "Max-Forwards: 1",
      `From: <sip:agent@${own.address}>;tag=${unique}`,
      `To: <sip:${address}:${port}>`,
      `Call-ID: ${unique}`,
      "CSeq: 1 OPTIONS",
      "Content-Length: 0",
    ];
    socket.send(`${lines.join("\r\n")}\r\n\r\n`);
  });
  if (signal.aborted) onAbort();
  return promise.finally(() => {
    signal.removeEventListener("abort", onAbort);
    socket.close();
  });
}
