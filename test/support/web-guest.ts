import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { connect } from "node:tls";
import { Agent, WebSocket } from "undici";

/**
 * A browser's telephone that has been there for long: one WebSocket through HAProxy, asked (OPTIONS) whether anybody is at its other end
 * a few times a second, beside new connections that look which certificate is shown. Tells in lines of JSON. Runs inside a lab's host.
 */
export interface Guest {
  host: string;
  /** PEM: whom to believe at the beginning. */
  ca: string;
  origin: string;
  /** The name under which it comes; missing: the address. */
  name?: string;
}

export type GuestNews =
  | { is: "open" | "closed"; why?: string }
  /** So many questions were answered. */
  | { is: "answered"; count: number }
  /** New connections get this certificate. */
  | { is: "shown"; fingerprint: string }
  | { is: "fault"; why: string };

const everyMs = 200;

function options(host: string, count: number): string {
  const line = [
    `OPTIONS sip:${host} SIP/2.0`,
    `Via: SIP/2.0/WSS guest.invalid;branch=z9hG4bK${randomUUID()}`,
    `From: <sip:guest@${host}>;tag=guest`,
    `To: <sip:${host}>`,
    `Call-ID: ${randomUUID()}`,
    `CSeq: ${count} OPTIONS`,
    "Max-Forwards: 70",
    "Content-Length: 0",
  ];
  return `${line.join("\r\n")}\r\n\r\n`;
}

const shown = (host: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect({ host, port: 443, rejectUnauthorized: false }, () => {
      resolve((socket.getPeerX509Certificate()?.fingerprint256 ?? "").replaceAll(":", "").toLowerCase());
      socket.destroy();
    });
    socket.on("error", reject);
  });

if (import.meta.main) {
  const { host, ca, origin, name } = JSON.parse(process.argv[2] ?? "") as Guest;
  const tell = (news: GuestNews) => void process.stdout.write(`${JSON.stringify(news)}\n`);
  const socket = new WebSocket(`wss://${host}/ws`, {
    protocols: "sip",
    headers: { origin },
    dispatcher: new Agent({ connect: { ca, ...(name !== undefined && { servername: name }) } }),
  });
  let [count, answers, last] = [0, 0, ""];
  let open = true;
  socket.addEventListener("open", () => tell({ is: "open" }));
  socket.addEventListener("message", () => tell({ is: "answered", count: ++answers }));
  socket.addEventListener("error", () => tell({ is: "fault", why: "the WebSocket failed" }));
  socket.addEventListener("close", ({ code, reason }) => {
    open = false;
    tell({ is: "closed", why: `${code} ${reason}` });
  });
  while (open) {
    if (socket.readyState === WebSocket.OPEN) socket.send(options(host, ++count));
    try {
      const now = await shown(host);
      if (now !== last) tell({ is: "shown", fingerprint: now });
      last = now;
    } catch (error) {
      tell({ is: "fault", why: String(error) });
    }
    await delay(everyMs);
  }
}
