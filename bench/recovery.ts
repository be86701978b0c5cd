import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import type { CallTimeline } from "../src/callers/shortmsg.ts";
import { ownNumber } from "../src/drills/own-number.ts";
import { report, rounded } from "./common.ts";
import { offer, resultOf } from "./load/callers.ts";
import { openStage } from "./load/stage.ts";

/**
 * A node without calls loses its power and comes back while calls go on at the other one: their set-up before, without it,
 * while it comes back (power on → all green) and afterwards, in one run and in all runs together; and when what of it was
 * there.
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
const steps: Record<string, string | number>[] = [];
/** Calls and seconds of each phase, of all runs. */
const together = new Map<string, { calls: CallTimeline[]; ms: number }>();
const row = (run: string, phase: string, calls: CallTimeline[], ms: number) => {
  const result = resultOf(calls, ms / 1000);
  return {
    run,
    phase,
    "for s": rounded(ms / 1000, 1),
    calls: result.calls,
    failed: result.calls - result.answered,
    "set-up p50 ms": result.setUp50,
    "p99 ms": result.setUp99,
  };
};

/** Seconds from power on to each first: the agent, its parts' first answers, all green. */
async function stepsOf(run: string, host: string, back: number, green: number) {
  const events = (await ground.events(host)).filter(({ wallMs }) => wallMs >= back);
  const first = (kind: string, subject: string) => {
    const found = events.find((event) => event.kind === kind && event.subject === subject);
    return found ? rounded((found.wallMs - back) / 1000, 1) : "–";
  };
  return {
    run,
    agent: first("agent", "started"),
    "app started": first("part-started", "app"),
    "answers ": first("part-answers", "app"),
    "kamailio answers": first("part-answers", "kamailio"),
    "rtpengine answers": first("part-answers", "rtpengine"),
    "mariadb started": first("part-started", "mariadb"),
    answers: first("part-answers", "mariadb"),
    "host green": first("verdict", "green"),
    "all green": rounded((green - back) / 1000, 1),
  };
}
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
  const name = `${run}: ${standby}`;
  for (const [phase, belongs, ms] of phases) {
    const own = calls.filter(belongs);
    const before = together.get(phase) ?? { calls: [], ms: 0 };
    together.set(phase, { calls: [...before.calls, ...own], ms: before.ms + ms });
    rows.push(row(name, phase, own, ms));
    tell(JSON.stringify(rows.at(-1)));
  }
  steps.push(await stepsOf(name, standby, back, green));
  tell(JSON.stringify(steps.at(-1)));
  // What happens when they are slow, by the returning host's incident log.
  const slow = calls.filter(({ answered, started }) => started >= back && started < green && answered);
  tell(
    `slowest, s after power on (ms): ${slow
      .map(({ answered = 0, started }) => ({ at: (started - back) / 1000, ms: answered - started }))
      .sort((one, other) => other.ms - one.ms)
      .slice(0, 12)
      .map(({ at, ms }) => `${at.toFixed(2)} (${Math.round(ms)})`)
      .join(", ")}`,
  );
  if ((await stage.holder()) !== holder) tell(`the address moved from ${holder}`);
}
for (const [phase, { calls, ms }] of together) rows.push(row("all", phase, calls, ms));
await report("recovery", rows, { tables: [steps], more: { steps } });
