import { parentPort, workerData } from "node:worker_threads";
import type { Model } from "./model.ts";
import { type RawPart, type SimulationOptions, simulatePart } from "./simulate.ts";

/** A thread of the simulation: does the parts it is told to, hands back what it found, and ends. */

export interface Order {
  model: Model;
  options: SimulationOptions;
  parts: number[];
}
export type Answer = [part: number, raw: RawPart][];

const { model, options, parts } = workerData as Order;
const answer: Answer = parts.map((part) => [part, simulatePart(model, options, part)]);
const buffers = answer.flatMap(([, raw]) => [
  raw.totalLoss.buffer,
  ...raw.services.map((service) => service.yearHours.buffer),
]);
parentPort?.postMessage(answer, buffers as ArrayBuffer[]);
