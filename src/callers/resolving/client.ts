import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { type Attempt, succeeded } from "../../drills/measure.ts";
import type { Prober, ProberOptions } from "../../drills/prober.ts";
import type { ResolvingOptions } from "./worker.ts";

/** Callers that find the service by DNS (worker.ts), as the drills' callers. Calls are known when they end. */
export async function startResolvingCallers(
  options: ProberOptions,
  dns: Pick<ResolvingOptions, "server" | "domain" | "by" | "failoverMs">,
): Promise<Prober> {
  const worker = fileURLToPath(new URL("./worker.ts", import.meta.url));
  const { place, from, to, rate, patienceMs } = options;
  const given: ResolvingOptions = { ...dns, address: place.address, from, to, rate, patienceMs };
  const argv = ["nice", "-n", "-5", process.execPath, "--disable-warning=ExperimentalWarning", worker];
  const [program = "", ...rest] = [...place.prefix, ...argv, JSON.stringify(given)];
  const child = execa(program, rest, {
    reject: false,
    buffer: false,
    stderr: "inherit",
    forceKillAfterDelay: 500,
  });
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
