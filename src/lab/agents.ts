import { execFile, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { z } from "zod";
import { hostDirs, runFiles } from "../cluster/facts.ts";
import { identify, type ProcessId } from "../host/process.ts";
import { agentEnvironment } from "../host/systemd.ts";
import { clockEnvironment } from "./clock.ts";
import { labPaths } from "./names.ts";
import type { LabHost } from "./state.ts";

/** Starting a host's agent, and where it listens. */

const program = fileURLToPath(new URL("../../bin/dialtone", import.meta.url));

/**
 * Stands in for systemd, which restarts a dialtone.service that failed (Restart=on-failure) on a real host.
 * An agent that was told to stop exits with 0 and is left alone.
 */
const keeperScript = `while ! "$@"; do sleep 0.3; done`;

/** A command that is started again whenever it fails. */
export const kept = (argv: string[]): string[] => ["sh", "-c", keeperScript, "dialtone-keeper", ...argv];

/** Environment of everything that runs in a lab: nothing of the caller's shell leaks in. */
const labEnvironment = () => ({
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  HOME: "/root",
  LANG: "C.UTF-8",
});

/** Starts a process in a namespace, in a session of its own; its output is appended to a file. */
export function spawnIn(
  namespace: string,
  argv: string[],
  logFile: string,
  environment: Record<string, string> = {},
): ProcessId {
  const log = openSync(logFile, "a", 0o644);
  try {
    const child = spawn("ip", ["netns", "exec", namespace, ...argv], {
      detached: true,
      stdio: ["ignore", log, log],
      cwd: "/",
      env: { ...labEnvironment(), ...environment },
    });
    // Whether it failed to start shows in its absence; an unhandled `error` event would end us.
    child.on("error", () => {});
    child.unref();
    const id = child.pid === undefined ? undefined : identify(child.pid);
    if (!id) throw new Error(`could not start ${argv.join(" ")} in ${namespace}; see ${logFile}`);
    return id;
  } finally {
    closeSync(log);
  }
}

/**
 * Has compiled, once, what all agents and apps of a lab consist of: at its first start each would do it, all at the same time, and what
 * strips types stays in memory (12 MB a thread). Where that fails, they do.
 */
export const compileAhead = (): Promise<unknown> =>
  promisify(execFile)(program, ["compile"], { env: labEnvironment() }).catch(() => {});

/** The part of a host that the lab starts: what `dialtone up` is on a real host. */
export function startAgent(lab: string, name: string, host: LabHost): ProcessId | null {
  if (host.data === null) return null;
  const { log } = hostDirs(host.data);
  mkdirSync(log, { recursive: true, mode: 0o755 });
  const agent = [program, "up", "--host", name];
  const places = ["--config", labPaths(lab).hostCluster(name), "--data", host.data];
  const clock = host.fitting?.clock ? clockEnvironment(labPaths(lab).clock(name), labEnvironment().PATH) : {};
  return spawnIn(host.namespace, kept([...agent, ...places]), join(log, "agent.log"), {
    ...agentEnvironment,
    ...clock,
  });
}

const partSchema = z.object({ pid: z.int().positive(), start: z.coerce.string() });

/** @throws Error when the file is there but not readable. */
function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** The running parts of a host by name, as its agent recorded them, with the agent itself. */
export function partsOf(data: string): Record<string, ProcessId> {
  const files = runFiles(hostDirs(data));
  const parts = readIfThere(files.parts);
  const agent = readIfThere(files.agentPid);
  return {
    ...(parts === undefined ? {} : z.record(z.string(), partSchema).parse(JSON.parse(parts))),
    ...(agent === undefined ? {} : { agent: partSchema.parse(JSON.parse(agent)) }),
  };
}

export const agentSocketOf = (data: string): string => runFiles(hostDirs(data)).agentSocket;
export const appSocketOf = (data: string): string => runFiles(hostDirs(data)).appSocket;
