import { spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { HostContext } from "../../cluster/facts.ts";

/** A drill on the cluster runs in a process of its own (`dialtone drill run NAME --here`), at the priority of ordinary programs. */

/** One run that has not ended by then is ended; the process repairs and reports, or is killed. */
const runMs = 5 * 60_000;
const graceMs = 30_000;

const main = fileURLToPath(new URL("../../main.ts", import.meta.url));

export interface Running {
  name: string;
  by: string;
  /** performance.now() of its beginning. */
  since: number;
  /** The last line of its progress. */
  said: string;
}

/** One drill at a time. */
export class DrillRunner {
  private readonly context: HostContext;
  running: Running | undefined;

  constructor(context: HostContext) {
    this.context = context;
  }

  /** @returns how it ended, in words. @throws Error when the process can not be started */
  async run(drill: { name: string; runs: number; by: string }, stop: AbortSignal): Promise<string> {
    const { dirs, clusterFile } = this.context;
    const { name, runs } = drill;
    const by = drill.by.slice(0, 64);
    const running: Running = { name, by, since: performance.now(), said: "" };
    this.running = running;
    const file = join(dirs.log, "drills.log");
    const log = createWriteStream(file, { flags: "a", mode: 0o640 });
    // What can not be logged is no reason to leave a drill without its end.
    log.on("error", (error) => {
      running.said = `the log can not be written: ${error.message}`;
    });
    try {
      const words = ["drill", "run", name, "--runs", String(runs), "--here", "--data", dirs.data];
      // The agent's own priority is higher.
      const child = spawn(
        "nice",
        [
          ...["-n", "10", process.execPath, "--disable-warning=ExperimentalWarning", main, ...words],
          ...["--by", by, "--config", clusterFile],
        ],
        { stdio: ["ignore", "pipe", "pipe"] },
      );
      const exited = once(child, "close") as Promise<[number | null, string | null]>;
      child.stdout.pipe(log, { end: false });
      createInterface({ input: child.stderr }).on("line", (line) => {
        log.write(`${line}\n`);
        if (line.trim() !== "") running.said = line.trim().slice(0, 200);
      });
      const deadline = AbortSignal.any([stop, AbortSignal.timeout(runs * runMs)]);
      const end = () => {
        child.kill("SIGTERM");
        setTimeout(() => child.kill("SIGKILL"), graceMs).unref();
      };
      deadline.addEventListener("abort", end);
      const [code, signal] = await exited.finally(() => deadline.removeEventListener("abort", end));
      if (deadline.aborted)
        return `ended after ${(runs * runMs) / 60_000} min, or because this host stops; log: ${file}`;
      return code === 0 ? "passed" : `did not pass (${signal ?? `exit code ${code}`}); log: ${file}`;
    } finally {
      this.running = undefined;
      log.end();
    }
  }
}
