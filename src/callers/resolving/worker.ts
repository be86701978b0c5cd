import { setTimeout as delay } from "node:timers/promises";
import { openUdp } from "../../sip/transport.ts";
import { UserAgent } from "../../sip/user-agent/user-agent.ts";
import { ResolvingCall } from "./call.ts";
import { Targets } from "./targets.ts";

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
const transport = await openUdp({ address: options.address, port: 0 });
const { local } = transport;
const contact = `<sip:${options.from}@${local.address}:${local.port}>`;
const agent = new UserAgent({ transport, contact });
const targets = new Targets(options.server, options.domain, options.by);
let running = 0;

async function dial(redial: boolean): Promise<void> {
  running++;
  const all = await targets.next().catch(() => []);
  const places = options.by === "a" ? all.slice(0, 1) : all;
  const call: ResolvingCall = new ResolvingCall({ ...options, agent }, places, () => {
    // The constructor can end a call that has nowhere to go.
    queueMicrotask(() => {
      process.stdout.write(`${JSON.stringify({ ...call.timeline, redial })}\n`);
      running--;
      if (call.timeline.answered === undefined && !redial) void dial(true);
    });
  });
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
agent.close();
