import { createSocket } from "node:dgram";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { one, parseMessage } from "../../sip/message.ts";
import { ResolvingCall } from "./call.ts";
import { type Place, Targets } from "./targets.ts";

/**
 * A process of callers that find the service by DNS: calls at a steady rate, each lost one dialled again at once. Runs on
 * the callers' host (a namespace); told by argv, tells each call's end as a line of JSON; ends itself after SIGUSR1.
 */

export interface ResolvingOptions {
  /** address:port of the name server. */
  server: string;
  domain: string;
  /** By SRV with fail-over (RFC 3263), or by the name's plain addresses without. */
  by: "srv" | "a";
  address: string;
  from: string;
  to: string;
  rate: number;
  patienceMs: number;
  failoverMs: number;
}

const options = JSON.parse(process.argv[2] ?? "{}") as ResolvingOptions;
const socket = createSocket({ type: "udp4", recvBufferSize: 1024 * 1024 });
socket.bind(0, options.address);
await once(socket, "listening");
const local: Place = { address: options.address, port: socket.address().port };
const targets = new Targets(options.server, options.domain, options.by);
const calls = new Map<string, ResolvingCall>();
/** A late answer still has to be acknowledged. */
const rememberMs = 10_000;
let running = 0;

socket.on("message", (data, from) => {
  const message = parseMessage(data.toString("utf8"));
  calls.get(one(message, "call-id"))?.take(message, { address: from.address, port: from.port });
});
socket.on("error", () => undefined);

async function dial(redial: boolean): Promise<void> {
  running++;
  const all = await targets.next().catch(() => []);
  const places = options.by === "a" ? all.slice(0, 1) : all;
  const call: ResolvingCall = new ResolvingCall(
    {
      ...options,
      local,
      send: (text, place) => socket.send(text, place.port, place.address),
    },
    places,
    () => {
      // The constructor can end a call that has nowhere to go.
      queueMicrotask(() => {
        process.stdout.write(`${JSON.stringify({ ...call.timeline, redial })}\n`);
        setTimeout(() => calls.delete(call.id), rememberMs).unref();
        running--;
        if (call.timeline.answered === undefined && !redial) void dial(true);
      });
    },
  );
  calls.set(call.id, call);
}

let stopping = false;
process.on("SIGUSR1", () => {
  stopping = true;
});
const began = performance.now();
for (let count = 0; !stopping; ) {
  const due = ((performance.now() - began) / 1000) * options.rate;
  for (; count < due; count++) void dial(false);
  await delay(Math.max(1, 500 / options.rate));
}
while (running > 0) await delay(20);
socket.close();
