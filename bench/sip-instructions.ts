import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { execa } from "execa";
import { succeeded } from "../src/callers/attempt.ts";
import { report, rounded } from "./common.ts";
import { alone } from "./cost/alone.ts";
import { type Counted, countedIn } from "./cost/callgrind.ts";

/**
 * How many instructions a call takes in Kamailio's processes: less noisy than time (bench/sip-cost.ts) on a machine that has
 * other things to do. Two runs of each checkout under callgrind, of equal length, one with few calls and one with many: the
 * difference is what calls cost. What the kernel does is not counted. Needs `valgrind` (Debian), which the service does not.
 * Where a call takes more than 7 messages, some were repeated because the machine is too busy: that run counts nothing.
 *
 *   node bench/sip-instructions.ts [--against DIR,DIR: other checkouts, with node_modules] [--calls 40] [--seconds 25]
 *     [--media relay] [--functions 0: so many of those that take most]
 */
const { values } = parseArgs({
  options: {
    against: { type: "string", default: "" },
    calls: { type: "string", default: "40" },
    seconds: { type: "string", default: "25" },
    media: { type: "string", default: "relay" },
    functions: { type: "string", default: "0" },
  },
});
const rate = 6;
const few = 5;
const directory = mkdtempSync(join(tmpdir(), "dialtone-sip-instructions-"));
await using cleaning = new AsyncDisposableStack();
cleaning.defer(() => rmSync(directory, { recursive: true, force: true }));
await execa("valgrind", ["--version"]).catch(() => {
  throw new Error("valgrind is not there: apt-get install valgrind");
});

/** Kamailio's main process ends when all others have, and have written down what they did. */
async function end(pid: number): Promise<void> {
  process.kill(pid, "SIGTERM");
  for (
    let tenths = 0;
    existsSync(`/proc/${pid}`) && !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
    tenths++
  ) {
    if (tenths > 600) throw new Error(`Kamailio, process ${pid}, does not end`);
    await delay(100);
  }
}

interface Run {
  calls: number;
  byFunction: Map<string, Counted>;
}

/** One run with at least so many calls. */
async function run(checkout: string, index: number, atLeast: number): Promise<Run> {
  const out = join(directory, String(index));
  mkdirSync(join(out, "bin"), { recursive: true });
  // Kamailio's processes run as a user of its own.
  for (const path of [directory, out]) chmodSync(path, 0o777);
  const stand = `#!/bin/sh\nexec valgrind --tool=callgrind --vgdb=no --callgrind-out-file=${out}/counted.%p /usr/sbin/kamailio "$@"\n`;
  writeFileSync(join(out, "bin/kamailio"), stand, { mode: 0o755 });
  // It starts slowly there.
  const env = { DIALTONE_PATIENCE: "6", PATH: `${join(out, "bin")}${delimiter}${process.env.PATH ?? ""}` };
  await using endings = new AsyncDisposableStack();
  const server = await alone(checkout, { index, directory, rate, media: values.media, env }, endings);
  const until = Date.now() + Number(values.seconds) * 1000;
  const prober = await server.call();
  while (prober.attempts().length < atLeast && Date.now() < until) await delay(20);
  await prober.finish();
  await delay(Math.max(0, until - Date.now()));
  const calls = prober.attempts();
  const failed = calls.filter((call) => !succeeded(call)).length;
  if (failed > 0 || calls.length < atLeast)
    throw new Error(`${checkout}: ${calls.length} calls, ${failed} failed`);
  await end(server.pid);
  const byFunction = new Map<string, Counted>();
  for (const name of readdirSync(out).filter((file) => file.startsWith("counted."))) {
    const counted = countedIn(readFileSync(join(out, name), "utf8"));
    // htable looks at all rows once a second, calls or none.
    if (counted.has("ht_timer")) continue;
    for (const [of, { instructions, calls: times }] of counted) {
      const before = byFunction.get(of) ?? { instructions: 0, calls: 0 };
      byFunction.set(of, { instructions: before.instructions + instructions, calls: before.calls + times });
    }
  }
  return { calls: calls.length, byFunction };
}

const rows = [];
const most = [];
for (const [index, checkout] of [".", ...values.against.split(",").filter(Boolean)].entries()) {
  const little = await run(checkout, 2 * index, few);
  const much = await run(checkout, 2 * index + 1, few + Number(values.calls));
  const calls = much.calls - little.calls;
  const each = [...much.byFunction].map(([name, counted]) => ({
    function: name,
    instructions: Math.round(
      (counted.instructions - (little.byFunction.get(name)?.instructions ?? 0)) / calls,
    ),
    calls: rounded((counted.calls - (little.byFunction.get(name)?.calls ?? 0)) / calls, 1),
  }));
  rows.push({
    checkout,
    calls,
    "messages a call": each.find((one) => one.function === "receive_msg")?.calls ?? 0,
    "instructions a call": each.reduce((sum, one) => sum + one.instructions, 0),
  });
  most.push(each.sort((x, y) => y.instructions - x.instructions).slice(0, Number(values.functions)));
}
await report("sip-instructions", rows, { tables: most.filter((table) => table.length > 0) });
