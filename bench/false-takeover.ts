import { parseArgs } from "node:util";
import { drillNamed } from "../src/drills/catalogue.ts";
import { waitForGreen } from "../src/drills/cluster-view.ts";
import { resultText } from "../src/drills/result.ts";
import { runDrill } from "../src/drills/run-drill.ts";
import { openLab } from "../src/lab/lab.ts";
import { report } from "./common.ts";

/**
 * A node that is alive must not lose the service address: for a long time many of the packets from and to the active node
 * are lost while busy loops take its processors, and callers go on calling.
 *
 *   node bench/false-takeover.ts [--minutes 10] [--loss 20] [--loops 4] [--rate 20] [--lab starving]
 */
const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    loss: { type: "string", default: "20" },
    loops: { type: "string", default: "4" },
    rate: { type: "string", default: "20" },
    lab: { type: "string", default: "starving" },
  },
});
const [minutes, loss, loops] = [Number(values.minutes), Number(values.loss), Number(values.loops)];
const tell = (text: string) => void process.stderr.write(`${text}\n`);
const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.on(signal, () => stop.abort(new Error("interrupted")));

const lab = openLab(values.lab);
let kept = false;
await lab.up({ isolated: true, detach: false, fresh: true });
try {
  await waitForGreen(lab, 180_000, (why) => tell(`waiting: ${why.join("; ")}`), stop.signal);
  const result = await runDrill(
    lab,
    {
      ...drillNamed("packet-loss-20"),
      name: "false-takeover",
      title: `${loss} % of the packets from and to the active node are lost and ${loops} busy loops run beside it for ${minutes} min`,
      steps: [
        { do: "cut", from: "active", to: "everyone", loss },
        { do: "busy", on: "active", loops },
      ],
      holdMs: minutes * 60_000,
      outageMs: (minutes + 1) * 60_000,
    },
    { runs: 1, rate: Number(values.rate), startedBy: "bench", tell, signal: stop.signal },
  );
  tell(resultText(result));
  await report(
    "false-takeover",
    result.runs.map(({ master, figures, ledger }) => ({
      minutes,
      "loss %": loss,
      "busy loops": loops,
      "false takeovers": master === null ? 0 : `by ${master}`,
      calls: figures.attempts,
      saved: figures.savedByRetransmission,
      lost: figures.lost,
      "redials failed": figures.redialsFailed,
      "longest gap ms": figures.z ?? "–",
      records: ledger.found,
      missing: ledger.missing.length,
      doubled: ledger.doubled.length,
    })),
  );
  kept = result.runs.length > 0 && result.broken.length === 0;
} finally {
  // What went wrong stands in the hosts' logs.
  await lab.down({ wipe: kept });
  if (!kept) tell(`not kept; see ${lab.paths.root}`);
  process.exitCode = kept ? 0 : 1;
}
