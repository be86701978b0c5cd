import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { inOwnSession } from "../host/priority.ts";
import { weigh } from "./session.ts";
import type { Place } from "./sipp.ts";

/**
 * Starts one of our worker processes at its place. Its clock is what is measured with, so it must not wait for others.
 * @param file the worker's module; it finds `options` as JSON in its first argument, and answers in lines on stdout
 * @param niceness below 0: before others
 */
export const startWorker = (place: Place, file: URL, options: object, niceness: number) => {
  const argv = [...inOwnSession(niceness), process.execPath, "--disable-warning=ExperimentalWarning"];
  const [program = "", ...rest] = [...place.prefix, ...argv, fileURLToPath(file), JSON.stringify(options)];
  const child = execa(program, rest, {
    reject: false,
    buffer: false,
    stderr: "inherit",
    forceKillAfterDelay: 500,
  });
  weigh(child.pid, niceness);
  return child;
};
