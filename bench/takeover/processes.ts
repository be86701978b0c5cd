import { readFileSync } from "node:fs";
import { processesIn } from "../../src/lab/processes.ts";

/** The pid of a process by its name (/proc/PID/comm) in a network namespace; undefined: there is none. */
export const readProcessName = (namespace: string, name: string): number | undefined =>
  processesIn(namespace).find(({ pid }) => {
    try {
      return readFileSync(`/proc/${pid}/comm`, "utf8").trim() === name;
    } catch {
      return false; // it has just ended
    }
  })?.pid;
