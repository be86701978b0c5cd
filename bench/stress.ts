import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { openMediaCalls } from "../src/drills/media-calls.ts";
import { ownNumber } from "../src/drills/own-number.ts";
import { partsOf } from "../src/lab/agents.ts";
import { report, rounded } from "./common.ts";
import { offer, resultOf } from "./load/callers.ts";
import { notesSince, now, troubles } from "./load/incidents.ts";
import { openStage, type Stage } from "./load/stage.ts";

/**
 * A machine that has too much else to do: stress-ng beside a lab, with calls and conversations. First nothing is broken:
 * parts killed, moves, failed calls. Then each part of the holder dies (SIGKILL) or hangs (SIGSTOP) in the middle of it:
 * how long until its agent notes it.
 *
 *   node bench/stress.ts [--lab NAME] [--minutes 10] [--rate 20] [--talks 20] [--faults kamailio,rtpengine,redis,app,mariadb]
 */
const { values } = parseArgs({
  options: {
    lab: { type: "string" },
    minutes: { type: "string", default: "10" },
    rate: { type: "string", default: "20" },
    talks: { type: "string", default: "20" },
    faults: { type: "string", default: "kamailio,rtpengine,redis,app,mariadb" },
  },
});
const stressWords = "--cpu 3 --io 2 --hdd 2 --hdd-bytes 256M --fork 2 --vm 1 --vm-bytes 256M".split(" ");
const rate = Number(values.rate);
const seconds = 60 * Number(values.minutes);
const foundWithinMs = 30_000;

/** stress-ng with all that it starts; ends with the returned object. */
function startStress(directory: string): AsyncDisposable & { check: () => void } {
  const child = spawn("stress-ng", [...stressWords, "--temp-path", directory], {
    stdio: "ignore",
    detached: true,
  });
  const ended = once(child, "exit").catch((error: unknown) => {
    throw new Error("stress-ng could not be started: is the package stress-ng installed?", { cause: error });
  });
  const kill = (signal: NodeJS.Signals) => {
    // Its own process group.
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, signal);
  };
  const atExit = () => kill("SIGKILL");
  process.once("exit", atExit);
  return {
    check: () => {
      if (child.exitCode !== null)
        throw new Error(`stress-ng ended with ${child.exitCode}: nothing was measured`);
    },
    [Symbol.asyncDispose]: async () => {
      kill("SIGTERM");
      await Promise.race([ended, delay(5000)]);
      if (child.exitCode === null && child.signalCode === null) kill("SIGKILL");
      process.off("exit", atExit);
    },
  };
}

/** Breaks one part of the holder. @returns ms until its agent noted it; undefined: not within the deadline. */
async function breakPart({ lab, ground, holder, signal, tell }: Stage, part: string, how: "kill" | "stop") {
  const host = await holder();
  const data = lab.state().hosts[host]?.data ?? "";
  if (!partsOf(data)[part]) throw new Error(`${host} has no part '${part}' that runs`);
  const moment = await (how === "kill" ? lab.kill(host, part) : lab.pause(host, part));
  const kinds = how === "kill" ? ["part-exited"] : ["part-sick", "part-killed"];
  try {
    for (const until = now() + foundWithinMs; now() < until; await delay(200, undefined, { signal })) {
      const note = (await notesSince(ground, [host], moment.mono_ms)).find(
        ({ kind, subject }) => subject === part && kinds.includes(kind),
      );
      if (note) return { host, ms: rounded(note.monotonicMs - moment.mono_ms, 0), words: note.text };
    }
    return { host, ms: undefined, words: `not within ${foundWithinMs / 1000} s` };
  } finally {
    // Where the agent has killed it meanwhile there is nothing left to resume.
    if (how === "stop") await lab.resume(host, part).catch((error: unknown) => tell(String(error)));
  }
}

await using stage = await openStage(values.lab, "stress");
const { lab, ground, signal, tell } = stage;
const prefix = ownNumber("9977").slice(0, 10);
await stage.route(prefix);
await using conversations = await openMediaCalls(lab, "stress", "udp", {});
await conversations.begin(Number(values.talks));
const faults: Record<string, string | number>[] = [];
let calm: Record<string, string | number> = {};
let words: string[] = [];
{
  await using stress = startStress(stage.directory);
  await conversations.mark();
  const began = now();
  const patienceMs = 4000;
  const place = (number: string, total: number) =>
    offer({ ground, directory: stage.directory, number, rate, total, patienceMs });
  const calls = resultOf(await place(`${prefix}1`, rate * seconds), seconds);
  signal.throwIfAborted();
  stress.check();
  const trouble = troubles(await notesSince(ground, stage.hosts, began));
  const talked = await conversations.end();
  words = trouble.words;
  calm = {
    minutes: rounded(seconds / 60, 1),
    calls: calls.calls,
    failed: calls.calls - calls.answered,
    "set-up p50, p99 ms": `${calls.setUp50}, ${calls.setUp99}`,
    refused: calls.codes || "0",
    "parts killed": trouble.kills,
    moves: trouble.moves,
    "talks lost": `${talked.dropped} of ${talked.calls}`,
    "longest gap ms": talked.gap_ms?.max ?? 0,
  };
  tell(JSON.stringify(calm));
  for (const part of values.faults.split(",").filter((name) => name !== ""))
    for (const how of ["kill", "stop"] as const) {
      // Its last fault is over when all parts run again; green is too much to ask under stress.
      await stage.green(60_000).catch((error: unknown) => tell(String(error)));
      const around = place(`${prefix}2`, rate * 15);
      const found = await breakPart(stage, part, how).catch((error: unknown) => ({
        host: "",
        ms: undefined,
        words: String(error),
      }));
      const result = resultOf(await around, 15);
      faults.push({
        fault: `${part} ${how === "kill" ? "killed" : "hangs"}`,
        host: found.host,
        "found after ms": found.ms ?? "–",
        words: found.words,
        "calls around it, failed": `${result.calls - result.answered} of ${result.calls}`,
      });
      tell(JSON.stringify(faults.at(-1)));
    }
}
await report("stress", [calm], { tables: faults.length > 0 ? [faults] : [], more: { faults, words } });
for (const text of words) process.stdout.write(`${text}\n`);
