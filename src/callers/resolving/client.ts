import { once } from "node:events";
import { createInterface } from "node:readline";
import { type Attempt, succeeded } from "../attempt.ts";
import type { Prober, ProberOptions } from "../prober.ts";
import { startWorker } from "../start-worker.ts";
import type { ResolvingOptions } from "./worker.ts";

/** Callers that find the service by DNS (worker.ts), as the drills' callers. Calls are known when they end. */
export async function startResolvingCallers(
  options: ProberOptions,
  dns: Pick<ResolvingOptions, "server" | "domain" | "by" | "failoverMs">,
): Promise<Prober> {
  const { place, from, to, rate, patienceMs } = options;
  const given: ResolvingOptions = { ...dns, address: place.address, from, to, rate, patienceMs };
  const child = startWorker(place, new URL("./worker.ts", import.meta.url), given, -5);
  const attempts: Attempt[] = [];
  const lines = createInterface({ input: child.stdout });
  lines.on("line", (line) => attempts.push(JSON.parse(line) as Attempt));
  const closed = once(lines, "close");
  return {
    attempts: () => attempts,
    successesSince: (since) =>
      attempts
        .flatMap((call) => (succeeded(call) && (call.answered ?? 0) >= since ? [call.answered ?? 0] : []))
        .sort((a, b) => a - b),
    finish: async () => {
      child.kill("SIGUSR1");
      await child;
      await closed;
    },
    [Symbol.asyncDispose]: async () => {
      child.kill();
      await child;
    },
  };
}
