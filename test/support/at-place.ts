import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { patient } from "../../src/base/patience.ts";
import type { Place } from "../../src/callers/sipp.ts";

/** A helper of a test that runs in a host's network: what it says, line by line, as JSON. */
export interface Helper<Line> extends AsyncDisposable {
  readonly said: Line[];
  /** @throws Error with all that was said, when it does not come in time */
  hears(what: string, found: (line: Line) => boolean, ms?: number): Promise<Line>;
}

/** @param file beside this one */
export function startAt<Line>(place: Place, file: string, argument: object): Helper<Line> {
  const argv = [process.execPath, "--disable-warning=ExperimentalWarning"];
  const script = fileURLToPath(new URL(file, import.meta.url));
  const [program = "", ...rest] = [...place.prefix, ...argv, script, JSON.stringify(argument)];
  const child = execa(program, rest, {
    reject: false,
    buffer: false,
    stderr: "inherit",
    forceKillAfterDelay: 500,
  });
  const said: Line[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => said.push(JSON.parse(line) as Line));
  return {
    said,
    hears: async (what, found, ms = 15_000) => {
      const deadline = Date.now() + patient(ms);
      for (;;) {
        const line = said.find(found);
        if (line !== undefined) return line;
        if (Date.now() > deadline || child.exitCode !== null)
          throw new Error(`${file} did not say: ${what}; but ${JSON.stringify(said.slice(-20))}`);
        await delay(20);
      }
    },
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGTERM");
      await child;
    },
  };
}
