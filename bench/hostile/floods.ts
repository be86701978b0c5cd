import { createSocket } from "node:dgram";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { token } from "../../src/sip/message.ts";
import type { Result } from "./worker.ts";

export interface Flood {
  service: string;
  source: string;
  method: "INVITE" | "REGISTER" | "OPTIONS";
  perSecond: number;
  seconds: number;
}

/** Good requests, too many of them, from one source. */
export async function flood(task: Flood): Promise<Result> {
  const { service, source, method, perSecond, seconds } = task;
  const socket = createSocket("udp4");
  const answers: Record<string, number> = {};
  socket.on("message", (data) => {
    const code = /^SIP\/2\.0 (\d{3})/.exec(data.toString("latin1"))?.[1] ?? "request";
    answers[code] = (answers[code] ?? 0) + 1;
  });
  socket.bind(0, source);
  await once(socket, "listening");
  const { port } = socket.address();
  const began = performance.now();
  let sent = 0;
  while (performance.now() - began < seconds * 1000) {
    // What is due, but no more than a tenth of a second's in one go.
    const due = Math.min(((performance.now() - began) * perSecond) / 1000 - sent, perSecond / 10);
    for (let n = 0; n < due; n++) {
      const user = method === "INVITE" ? `0900${token()}` : token();
      const text = [
        `${method} sip:${method === "REGISTER" ? "" : `${user}@`}${service} SIP/2.0`,
        `Via: SIP/2.0/UDP ${source}:${port};branch=z9hG4bK${token()};rport`,
        "Max-Forwards: 70",
        `From: <sip:${user}@${method === "INVITE" ? source : service}>;tag=${token()}`,
        `To: <sip:${user}@${service}>`,
        `Call-ID: ${token()}`,
        `CSeq: 1 ${method}`,
        `Contact: <sip:x@${source}:${port}>`,
        "Content-Length: 0",
      ];
      socket.send(`${text.join("\r\n")}\r\n\r\n`, 5060, service);
      sent++;
    }
    await delay(10);
  }
  await delay(1000);
  socket.close();
  return { sent, answers, wrong: answers["200"] && method !== "OPTIONS" ? ["200 for a stranger"] : [] };
}
