import { setTimeout as delay } from "node:timers/promises";
import { patient } from "../base/patience.ts";
import type { Lab, LabStatus } from "./lab.ts";
import { whyNotGreen } from "./readiness.ts";

/**
 * Asks a lab again and again until nothing is missing any more.
 * @returns the status that had nothing missing.
 * @throws Error that says what was missing when `deadlineMs` (stretched: base/patience.ts) was over; the signal's reason when it
 * aborts.
 */
export async function waitFor(
  lab: Lab,
  missing: (status: LabStatus) => string[],
  options: { deadlineMs: number; signal?: AbortSignal; onMissing?: (missing: string[]) => void },
): Promise<LabStatus> {
  const deadlineMs = patient(options.deadlineMs);
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    options.signal?.throwIfAborted();
    const status = await lab.status();
    const absent = missing(status);
    if (absent.length === 0) return status;
    options.onMissing?.(absent);
    if (performance.now() > deadline)
      throw new Error(
        `after ${Math.round(deadlineMs / 1000)} s: ${absent.join("; ")}. ` +
          `The hosts' logs: ${lab.paths.host("*")}/log/*.log`,
      );
    await delay(200, undefined, options.signal ? { signal: options.signal } : {});
  }
}

/** Waits until every powered host's agent says green. @throws Error like `waitFor`. */
export const waitForGreen = (lab: Lab, deadlineMs: number, signal?: AbortSignal): Promise<LabStatus> =>
  waitFor(lab, ({ hosts }) => whyNotGreen(hosts), { deadlineMs, ...(signal ? { signal } : {}) });

/**
 * Asks again and again until `check` gives something.
 * @throws Error that names `what` when `deadlineMs` was over; what `check` throws, at once.
 */
export async function until<T>(
  what: string,
  deadlineMs: number,
  check: () => T | undefined | false | Promise<T | undefined | false>,
): Promise<T> {
  const deadline = performance.now() + patient(deadlineMs);
  for (;;) {
    const found = await check();
    if (found) return found;
    if (performance.now() > deadline) throw new Error(`${what}: not within ${patient(deadlineMs) / 1000} s`);
    await delay(100);
  }
}
