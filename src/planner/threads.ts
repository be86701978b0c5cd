import { availableParallelism } from "node:os";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import type { Model } from "./model.ts";
import {
  checkYears,
  combineParts,
  PARTS,
  type RawPart,
  type SimulationOptions,
  type SimulationResult,
  simulatePart,
} from "./simulate.ts";

/** Runs the simulation in threads, so that a million years are done in about a second. */

interface Order {
  model: Model;
  options: SimulationOptions;
  parts: number[];
}
type Answer = [part: number, raw: RawPart][];

const isOrder = (data: unknown): data is Order =>
  typeof data === "object" && data !== null && "plannerParts" in data;

if (!isMainThread && isOrder(workerData)) {
  const { model, options, parts } = workerData;
  const answer: Answer = parts.map((part) => [part, simulatePart(model, options, part)]);
  const buffers = answer.flatMap(([, raw]) => [
    raw.totalLoss.buffer,
    ...raw.services.map((service) => service.yearHours.buffer),
  ]);
  parentPort?.postMessage(answer, buffers as ArrayBuffer[]);
}

const runWorker = (order: Order): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: { ...order, plannerParts: true } });
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
