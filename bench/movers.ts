import { parseArgs } from "node:util";
import { waitForGreen } from "../src/drills/cluster-view.ts";
import { callersBy, hostDeathBy, type Way } from "../src/drills/movers.ts";
import { runDrill } from "../src/drills/run-drill.ts";
import { openLab } from "../src/lab/lab.ts";
import { startNameServer } from "../src/lab/name-server.ts";
import { report } from "./common.ts";

/**
 * A node's power cut under calls, for each way by which callers find the service, with the policies that it goes with:
 * the same drill, the same rate, labs of its own one after the other.
 *
 *   node bench/movers.ts [--runs 5] [--rate 50] [--ttl 5] [--only hot-hot/dns-srv]
 */
const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "5" },
    rate: { type: "string", default: "50" },
    ttl: { type: "string", default: "5" },
    only: { type: "string" },
  },
});
const signal = new AbortController().signal;
const tell = (text: string) => void process.stderr.write(`${text}\n`);
const edge = { "hosts.e": { role: "edge", address: "198.18.77.14", interface: "eth0" } };
const dns = {
  "movers.dns": { server: "198.18.77.59", zone: "lab.test", name: "sip.lab.test", ttl: Number(values.ttl) },
};

/** An edge has the records name the edges: so the two have labs of their own. */
const labs: { policy: string; settings: Record<string, unknown>; ways: Way[] }[] = [
  { policy: "warm-active", settings: edge, ways: ["vrrp", "edge"] },
  { policy: "warm-active", settings: dns, ways: ["dns-srv", "dns-a"] },
  { policy: "hot-hot", settings: edge, ways: ["vrrp", "edge"] },
  { policy: "hot-hot", settings: dns, ways: ["dns-srv", "dns-a"] },
];

const rows: Record<string, string | number>[] = [];
let broken = false;
for (const { policy, settings, ways } of labs) {
  const wanted = ways.filter((way) => values.only === undefined || values.only === `${policy}/${way}`);
  if (wanted.length === 0) continue;
  const lab = openLab("benchmovers");
  await lab.up({ isolated: true, detach: false, fresh: true, settings: { policy, ...settings } });
  try {
    if (settings === dns) await startNameServer(lab);
    await waitForGreen(lab, 180_000, () => undefined, signal);
    for (const way of wanted) {
      tell(`${policy}, callers by ${way}`);
      const result = await runDrill(lab, hostDeathBy(lab, way), {
        runs: Number(values.runs),
        rate: Number(values.rate),
        patienceMs: 4000,
        tell,
        signal,
        startedBy: "bench/movers.ts",
        callers: callersBy(lab, way),
      });
      const { z_ms: z, records } = result.summary;
      const sum = (pick: (run: (typeof result.runs)[number]) => number) =>
        result.runs.reduce((total, run) => total + pick(run), 0);
      rows.push({
        policy,
        way,
        runs: result.runs.length,
        calls: sum((run) => run.figures.attempts),
        "z min": z?.min ?? "–",
        "z median": z?.median ?? "–",
        "z max": z?.max ?? "–",
        "slowest ms": Math.max(...result.runs.map((run) => run.figures.slowestMs)),
        lost: sum((run) => run.figures.lost),
        redials: sum((run) => run.figures.redials),
        "redials failed": sum((run) => run.figures.redialsFailed),
        records: records.expected,
        missing: sum((run) => run.ledger.missing.length),
        doubled: sum((run) => run.ledger.doubled.length),
        broken: result.broken.length,
      });
      broken ||= result.broken.length > 0;
    }
  } finally {
    await lab.down({ wipe: true });
  }
}
await report("movers", rows);
if (broken) process.exitCode = 1;
