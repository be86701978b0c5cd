import { type ChildProcess, fork } from "node:child_process";
import { setPriority } from "node:os";
import { join } from "node:path";
import { Failures } from "../base/failures.ts";
import { messageOf } from "../base/message.ts";
import { compiled } from "./check.ts";
import type { FromScripts, Loaded, ScriptFailure, ToScripts } from "./protocol.ts";
import type { Script } from "./script-schema.ts";

/** What the app answers to scripts, by the name of the helper. @throws Error in words for the script's author */
export type Helpers = Record<string, (argument: unknown[]) => unknown>;

export interface ScriptEvents {
  scriptFailed(script: string, callId: string, failure: ScriptFailure, why: string): void;
  scriptsEnded(why: string): void;
}

/** How a script did since this app started. */
export interface ScriptState {
  name: string;
  answered: number;
  failed: number;
  /** The newest failure, in words. */
  failure?: string;
  /** Not run for some seconds, because it failed again and again. */
  resting: boolean;
}

/** A line that a script logged. */
export interface LogLine {
  /** Unix time, ms. */
  at: number;
  call: string;
  text: string;
}

export class NoScriptAnswer extends Error {}

/** After so many failures one after the other a script rests. */
const failuresBeforeRest = 3;
const restMs = 5000;
const logLines = 200;
/** The process answers by the deadline, or it hangs. */
const graceMs = 250;
const respawnMs = 1000;

interface Pending {
  script: string;
  callId: string;
  resolve(answer: unknown): void;
  reject(error: NoScriptAnswer): void;
  timer: NodeJS.Timeout;
}

interface Standing {
  answered: number;
  failed: number;
  failures: Failures;
  failure?: string;
  log: LogLine[];
}

/**
 * Has scripts decide, in a process of its own (isolate-process.ts) that is started with the first script, and again when it
 * ended. Bounded in time, whatever the script does.
 */
export class ScriptHost implements AsyncDisposable {
  private readonly helpers: Helpers;
  private readonly events: ScriptEvents;
  private child: ChildProcess | undefined;
  private ready = false;
  private startedAt = Number.NEGATIVE_INFINITY;
  private scripts: Loaded[] = [];
  private source: unknown;
  private readonly pending = new Map<number, Pending>();
  private readonly standings = new Map<string, Standing>();
  private last = 0;
  private closed = false;

  constructor(helpers: Helpers, events: ScriptEvents) {
    this.helpers = helpers;
    this.events = events;
  }

  /** What there is to run, from now on. Cheap when nothing changed. @param scripts by name; the same object: unchanged */
  use(scripts: { values(): Iterable<Script> }): void {
    if (this.source === scripts) return;
    this.source = scripts;
    this.scripts = [...scripts.values()]
      .filter(({ enabled }) => enabled)
      .flatMap((script) => {
        try {
          const { name, cpu_ms, memory_mb, hosts } = script;
          return { name, code: compiled(script.source), cpuMs: cpu_ms, memoryMb: memory_mb, hosts };
        } catch (error) {
          // It was checked when it was saved: by a release with another opinion.
          this.standing(script.name).failure = messageOf(error);
          return [];
        }
      });
    for (const { name } of this.scripts) this.standing(name).failures.wake();
    if (this.child) this.send({ type: "scripts", scripts: this.scripts });
    else if (this.scripts.length > 0) this.spawn();
  }

  /** What the script says of a call. @throws NoScriptAnswer with the reason, which has been told */
  async decide(script: Pick<Script, "name" | "deadline_ms">, call: { call_id: string }): Promise<unknown> {
    const { name, deadline_ms } = script;
    const standing = this.standing(name);
    if (standing.failures.rests(performance.now()))
      throw new NoScriptAnswer(`${name} rests: it failed too often`);
    if (!this.child) this.spawn();
    if (!this.child) throw new NoScriptAnswer("the process of the scripts has just ended");
    const id = ++this.last;
    return await new Promise<unknown>((resolve, reject) => {
      const timer = setTimeout(() => this.late(id, deadline_ms), deadline_ms + graceMs);
      this.pending.set(id, { script: name, callId: call.call_id, resolve, reject, timer });
      this.send({ type: "decide", id, script: name, call, deadlineMs: deadline_ms });
    });
  }

  private late(id: number, deadlineMs: number): void {
    if (!this.ready) {
      this.settled(id)?.reject(new NoScriptAnswer("the process of the scripts is still starting"));
      return;
    }
    this.failed(id, "late", `did not answer within ${deadlineMs} ms`);
    // It is to keep its deadlines by itself.
    this.child?.kill("SIGKILL");
  }

  /** The process of the scripts, while there is one. */
  get pid(): number | undefined {
    return this.child?.pid;
  }

  states(): ScriptState[] {
    return [...this.standings].map(([name, { answered, failed, failure, failures }]) => ({
      name,
      answered,
      failed,
      ...(failure !== undefined && { failure }),
      resting: failures.rests(performance.now()),
    }));
  }

  /** The newest lines that the script logged at this node. */
  log(name: string): LogLine[] {
    return this.standings.get(name)?.log ?? [];
  }

  private standing(name: string): Standing {
    const found = this.standings.get(name) ?? {
      answered: 0,
      failed: 0,
      failures: new Failures(failuresBeforeRest, restMs),
      log: [],
    };
    this.standings.set(name, found);
    return found;
  }

  private spawn(): void {
    if (this.closed || performance.now() - this.startedAt < respawnMs) return;
    this.startedAt = performance.now();
    this.ready = false;
    const project = join(import.meta.dirname, "..", "..");
    const child = fork(join(import.meta.dirname, "isolate-process.ts"), [], {
      serialization: "advanced",
      env: {},
      stdio: ["ignore", "ignore", "inherit", "ipc"],
      execArgv: [
        "--no-node-snapshot",
        "--disable-warning=ExperimentalWarning",
        "--disable-warning=SecurityWarning",
        "--max-old-space-size=128",
        // A script that gets out of its isolate finds a process that may read the program and do little else.
        "--permission",
        "--allow-addons",
        "--allow-fs-read=/etc/alpine-release",
        `--allow-fs-read=${project}`,
      ],
    });
    this.child = child;
    // Calls that no script decides go first.
    if (child.pid !== undefined) setPriority(child.pid, 5);
    child.on("message", (message: FromScripts) => this.heard(message));
    child.on("error", (error) => this.ended(child, messageOf(error)));
    child.on("exit", (code, signal) => this.ended(child, signal ?? `exit code ${code}`));
    this.send({ type: "scripts", scripts: this.scripts });
  }

  private send(message: ToScripts): void {
    // A process that is just ending: its exit follows.
    this.child?.send(message, () => {});
  }

  private ended(child: ChildProcess, why: string): void {
    if (this.child !== child) return;
    this.child = undefined;
    for (const id of [...this.pending.keys()])
      this.failed(id, "gone", `the process of the scripts ended: ${why}`);
    if (!this.closed) this.events.scriptsEnded(why);
  }

  private heard(message: FromScripts): void {
    if (message.type === "ready") this.ready = true;
    else if (message.type === "answered") {
      const found = this.settled(message.id);
      if (!found) return;
      this.standing(found.script).answered++;
      found.resolve(message.answer);
    } else if (message.type === "failed") this.failed(message.id, message.failure, message.why);
    else if (message.type === "log") {
      const { log } = this.standing(message.script);
      log.push({ at: Date.now(), call: message.call, text: message.text });
      if (log.length > logLines) log.shift();
    } else if (message.type === "tell") this.send(this.told(message.id, message.what, message.argument));
  }

  private told(id: number, what: string, argument: unknown): ToScripts {
    try {
      const value = this.helpers[what]?.(Array.isArray(argument) ? argument : []);
      return { type: "told", id, value };
    } catch (error) {
      return { type: "told", id, error: messageOf(error) };
    }
  }

  private settled(id: number): Pending | undefined {
    const found = this.pending.get(id);
    this.pending.delete(id);
    clearTimeout(found?.timer);
    return found;
  }

  private failed(id: number, failure: ScriptFailure, why: string): void {
    const found = this.settled(id);
    if (!found) return;
    this.blame(found.script, found.callId, failure, why);
    found.reject(new NoScriptAnswer(`script ${found.script} ${why}`));
  }

  /** Its answer was of use. */
  praise(script: string): void {
    this.standing(script).failures.succeeded();
  }

  /** A script whose answer was of no use has failed too. */
  blame(script: string, callId: string, failure: ScriptFailure, why: string): void {
    const standing = this.standing(script);
    standing.failed++;
    standing.failure = why;
    standing.failures.failed(performance.now());
    this.events.scriptFailed(script, callId, failure, why);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.closed = true;
    const { child } = this;
    if (!child) return;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await gone;
  }
}
