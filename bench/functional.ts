import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { agentSocketOf } from "../src/lab/agents.ts";
import { openLab } from "../src/lab/lab.ts";
import { waitForGreen } from "../src/lab/wait.ts";
import { askReport } from "../src/report/ask.ts";
import { cpuMs, report, rounded, treeOf } from "./common.ts";

/**
 * What the functional test costs a node, in processor time of all its processes. One test in 5 s is too little to see
 * beside everything else: so many are made (20 a second), and what the parts need more than without them, with the
 * telephone's own time, is divided by their number. Takes about 3 minutes. Usage: bench/functional.ts
 */
const seconds = 40;
const rate = 20;
const everySeconds = 5;
const lab = openLab("benchfunc");

/** All processes of a lab host: its agent's and its parts' trees. */
async function processes(data: string): Promise<number[]> {
  const status = await askReport(agentSocketOf(data));
  const roots = [status.agentPid, ...Object.values(status.parts).flatMap((part) => part?.pid ?? [])];
  const trees = await Promise.all(roots.map(treeOf));
  return [...new Set(trees.flat())];
}

await lab.up({ isolated: true, detach: false, fresh: true });
try {
  await waitForGreen(lab, 120_000);
  const { hosts } = await lab.status();
  const standby = hosts.find((host) => host.role === "node" && !host.agent?.holds)?.name ?? "";
  const data = lab.state().hosts[standby]?.data ?? "";
  const pids = await processes(data);
  const from = await cpuMs(pids);
  await delay(1000 * seconds);
  const idleMs = (await cpuMs(pids)) - from;

  const before = await cpuMs(pids);
  const load = join(import.meta.dirname, "functional-load.ts");
  const command = [load, lab.paths.cluster, standby, data, String(seconds), String(rate)];
  const { stdout, stderr, code } = await lab.exec(standby, [process.execPath, ...command]);
  if (code !== 0) throw new Error(`the tests failed: ${stderr}`);
  const { calls, ownMs } = z.object({ calls: z.number(), ownMs: z.number() }).parse(JSON.parse(stdout));
  const busyMs = (await cpuMs(pids)) - before;
  const partsMs = Math.max(0, busyMs - idleMs) / calls;
  const eachMs = partsMs + ownMs / calls;
  await report("functional", [
    {
      tests: calls,
      "parts, ms each": rounded(partsMs),
      "telephone, ms each": rounded(ownMs / calls),
      [`share of a core, one in ${everySeconds} s, %`]: rounded(eachMs / (10 * everySeconds), 3),
    },
  ]);
} finally {
  await lab.down({ wipe: true, graceMs: 5000 });
}
