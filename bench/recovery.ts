import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import type { CallTimeline } from "../src/callers/shortmsg.ts";
import { ownNumber } from "../src/drills/own-number.ts";
import { report, rounded } from "./common.ts";
import { offer, resultOf } from "./load/callers.ts";
import { openStage } from "./load/stage.ts";

/**
 * A node without calls loses its power and comes back while calls go on at the other one: their set-up before, without it,
 * while it comes back (power on → all green) and afterwards, in one run.
 *
 *   node bench/recovery.ts [--lab NAME] [--rate CALLS/S] [--runs 3]
 */
const { values } = parseArgs({
  options: {
    lab: { type: "string" },
    rate: { type: "string", default: "30" },
    runs: { type: "string", default: "3" },
  },
});
const rate = Number(values.rate);
const [quietMs, awayMs] = [15_000, 8000];
/** Longer than a return takes; what is behind it counts as afterwards. */
const returnMs = 40_000;
await using stage = await openStage(values.lab, "recovery");
const { lab, ground, directory, signal, tell } = stage;
const prefix = ownNumber("9977").slice(0, 10);
await stage.route(prefix);
const rows: Record<string, string | number>[] = [];
for (let run = 1; run <= Number(values.runs); run++) {
  const holder = await stage.holder();
  const standby = ["a", "b"].find((name) => name !== holder) ?? "";
  const seconds = (quietMs + awayMs + returnMs) / 1000;
  const offered = offer({
    ground,
    directory,
    number: `${prefix}${run}`,
    rate,
    total: rate * seconds,
    patienceMs: 4000,
  });
  await delay(quietMs, undefined, { signal });
  const killed = Date.now();
  await lab.kill(standby);
  await delay(awayMs, undefined, { signal });
  const back = Date.now();
  await lab.heal(standby);
  await stage.green();
  const green = Date.now();
  const calls = await offered;
  const phases: [string, (call: CallTimeline) => boolean, number][] = [
    ["before", ({ started }) => started < killed, quietMs],
    ["one node alone", ({ started }) => started >= killed && started < back, back - killed],
    ["it comes back", ({ started }) => started >= back && started < green, green - back],
    ["all green again", ({ started }) => started >= green, quietMs],
  ];
  for (const [phase, belongs, ms] of phases) {
    const result = resultOf(calls.filter(belongs), ms / 1000);
    rows.push({
      run: `${run}: ${standby}`,
      phase,
      "for s": rounded(ms / 1000, 1),
      calls: result.calls,
      failed: result.calls - result.answered,
      "set-up p50 ms": result.setUp50,
      "p99 ms": result.setUp99,
    });
    tell(JSON.stringify(rows.at(-1)));
  }
  if ((await stage.holder()) !== holder) tell(`the address moved from ${holder}`);
}
await report("recovery", rows);
