import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { Model } from "./model.ts";
import { checkYears, combineParts, type SimulationResult } from "./results.ts";
import { PARTS, type SimulationOptions } from "./simulate.ts";
import type { Answer, Order } from "./worker.ts";

/** Runs the simulation in threads, so that a million years are done in about a second. */

const runWorker = (order: Order): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const worker = new Worker(new URL("./worker.ts", import.meta.url), { workerData: order });
    worker.once("message", (answer: Answer) => resolve(answer));
    worker.once("error", reject);
    worker.once("exit", (code) => reject(new Error(`the simulation's thread ended with code ${code}`)));
  });

/** The same figures as simulate(), sooner. @throws Error when a thread dies */
export async function simulateInThreads(model: Model, options: SimulationOptions): Promise<SimulationResult> {
  checkYears(options.years);
  const count = Math.min(PARTS, availableParallelism());
  const shares = Array.from({ length: count }, (_, worker) =>
    Array.from({ length: PARTS }, (_part, part) => part).filter((part) => part % count === worker),
  );
  const answers = await Promise.all(shares.map((parts) => runWorker({ model, options, parts })));
  const ordered = answers.flat().sort(([a], [b]) => a - b);
  return combineParts(
    model,
    options,
    ordered.map(([, raw]) => raw),
  );
}
