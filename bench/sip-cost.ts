import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { succeeded } from "../src/callers/attempt.ts";
import { percentile, report, rounded, treeOf } from "./common.ts";
import { alone } from "./cost/alone.ts";
import { namedSyscalls, readThreads } from "./cost/meter.ts";

/**
 * What a call costs Kamailio alone, beside other checkouts: each in a network namespace of its own with an app and a media
 * relay that are not real. All take calls at the same time, and what a round of some seconds costs one is compared with
 * what it costs the first of --against in the same round: what else the machine does meets all alike.
 *
 *   node bench/sip-cost.ts [--against DIR,DIR: other checkouts, with node_modules] [--rate 50] [--rounds 8] [--seconds 5]
 *     [--media relay] [--syscalls: by name, a call]
 */
const { values } = parseArgs({
  options: {
    against: { type: "string", default: "" },
    rate: { type: "string", default: "50" },
    rounds: { type: "string", default: "8" },
    seconds: { type: "string", default: "5" },
    media: { type: "string", default: "relay" },
    syscalls: { type: "boolean", default: false },
  },
});
const [rate, rounds, seconds] = [Number(values.rate), Number(values.rounds), Number(values.seconds)];
const directory = mkdtempSync(join(tmpdir(), "dialtone-sip-cost-"));
await using endings = new AsyncDisposableStack();
endings.defer(() => rmSync(directory, { recursive: true, force: true }));

/** A Kamailio that takes calls. */
async function begin(checkout: string, index: number) {
  const { pid, call } = await alone(checkout, { index, directory, rate, media: values.media }, endings);
  const prober = await call();
  return { checkout, pids: await treeOf(pid), prober, perCall: [] as number[] };
}

const servers = await Promise.all([".", ...values.against.split(",").filter(Boolean)].map(begin));
const usedMs = (pids: number[]): number => pids.reduce((sum, pid) => sum + readThreads(pid).ran, 0) / 1e6;
await delay(3000);
const from = Date.now();
for (let round = 0; round < rounds; round++) {
  const before = servers.map(({ pids }) => usedMs(pids));
  await delay(seconds * 1000);
  for (const [index, server] of servers.entries())
    server.perCall.push((usedMs(server.pids) - (before[index] ?? 0)) / (rate * seconds));
}
const to = Date.now();
const named = values.syscalls ? await Promise.all(servers.map(({ pids }) => namedSyscalls(pids, 5))) : [];
const base = servers[1] ?? servers[0];
const rows = [];
for (const { checkout, perCall, prober } of servers) {
  await prober.finish();
  const calls = prober.attempts().filter((call) => !call.redial && call.started >= from && call.started < to);
  const ratios = perCall.map((ms, round) => ms / (base?.perCall[round] ?? Number.NaN));
  rows.push({
    checkout,
    "ms a call": rounded(percentile(perCall, 0.5)),
    lowest: rounded(Math.min(...perCall)),
    highest: rounded(Math.max(...perCall)),
    "of the other": rounded(percentile(ratios, 0.5), 3),
    calls: calls.length,
    failed: calls.filter((call) => !succeeded(call)).length,
  });
}
await report("sip-cost", rows, { more: { rate, seconds, rounds, media: values.media, named } });
for (const [index, calls] of named.entries())
  process.stdout.write(
    `${servers[index]?.checkout}, system calls a call: ${Object.entries(calls)
      .map(([name, count]) => `${name} ${rounded(count / rate, 1)}`)
      .slice(0, 12)
      .join(", ")}\n`,
  );
