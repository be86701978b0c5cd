import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";

/** The console of a lab (`npm start`): installed and built behind the first call, with what processor time is left. */

const root = join(import.meta.dirname, "..", "..");

/**
 * Begins to install and build it, in the background; there is nothing to do when it is built already. Until it is there the
 * app shows a page that says so. Ends with what is returned, unless it is to go on by itself.
 * @param log file for what npm and Vite say @param alone it goes on when this process ends
 */
export function buildConsole(log: string, alone: boolean): Disposable {
  const output = openSync(log, "w", 0o640);
  const child = spawn("nice", ["-n", "19", "sh", join(root, "scripts", "console")], {
    cwd: root,
    detached: true,
    stdio: ["ignore", output, output],
  });
  closeSync(output);
  let over = false;
  const end = () => {
    over = true;
  };
  // Without it everything else works; the page that is shown meanwhile names the command.
  child.on("error", end).on("exit", end);
  child.unref();
  return {
    [Symbol.dispose]: () => {
      if (over || alone || child.pid === undefined) return;
      try {
        process.kill(-child.pid, "SIGTERM");
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
      }
    },
  };
}
