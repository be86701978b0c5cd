import { chmodSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { recordsOf } from "../src/drills/api.ts";
import { compareLedger } from "../src/drills/ledger.ts";
import { openMediaCalls } from "../src/drills/media-calls.ts";
import { ownNumber } from "../src/drills/own-number.ts";
import { report, rounded } from "./common.ts";
import { startBare } from "./cost/bare.ts";
import { offer, resultOf } from "./load/callers.ts";
import { notesSince, now, troubles } from "./load/incidents.ts";
import { openStage } from "./load/stage.ts";

/**
 * More calls than the service can carry: 0.5, 1, 2 and 5 times its capacity for 30 s each, then bursts of 1 s. Calls that
 * were answered (goodput), how quickly the others were refused, parts killed, moves of the service address, conversations
 * lost meanwhile, records against the callers' own log. Audio is relayed, as by default. In the same run the same callers call
 * a bare Kamailio with rtpengine, which refuses nobody: what it still answers is what is left beside so many callers.
 *
 *   node bench/overload.ts [--lab NAME] [--capacity CALLS/S: otherwise it is sought] [--times 0.5,1,2,5] [--seconds 30]
 *     [--bursts 3] [--talks 20] [--no-bare]
 */
const { values } = parseArgs({
  options: {
    lab: { type: "string" },
    capacity: { type: "string" },
    times: { type: "string", default: "0.5,1,2,5" },
    seconds: { type: "string", default: "30" },
    bursts: { type: "string", default: "3" },
    talks: { type: "string", default: "20" },
    "no-bare": { type: "boolean", default: false },
  },
});
const seconds = Number(values.seconds);
const talks = Number(values.talks);
const patienceMs = 4000;
await using stage = await openStage(values.lab, "overload");
const { lab, ground, directory, signal, tell } = stage;
// Kamailio and rtpengine of the baseline write here.
chmodSync(directory, 0o755);
await using bare = values["no-bare"] ? undefined : await startBare(lab.state(), directory, stage.phone);
const prefix = ownNumber("9976").slice(0, 10);
await stage.route(prefix);
let runs = 0;
const place = (rate: number, total: number) =>
  offer({ ground, directory, number: `${prefix}${++runs}`, rate, total, patienceMs });
/** The same to the baseline: answered a second, and how long callers waited. */
async function placeBare(rate: number): Promise<string> {
  if (!bare) return "–";
  const calls = await offer({
    ground,
    server: bare.withRelay,
    directory,
    number: prefix,
    rate,
    total: rate * seconds,
    patienceMs,
  });
  const { goodput, setUp50, setUp99 } = resultOf(calls, seconds);
  return `${goodput} (${setUp50}, ${setUp99})`;
}

/** The highest of rising rates at which 99 of 100 calls are answered. */
async function seekCapacity(): Promise<number> {
  let best = 20;
  for (const rate of [25, 50, 75, 100, 150, 200, 300, 400, 600]) {
    const result = resultOf(await place(rate, rate * 5), 5);
    tell(`seeking: ${rate}/s offered, ${result.goodput}/s answered, p99 ${result.setUp99} ms`);
    signal.throwIfAborted();
    if (result.answered < 0.99 * result.calls) break;
    best = rate;
  }
  await stage.green();
  return best;
}

/** Records arrive behind the calls: waits until they are right, or a minute is over. */
async function ledgerOf(calls: Parameters<typeof compareLedger>[0], number: string) {
  for (const until = Date.now() + 60_000; ; await delay(1000, undefined, { signal })) {
    const found = compareLedger(calls, await recordsOf(lab.name, { number }));
    const faults = found.missing.length + found.doubled.length + found.wrong.length + found.open;
    if (faults === 0 || Date.now() > until) return found;
  }
}

const capacity = values.capacity === undefined ? await seekCapacity() : Number(values.capacity);
tell(`capacity: ${capacity} calls/s`);
const rows: Record<string, string | number>[] = [];
const words: string[] = [];
for (const times of values.times.split(",").map(Number)) {
  await using conversations = await openMediaCalls(lab, "overload", "udp", {});
  await conversations.begin(talks);
  await conversations.mark();
  const began = now();
  const rate = Math.max(1, Math.round(capacity * times));
  const calls = await place(rate, rate * seconds);
  const result = resultOf(calls, seconds);
  const talked = await conversations.end();
  const trouble = troubles(await notesSince(ground, stage.hosts, began));
  const ledger = await ledgerOf(calls, `${prefix}${runs}`);
  const baseline = await placeBare(rate);
  words.push(...trouble.words.map((text) => `${times} × ${capacity}/s: ${text}`));
  rows.push({
    offered: `${times} × ${capacity}/s`,
    "answered/s": result.goodput,
    "of the offer %": rounded((100 * result.answered) / Math.max(1, result.calls), 1),
    "set-up p50, p99 ms": `${result.setUp50}, ${result.setUp99}`,
    "bare: answered/s (p50, p99)": baseline,
    refused: result.codes || "0",
    "refusal p50, p99 ms": `${result.refused50}, ${result.refused99}`,
    "no answer": result.silent,
    "parts killed": trouble.kills,
    moves: trouble.moves,
    "talks lost": `${talked.dropped} of ${talked.calls}`,
    "records missing, doubled, wrong, open": [
      ledger.missing.length,
      ledger.doubled.length,
      ledger.wrong.length,
      ledger.open,
    ].join(", "),
  });
  tell(JSON.stringify(rows.at(-1)));
  await stage.green().catch((error: unknown) => tell(`afterwards: ${String(error)}`));
}

/** Steady callers at 0.3 of the capacity; for one second five times the capacity comes on top. */
const bursts: Record<string, string | number>[] = [];
for (let burst = 1; burst <= Number(values.bursts); burst++) {
  const began = now();
  const rate = Math.max(1, Math.round(capacity * 0.3));
  const steadily = place(rate, rate * 10);
  await delay(4000, undefined, { signal });
  const from = Date.now();
  const peak = resultOf(await place(capacity * 5, capacity * 5), 1);
  const steady = await steadily;
  const during = resultOf(
    steady.filter((call) => call.started >= from && call.started < from + 1500),
    1.5,
  );
  const before = resultOf(
    steady.filter((call) => call.started < from),
    4,
  );
  const after = resultOf(
    steady.filter((call) => call.started >= from + 1500),
    4.5,
  );
  const trouble = troubles(await notesSince(ground, stage.hosts, began));
  words.push(...trouble.words.map((text) => `burst ${burst}: ${text}`));
  bursts.push({
    burst: `${capacity * 5} calls in 1 s`,
    "answered of the burst": peak.answered,
    refused: peak.codes || "0",
    "steady callers: p99 before": before.setUp99,
    "in the burst and 0.5 s": during.setUp99,
    afterwards: after.setUp99,
    "failed before, in, after": [before, during, after]
      .map(({ calls, answered }) => calls - answered)
      .join(", "),
    "parts killed": trouble.kills,
    moves: trouble.moves,
  });
  tell(JSON.stringify(bursts.at(-1)));
  await stage.green().catch((error: unknown) => tell(`afterwards: ${String(error)}`));
}
await report("overload", rows, {
  tables: bursts.length > 0 ? [bursts] : [],
  more: { capacity, bursts, words },
});
for (const text of words) process.stdout.write(`${text}\n`);
