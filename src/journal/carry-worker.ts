import { type FSWatcher, watch } from "node:fs";
import { flushCompileCache } from "node:module";
import { workerData } from "node:worker_threads";
import { Carrier } from "./carrier.ts";

/** The thread that carries call events to the disk (carrier.ts), soon after they are there. It may hang with the disk. */

const { memory, target, lateMs } = workerData as { memory: string; target: string; lateMs: number };

/** Without any notice of inotify; and after a failure: a full disk may have room again. */
const lookMs = 1000;

/**
 * From one round to the next: a sync costs as much for one line as for many, and so does a wake-up, here and in the app that
 * waits for it. The first one after a pause goes at once.
 */
const paceMs = 20;
/** Rounds without anything new, after which a notice is waited for: to ask for notices and not to costs more than one of these. */
const emptyRounds = 1;

// For the next one: an agent that is killed leaves none behind.
flushCompileCache();
const carrier = new Carrier(memory, target);
let failedSince: number | undefined;
let watcher: FSWatcher | undefined;

/** @returns whether anything was new */
function carry(): boolean {
  let some = false;
  let beganAt = performance.now();
  try {
    // What came while the disk did not answer, or was full, says so.
    let late = failedSince !== undefined && beganAt - failedSince > lateMs;
    do {
      beganAt = performance.now();
      if (carrier.carry(late) === 0) break;
      some = true;
      late = performance.now() - beganAt > lateMs;
      // What came while the disk hung is carried now; what comes otherwise has a round of its own.
    } while (late);
    failedSince = undefined;
  } catch (error) {
    failedSince ??= beganAt;
    if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
  }
  return some;
}

/** Rounds without anything new, in a row. */
let empty = 0;

/** Rounds go on while there is something to carry: a notice of each line would wake this thread more often than they do. */
function round(): void {
  const beganAt = performance.now();
  empty = carry() ? 0 : empty + 1;
  if (empty > emptyRounds) {
    listen();
    // It may have come before there were notices.
    if (!carry()) return;
    deafen();
    empty = 0;
  }
  setTimeout(round, Math.max(0, beganAt + paceMs - performance.now()));
}

function listen(): void {
  watcher = watch(memory, (_, name) => {
    if (!watcher || !name?.endsWith(".log")) return;
    deafen();
    empty = 0;
    round();
  });
}

function deafen(): void {
  watcher?.close();
  watcher = undefined;
}

setInterval(() => {
  // Otherwise a round is coming.
  if (watcher) carry();
}, lookMs);
round();
