import { join } from "node:path";
import { z } from "zod";
import { messageOf } from "../base/message.ts";
import { secretsFileOf } from "../cluster/load.ts";
import { askApp } from "./app.ts";
import { type BringUpOptions, bringUp, type Times, timesText } from "./bring-up.ts";
import { buildConsole } from "./console-build.ts";
import { demo } from "./demo.ts";
import { readDemoUsers } from "./demo-users.ts";
import type { Lab } from "./lab.ts";
import { showLive } from "./live.ts";
import { defaultLab } from "./names.ts";

/** `lab up` as people use it: start, show, take down, whatever ends it. */

/** npm and the terminal both pass Ctrl-C on: two of them at once are one. */
const secondSignalMs = 1000;

/** Aborts `stop` at the first SIGINT, SIGTERM or SIGHUP, and `hurry` at one that comes later. */
function watchSignals(): { stop: AbortSignal; hurry: AbortSignal } & Disposable {
  const stop = new AbortController();
  const hurry = new AbortController();
  let first: number | undefined;
  const onSignal = () => {
    const now = performance.now();
    first ??= now;
    stop.abort(new Error("interrupted"));
    if (now - first > secondSignalMs) hurry.abort();
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.on(signal, onSignal);
  // The terminal may be gone; taking the lab down matters more than saying so.
  const ignore = () => {};
  for (const stream of [process.stdout, process.stderr]) stream.on("error", ignore);
  return {
    stop: stop.signal,
    hurry: hurry.signal,
    [Symbol.dispose]: () => {
      for (const signal of signals) process.off(signal, onSignal);
    },
  };
}

/** What building the console said. */
const consoleLog = (lab: Lab): string => join(lab.paths.root, "console.log");

/** What a newcomer can do next. Pure but for the passwords, which lie in the lab's directory. */
function hintsFor(lab: Lab, foreground: boolean, first: string | undefined): string[] {
  const state = lab.state();
  const option = lab.name === defaultLab ? "" : ` --lab ${lab.name}`;
  const password = readDemoUsers(lab.name)[demo.caller];
  const tries = [
    [`call ${demo.caller} ${demo.callee}`, "a call from one user to another"],
    ["lab kill holder", "pull the plug of the active node; 'lab heal' plugs it in again"],
    ["drill host-death", "measure what callers notice of that"],
  ] as const;
  const commands = tries.map(([words]) => `bin/dialtone ${words}${option}`);
  const width = Math.max(...commands.map((command) => command.length));
  return [
    ...tries.map(
      ([, what], index) => `${index === 0 ? "try: " : "     "}${commands[index]?.padEnd(width)}  ${what}`,
    ),
    ...(password === undefined || state.isolated
      ? []
      : [
          `softphone on this machine: user ${demo.caller}, password ${password}, server ${state.service}; then dial ${demo.callee} or ${demo.number}`,
        ]),
    ...(first === undefined || state.isolated ? [] : [`console: make its first administrator at ${first}`]),
    ...(state.isolated
      ? []
      : [
          `console: https://${state.service}/console/ (built in the background at first: ${consoleLog(lab)})`,
          `API and its documentation: https://${state.service}:8443/docs (token: api_token in ${secretsFileOf(lab.paths.cluster)})`,
        ]),
    foreground
      ? "Ctrl-C takes the lab down; its data stays"
      : `take it down: bin/dialtone lab down${option}     look: bin/dialtone lab status${option}`,
  ];
}

const firstSchema = z.object({ link: z.string().nullable() });

/** Where the console's first administrator is made; undefined: there is one, or no app answers. */
async function firstOf(lab: Lab): Promise<string | undefined> {
  try {
    const { link } = firstSchema.parse(await askApp(lab.state(), "GET", "/v1/session/first"));
    return link ?? undefined;
  } catch {
    return undefined; // what is wrong stands in the picture
  }
}

export interface UpResult {
  times: Times | undefined;
  problem: string | undefined;
}

/**
 * Starts a lab and, unless detached, shows it until a signal comes or somebody else takes it down; then everything
 * goes but the data. A lab that does not become green is shown all the same: its picture says why.
 */
export async function runLab(lab: Lab, options: BringUpOptions): Promise<UpResult> {
  using signals = watchSignals();
  using ends = new DisposableStack();
  const print = (text: string) => {
    if (!options.quiet) process.stdout.write(`${text}\n`);
  };
  const result: UpResult = { times: undefined, problem: undefined };
  let ours = false;
  try {
    try {
      result.times = await bringUp(lab, options, signals.stop, () => {
        ours = true;
      });
      print(timesText(result.times));
    } catch (error) {
      if (!ours) throw error;
      // Whoever interrupts the start knows why it ended.
      if (!signals.stop.aborted) {
        result.problem = messageOf(error);
        process.stderr.write(`dialtone: ${result.problem}\n`);
      }
    }
    // Behind the first call, which it must not delay.
    if (result.times && !options.isolated) ends.use(buildConsole(consoleLog(lab), options.detach));
    const hints = hintsFor(lab, !options.detach, await firstOf(lab));
    if (options.detach && !signals.stop.aborted) {
      for (const hint of hints) print(hint);
      ours = false;
      return result;
    }
    if (!signals.stop.aborted) ours = await showLive(lab, hints, signals.stop);
    return result;
  } finally {
    if (ours) {
      print(`taking lab '${lab.name}' down …`);
      // A database in the middle of its first copy would let us wait for a peer that is stopping too.
      const graceMs = result.times ? 30_000 : 5000;
      const { killed } = await lab.down({ hurry: signals.hurry, graceMs });
      print(
        `lab '${lab.name}' is down; its data stays in ${lab.paths.root}${killed.length > 0 ? ` (killed: ${killed.join(", ")})` : ""}`,
      );
    }
  }
}
