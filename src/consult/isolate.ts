import ivm from "isolated-vm";
import { messageOf } from "../base/message.ts";
import type { Loaded, ScriptFailure } from "./protocol.ts";

/**
 * One script in an isolate of its own (isolated-vm): a heap of its own, no Node, no files, no network. What it may ask goes out as
 * numbered requests, and their answers come in by a function that the script can not reach: no object of ours gets in.
 */

/** What the script may ask of the world. */
export interface World {
  help(what: string, argument: unknown, call: { hosts: readonly string[]; leftMs: number }): Promise<unknown>;
  log(call: string, text: string): void;
}

export class ScriptError extends Error {
  readonly failure: ScriptFailure;
  constructor(failure: ScriptFailure, why: string) {
    super(why);
    this.name = "ScriptError";
    this.failure = failure;
  }
}

/** Runs in the isolate before the script. Gives back what settles a request. */
const bootstrap = `"use strict";
(() => {
  const { $ask: ask, $log: log } = globalThis;
  delete globalThis.$ask;
  delete globalThis.$log;
  const [PromiseNow, MapNow, text, json] = [Promise, Map, String, JSON.stringify];
  const waiting = new MapNow();
  const [set, get, remove] = ["set", "get", "delete"].map((name) => Map.prototype[name]);
  const apply = Reflect.apply;
  let last = 0;
  const helpersOf = (run) => {
    const request = (what) => (...argument) => new PromiseNow((resolve, reject) => {
      const id = ++last;
      apply(set, waiting, [id, [resolve, reject]]);
      ask(run, id, what, json(argument));
    });
    return {
      fetch: request("fetch"), userOf: request("userOf"), user: request("user"), number: request("number"),
      prices: request("prices"), calendar: request("calendar"), table: request("table"), flag: request("flag"),
    };
  };
  let running = 0;
  globalThis.console = { log: (...parts) => log(running, parts.map((part) => typeof part === "string" ? part : json(part) ?? text(part)).join(" ")) };
  return {
    settle: (id, good, value) => {
      const found = apply(get, waiting, [id]);
      apply(remove, waiting, [id]);
      if (found) found[good ? 0 : 1](good ? value : new Error(value));
    },
    start: (decide, run, call) => {
      running = run;
      return decide(call, helpersOf(run));
    },
  };
})();`;

interface Running {
  call: string;
  until: number;
  logged: number;
  fail(error: ScriptError): void;
}

const loggedBytes = 4096;

/** A script that is loaded. One that was stopped in the middle is gone: make a new one. */
export class LoadedScript {
  private readonly isolate: ivm.Isolate;
  private readonly script: Loaded;
  private readonly world: World;
  private settle: ivm.Reference | undefined;
  private start: ivm.Reference | undefined;
  private decide: ivm.Reference | undefined;
  private readonly running = new Map<number, Running>();
  private last = 0;

  private constructor(script: Loaded, world: World) {
    this.script = script;
    this.world = world;
    this.isolate = new ivm.Isolate({ memoryLimit: script.memoryMb });
  }

  /** @throws ScriptError */
  static async load(script: Loaded, world: World): Promise<LoadedScript> {
    const loaded = new LoadedScript(script, world);
    try {
      await loaded.open();
      return loaded;
    } catch (error) {
      const failure = loaded.failureOf(error);
      loaded.close();
      throw failure;
    }
  }

  private async open(): Promise<void> {
    const { isolate, script } = this;
    const context = await isolate.createContext();
    const asked = new ivm.Callback(
      (run: number, id: number, what: string, argument: string) => void this.asked(run, id, what, argument),
      { ignored: true },
    );
    const logged = new ivm.Callback((run: number, text: string) => this.logged(run, text), { ignored: true });
    await context.global.set("$ask", asked);
    await context.global.set("$log", logged);
    const prelude = await isolate.compileScript(bootstrap);
    const ours = await prelude.run(context, { reference: true });
    this.settle = await ours.get("settle", { reference: true });
    this.start = await ours.get("start", { reference: true });
    const module = await isolate.compileModule(script.code, { filename: "file:///script.ts" });
    await module.instantiate(context, (specifier: string) => {
      throw new Error(`a script imports nothing, not even ${specifier}`);
    });
    await module.evaluate({ timeout: script.cpuMs });
    this.decide = await module.namespace.get("decide", { reference: true });
    if (this.decide.typeof !== "function")
      throw new Error("the script exports no function decide(call, helpers)");
  }

  /** True when nothing can be run in it any more. */
  get gone(): boolean {
    return this.isolate.isDisposed;
  }

  /** @throws ScriptError */
  async run(call: { call_id: string }, deadlineMs: number): Promise<unknown> {
    const id = ++this.last;
    const failed = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      failed.reject(new ScriptError("late", `did not answer within ${Math.round(deadlineMs)} ms`));
    }, deadlineMs);
    this.running.set(id, {
      call: call.call_id,
      until: performance.now() + deadlineMs,
      logged: 0,
      fail: failed.reject,
    });
    try {
      const answer = this.start?.apply(
        undefined,
        [this.decide?.derefInto(), id, new ivm.ExternalCopy(call).copyInto({ release: true })],
        {
          timeout: this.script.cpuMs,
          result: { promise: true, copy: true },
        },
      );
      return await Promise.race([answer, failed.promise]);
    } catch (error) {
      throw error instanceof ScriptError ? error : this.failureOf(error);
    } finally {
      clearTimeout(timer);
      this.running.delete(id);
    }
  }

  private async asked(run: number, id: number, what: string, argument: string): Promise<void> {
    const running = this.running.get(run);
    if (!running) return;
    const call = { hosts: this.script.hosts, leftMs: running.until - performance.now() };
    let outcome: { good: boolean; value: unknown };
    try {
      outcome = { good: true, value: await this.world.help(what, JSON.parse(argument), call) };
    } catch (error) {
      outcome = { good: false, value: messageOf(error) };
    }
    if (this.gone) return;
    try {
      await this.settle?.apply(undefined, [id, outcome.good, outcome.value], {
        timeout: this.script.cpuMs,
        arguments: { copy: true },
      });
    } catch (error) {
      running.fail(this.failureOf(error));
    }
  }

  private logged(run: number, text: string): void {
    const running = this.running.get(run);
    if (!running || running.logged >= loggedBytes) return;
    running.logged += text.length;
    this.world.log(running.call, text.slice(0, loggedBytes));
  }

  private failureOf(error: unknown): ScriptError {
    const why = messageOf(error);
    if (error instanceof Error && why === "Script execution timed out.")
      return new ScriptError(
        "processor",
        `needed more than ${this.script.cpuMs} ms of the processor without a pause`,
      );
    if (this.gone) return new ScriptError("memory", `needed more than ${this.script.memoryMb} MB of memory`);
    return new ScriptError("error", why);
  }

  /** Stops whatever runs in it. */
  close(): void {
    if (!this.isolate.isDisposed) this.isolate.dispose();
  }
}
