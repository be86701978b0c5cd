import { mkdir, open, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { execa } from "execa";
import { inOwnSession } from "../host/priority.ts";
import { weigh } from "./session.ts";
import { parseShortMessage, type ShortMessage } from "./shortmsg.ts";

/** Runs SIPp (Debian's sip-tester) and reads what it saw. Nothing here knows what a scenario is about. */

/** Where a test caller or telephone lives: this host, or a network namespace of a lab. */
export interface Place {
  /** Words put before a command to run it there. */
  prefix: string[];
  /** Its address: source of the caller's messages. */
  address: string;
}

export const here = (address: string): Place => ({ prefix: [], address });
export const inNamespace = (namespace: string, address: string): Place => ({
  prefix: ["ip", "netns", "exec", namespace],
  address,
});

export interface SippOptions {
  place: Place;
  /** Directory for scenario, log and errors; made when missing. */
  directory: string;
  /** Base name of its files in `directory`. */
  name: string;
  scenario: string;
  /** Scenario for calls that come in while `scenario` is a client's. */
  incoming?: string;
  /** host:port of the server that a client calls. */
  remote?: string;
  /** Local port; a free one when unset. */
  port?: number;
  transport?: "udp" | "tcp";
  /** Calls per second and, if limited, how many in all. */
  rate?: number;
  total?: number;
  /** Call-ID pattern: %u is the number of the call, %s the address. */
  callIds?: string;
  /** URI in digest credentials, without `sip:`. */
  authUri?: string;
}

/** A running SIPp. Disposing of it kills it. */
export interface SippRun extends AsyncDisposable {
  pid: number;
  /** Messages logged since the last call of this function. Cheap: reads only what was added. */
  news(): Promise<ShortMessage[]>;
  /** No new calls; ends when the running ones ended. */
  finish(): void;
  /** Exit code 0: all calls went as the scenario says; 1: some did not (look at the log). */
  exited: Promise<number | undefined>;
}

/** As important as the SIP server that it stands before. */
const niceness = -12;

const fileOf = (options: SippOptions, suffix: string) => join(options.directory, `${options.name}.${suffix}`);

/**
 * Writes SIPp's scenario files and returns the command that runs it on its place's host (without the prefix).
 * SIPp logs its messages to `<name>.log` and what it did not expect to `<name>.err`.
 */
export async function prepareSipp(options: SippOptions): Promise<string[]> {
  await mkdir(options.directory, { recursive: true, mode: 0o700 });
  // A scenario can hold a password.
  await writeFile(fileOf(options, "xml"), options.scenario, { mode: 0o600 });
  if (options.incoming) await writeFile(fileOf(options, "incoming.xml"), options.incoming, { mode: 0o600 });
  return [
    "sipp",
    ...(options.remote ? [options.remote] : []),
    ...["-sf", fileOf(options, "xml")],
    ...(options.incoming ? ["-oocsf", fileOf(options, "incoming.xml")] : []),
    ...["-i", options.place.address, "-bind_local"],
    ...(options.port ? ["-p", String(options.port)] : []),
    ...["-t", options.transport === "tcp" ? "t1" : "u1"],
    ...(options.rate ? ["-r", String(options.rate)] : []),
    ...(options.total ? ["-m", String(options.total)] : []),
    ...(options.callIds ? ["-cid_str", options.callIds] : []),
    ...(options.authUri ? ["-auth_uri", options.authUri] : []),
    // Messages out of order are noted, never a reason to give a call up.
    ...["-default_behaviors", "all,-abortunexp", "-timer_resol", "1", "-nostdin", "-l", "100000"],
    ...["-trace_shortmsg", "-shortmessage_file", fileOf(options, "log")],
    ...["-trace_err", "-error_file", fileOf(options, "err")],
  ];
}

/**
 * Starts SIPp; its screen goes nowhere.
 * @throws Error when it dies at once (bad scenario, port in use), with its own words.
 */
export async function startSipp(options: SippOptions): Promise<SippRun> {
  const argv = [...options.place.prefix, ...inOwnSession(niceness), ...(await prepareSipp(options))];
  await writeFile(fileOf(options, "log"), "");
  const [command = "", ...rest] = argv;
  const subprocess = execa(command, rest, {
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
    reject: false,
    cleanup: true,
    forceKillAfterDelay: 500,
    cwd: options.directory,
  });
  weigh(subprocess.pid, niceness);
  const exited = subprocess.then((result) => result.exitCode);
  // A bad scenario or a port in use ends SIPp within milliseconds.
  const early = await Promise.race([
    subprocess.then((result) => ({ code: result.exitCode, words: result.stderr })),
    delay(60),
  ]);
  if (early && early.code !== 0 && early.code !== 1) {
    const errors = await readFile(fileOf(options, "err"), "utf8").catch(() => "");
    throw new Error(
      `sipp ended with code ${early.code}: ${`${early.words}\n${errors}`.trim() || "no reason given"}`,
    );
  }
  const pid = subprocess.pid;
  if (pid === undefined) throw new Error("sipp could not be started: is the package sip-tester installed?");
  const follow = followLog(fileOf(options, "log"));
  return {
    pid,
    news: follow,
    finish: () => void subprocess.kill("SIGUSR1"),
    exited,
    [Symbol.asyncDispose]: async () => {
      subprocess.kill("SIGTERM");
      await exited;
    },
  };
}

/** Reads what was added to a log since the last time; an unfinished last line waits for its rest. */
function followLog(path: string): () => Promise<ShortMessage[]> {
  let offset = 0;
  let rest = "";
  return async () => {
    const handle = await open(path, "r");
    try {
      const { size } = await handle.stat();
      if (size <= offset) return [];
      const buffer = Buffer.alloc(size - offset);
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, offset);
      offset += bytesRead;
      const lines = (rest + buffer.toString("latin1", 0, bytesRead)).split("\n");
      rest = lines.pop() ?? "";
      return lines.flatMap((line) => parseShortMessage(line) ?? []);
    } finally {
      await handle.close();
    }
  };
}
