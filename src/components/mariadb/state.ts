import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { inOwnSession } from "../../host/priority.ts";
import type { DiskState } from "../../report/database.ts";

const run = promisify(execFile);

/** Reads grastate.dat's text. Pure. Format: `key: value` lines, see Galera's documentation "Node recovery". */
export function parseGrastate(text: string): { uuid: string; seqno: number; safeToBootstrap: boolean } {
  const value = (key: string) => new RegExp(`^${key}:\\s*(\\S+)`, "m").exec(text)?.[1];
  const uuid = value("uuid") ?? "";
  return {
    uuid: /^[0-]+$/.test(uuid) ? "" : uuid,
    seqno: Number(value("seqno") ?? -1),
    safeToBootstrap: value("safe_to_bootstrap") === "1",
  };
}

/** The last "Recovered position: uuid:seqno" in the output of `mariadbd --wsrep-recover`. Pure. */
export function parseRecoveredPosition(output: string): { uuid: string; seqno: number } | undefined {
  const found = [...output.matchAll(/Recovered position:\s*([0-9a-f-]{36}):(-?\d+)/g)].at(-1);
  if (found?.[1] === undefined) return undefined;
  return { uuid: /^[0-]+$/.test(found[1]) ? "" : found[1], seqno: Number(found[2]) };
}

const grastateFile = (datadir: string) => join(datadir, "grastate.dat");

export function readDiskState(datadir: string): DiskState {
  const file = grastateFile(datadir);
  const initialised = existsSync(join(datadir, "mysql")) && existsSync(file);
  const grastate = initialised
    ? parseGrastate(readFileSync(file, "utf8"))
    : { uuid: "", seqno: -1, safeToBootstrap: false };
  return { initialised, ...grastate, view: existsSync(join(datadir, "gvwstate.dat")) };
}

/**
 * Asks InnoDB for the position after a crash (grastate.dat then says -1). Takes 0.1 s and more; mariadbd must not run.
 * @throws Error with mariadbd's last lines when no position is found.
 */
export async function recoverPosition(
  configFile: string,
  signal: AbortSignal,
): Promise<{ uuid: string; seqno: number }> {
  // As any other program, not with its caller's weight: calls may be going on around it.
  const [program = "", ...words] = inOwnSession(0);
  const server = ["mariadbd", `--defaults-file=${configFile}`, "--wsrep-recover", "--skip-networking"];
  const { stdout, stderr } = await run(program, [...words, ...server], {
    signal,
    maxBuffer: 16 << 20,
  }).catch((error: { stdout?: string; stderr?: string; message: string }) => ({
    stdout: error.stdout ?? "",
    stderr: error.stderr || error.message,
  }));
  const position = parseRecoveredPosition(stdout + stderr);
  if (position) return position;
  throw new Error(
    `mariadbd --wsrep-recover found no position: ${(stdout + stderr).trim().split("\n").slice(-3).join(" / ")}`,
  );
}

/** Marks a data directory as the one to bootstrap from; called only after the agents agreed that it is the newest. */
export async function markSafeToBootstrap(datadir: string): Promise<void> {
  const file = grastateFile(datadir);
  const text = readFileSync(file, "utf8").replace(/^safe_to_bootstrap:.*$/m, "safe_to_bootstrap: 1");
  await writeFile(file, text);
}
