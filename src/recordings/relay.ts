import { randomBytes } from "node:crypto";
import { createSocket } from "node:dgram";
import { ports } from "../cluster/facts.ts";

const deadlineMs = 1000;

/** A dictionary of texts, bencoded (BEP 3): rtpengine's ng protocol wants no more of it. Pure. */
export const bencode = (texts: Record<string, string>): string =>
  `d${Object.keys(texts)
    .sort()
    .flatMap((key) => [key, texts[key] ?? ""])
    .map((text) => `${Buffer.byteLength(text)}:${text}`)
    .join("")}e`;

/**
 * Starts or stops the recording of a call that this host's rtpengine relays (ng commands `start recording` and
 * `stop recording`, rtpengine's "The ng control protocol").
 * @throws Error with rtpengine's own words ("Unknown call-id"), or when it does not answer in time.
 */
export function relayRecording(callId: string, action: "start" | "stop"): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const socket = createSocket("udp4");
  const cookie = randomBytes(6).toString("hex");
  const timer = setTimeout(() => reject(new Error("the media relay does not answer")), deadlineMs);
  socket.on("error", (error) => reject(new Error(`the media relay: ${error.message}`)));
  socket.on("message", (data) => {
    const text = data.toString("utf8");
    if (!text.startsWith(cookie)) return;
    if (text.includes("6:result2:ok")) resolve();
    else
      reject(
        new Error(
          `the media relay says: ${/12:error-reason\d+:([^:]*?)(?:\d+:|e$)/.exec(text)?.[1] ?? text}`,
        ),
      );
  });
  // Connected, so that "port unreachable" is told at once.
  socket.connect(ports.rtpengineNg, "127.0.0.1", () =>
    socket.send(`${cookie} ${bencode({ command: `${action} recording`, "call-id": callId })}`),
  );
  return promise.finally(() => {
    clearTimeout(timer);
    socket.close();
  });
}
