import { messageOf } from "../base/message.ts";
import { fetchFor } from "./fetch.ts";
import { LoadedScript, ScriptError } from "./isolate.ts";
import type { FromScripts, Loaded, ToScripts } from "./protocol.ts";

/**
 * The process in which all scripts of an app run, started by script-host.ts: whatever a script brings down, the app and its calls
 * are elsewhere.
 */

const known = new Map<string, Loaded>();
const loaded = new Map<string, Promise<LoadedScript>>();
const waiting = new Map<number, PromiseWithResolvers<unknown>>();
let last = 0;

const send = (message: FromScripts): void => void process.send?.(message);

/** Asks the app. */
function told(what: string, argument: unknown): Promise<unknown> {
  const id = ++last;
  const answer = Promise.withResolvers<unknown>();
  waiting.set(id, answer);
  send({ type: "tell", id, what, argument });
  return answer.promise;
}

const world = (script: string) => ({
  help: (what: string, argument: unknown, { hosts, leftMs }: { hosts: readonly string[]; leftMs: number }) =>
    what === "fetch" ? fetchFor(argument, hosts, leftMs) : told(what, argument),
  log: (call: string, text: string) => send({ type: "log", script, call, text }),
});

function ready(script: Loaded): Promise<LoadedScript> {
  const before = loaded.get(script.name);
  if (before) return before;
  const loading = LoadedScript.load(script, world(script.name));
  loaded.set(script.name, loading);
  loading.catch(() => loaded.delete(script.name)); // whoever waits for it sees the error
  return loading;
}

function unload(name: string): void {
  const found = loaded.get(name);
  loaded.delete(name);
  void found?.then(
    (script) => script.close(),
    () => {}, // it never came to be
  );
}

async function decide(name: string, call: { call_id: string }, deadlineMs: number): Promise<unknown> {
  const script = known.get(name);
  if (!script) throw new ScriptError("error", "there is no such script, or it is disabled");
  const until = performance.now() + deadlineMs;
  for (let first = true; ; first = false) {
    const isolate = await ready(script);
    try {
      return await isolate.run(call, Math.max(1, until - performance.now()));
    } catch (error) {
      // Still running, or full: nobody else is to wait for it.
      const hangs = error instanceof ScriptError && error.failure !== "error";
      if (hangs || isolate.gone) {
        if ((await loaded.get(name)) === isolate) unload(name);
        isolate.close();
      }
      // Another call's fault, or left over from many calls before.
      const innocent = error instanceof ScriptError && error.failure === "memory" && first;
      if (!innocent || performance.now() >= until) throw error;
    }
  }
}

process.on("message", (message: ToScripts) => {
  if (message.type === "scripts") {
    const names = new Set(message.scripts.map(({ name }) => name));
    for (const name of known.keys()) if (!names.has(name)) known.delete(name);
    for (const script of message.scripts) {
      if (JSON.stringify(known.get(script.name)) === JSON.stringify(script)) continue;
      known.set(script.name, script);
      unload(script.name);
    }
    for (const name of loaded.keys()) if (!names.has(name)) unload(name);
  } else if (message.type === "told") {
    const answer = waiting.get(message.id);
    waiting.delete(message.id);
    if (message.error === undefined) answer?.resolve(message.value);
    else answer?.reject(new Error(message.error));
  } else {
    const { id, script, call, deadlineMs } = message;
    decide(script, call as { call_id: string }, deadlineMs).then(
      (answer) => send({ type: "answered", id, answer }),
      (error: unknown) =>
        send({
          type: "failed",
          id,
          failure: error instanceof ScriptError ? error.failure : "error",
          why: messageOf(error),
        }),
    );
  }
});

// The app is gone.
process.on("disconnect", () => process.exit(0));
send({ type: "ready" });
