import { existsSync } from "node:fs";
import { join } from "node:path";
import type { HostDirs } from "../cluster/facts.ts";
import { checkout } from "../cluster/release.ts";
import { chosenDirectory, countStart } from "./trial.ts";

/** Set in the environment of a release that was started by another one: it must not choose again. */
const chosenBy = "DIALTONE_STARTED_BY";

/**
 * With each start of an agent: the unit names one folder for ever, and an upgrade chooses another one. Replaces this
 * process by the chosen release (execve(2): same process id, same standard output), or returns when this is the one.
 */
export function toChosenRelease(dirs: HostDirs, clusterFile: string): void {
  if (process.env[chosenBy] !== undefined) {
    delete process.env[chosenBy];
    return;
  }
  countStart(dirs, clusterFile);
  const directory = chosenDirectory(dirs);
  if (directory === undefined || directory === checkout) return;
  const program = join(directory, "bin/dialtone");
  if (!existsSync(program)) {
    process.stderr.write(`${program} is gone: going on with the release in ${checkout}\n`);
    return;
  }
  process.execve?.(program, [program, ...process.argv.slice(2)], { ...process.env, [chosenBy]: checkout });
}
