import { watch } from "node:fs";
import { workerData } from "node:worker_threads";
import { Carrier } from "./carrier.ts";

/** The thread that carries call events to the disk (carrier.ts), as soon as they are there. It may hang with the disk. */

const { memory, target, lateMs } = workerData as { memory: string; target: string; lateMs: number };

/** Without any notice of inotify; and after a failure: a full disk may have room again. */
const lookMs = 250;

/** From one round to the next: a sync costs as much for one line as for many. The first one after a pause goes at once. */
const paceMs = 8;

const carrier = new Carrier(memory, target);
let beganAt = performance.now();
let failedSince: number | undefined;

function carry(names?: ReadonlySet<string>): void {
  try {
    // What came while the disk did not answer, or was full, says so.
    let late = failedSince !== undefined && performance.now() - failedSince > lateMs;
    do {
      beganAt = performance.now();
      if (carrier.carry(late, names) === 0) break;
      late = performance.now() - beganAt > lateMs;
      // What came while the disk hung is carried now; what comes otherwise has a notice of its own.
    } while (late);
    failedSince = undefined;
  } catch (error) {
    failedSince ??= beganAt;
    if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
  }
}

const grown = new Set<string>();
watch(memory, (_, name) => {
  if (!name?.endsWith(".log")) return;
  if (grown.size === 0)
    setTimeout(
      () => {
        const names = new Set(grown);
        grown.clear();
        carry(names);
      },
      Math.max(0, beganAt + paceMs - performance.now()),
    );
  grown.add(name);
});
setInterval(() => carry(), lookMs);
carry();
