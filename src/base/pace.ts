import { setImmediate as breathe } from "node:timers/promises";

/** Nothing longer than this without a pause, ms. */
const sliceMs = 4;

/** For long work on a thread that answers calls: between small steps, `if (pace.isTime()) await pace.pause();`. */
export class Pace {
  private begun = performance.now();

  isTime(): boolean {
    return performance.now() - this.begun >= sliceMs;
  }

  async pause(): Promise<void> {
    await breathe();
    this.begun = performance.now();
  }
}
