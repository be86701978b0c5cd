import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { messageOf } from "../../base/message.ts";
import { type HostContext, journalDirs } from "../../cluster/facts.ts";
import { carriedTo, journalFiles } from "../../components/kamailio/journal.ts";
import { Kept } from "../../journal/kept.ts";
import { hungMs } from "../../report/hardware.ts";

/** The thread that carries Kamailio's journal to the disk: journal/carrier.ts. It may stand still with the disk; nobody else does. */

const againMs = 1000;
/** At the agent's end: for the last lines, and for a thread that hangs with its disk. */
const endMs = 1000;

/** Starts it, and again when it fails. @returns how to end it, when all is carried that can be */
export function startCarrying(
  { dirs }: HostContext,
  tell: (subject: string, text: string) => void,
): () => Promise<void> {
  const { memory, disk } = journalDirs(dirs);
  mkdirSync(memory, { recursive: true, mode: 0o755 });
  const ending = new AbortController();
  let worker: Worker | undefined;
  let told = "";
  const start = (): void => {
    worker = new Worker(new URL("../../journal/carry-worker.ts", import.meta.url), {
      workerData: { memory, target: `${disk}/${carriedTo}`, lateMs: hungMs },
      resourceLimits: { maxYoungGenerationSizeMb: 2 },
    });
    worker.unref();
    worker.on("error", (error) => {
      if (messageOf(error) !== told) tell("carrier", `call events wait in memory: ${messageOf(error)}`);
      told = messageOf(error);
      delay(againMs, undefined, { signal: ending.signal, ref: false }).then(start, () => undefined);
    });
  };
  start();
  return async () => {
    const kept = new Kept(memory, journalFiles);
    await kept.wait(endMs);
    kept.close();
    ending.abort();
    if (!worker || worker.threadId === -1) return;
    const gone = once(worker, "exit");
    void worker.terminate();
    await Promise.race([gone, delay(endMs, undefined, { ref: false })]);
  };
}
