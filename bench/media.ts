import { parseArgs } from "node:util";
import { type MediaFault, mediaDrill, mediaText } from "../src/drills/media-drill.ts";
import { openLab } from "../src/lab/lab.ts";
import { report } from "./common.ts";

/**
 * Established calls with audio through a fault, again and again.
 *
 *   node bench/media.ts [--lab lab] [--calls 100] [--runs 10] [--faults host-death,switchover,…]
 */
const all: Record<string, MediaFault> = {
  "host-death": { kind: "host-death" },
  switchover: { kind: "switchover" },
  ...Object.fromEntries(
    (["rtpengine", "redis"] as const).flatMap((part) =>
      (["process-death", "process-hang"] as const).flatMap((kind) =>
        (["active", "standby"] as const).map((on) => [
          `${kind}:${part}:${on}`,
          { kind, part, on } satisfies MediaFault,
        ]),
      ),
    ),
  ),
};
const { values } = parseArgs({
  options: {
    lab: { type: "string", default: "lab" },
    calls: { type: "string", default: "100" },
    runs: { type: "string", default: "10" },
    faults: { type: "string", default: Object.keys(all).join(",") },
  },
});
const rows: Record<string, string | number>[] = [];
for (const name of values.faults.split(",")) {
  const fault = all[name];
  if (!fault) throw new Error(`no fault '${name}'; there are ${Object.keys(all).join(", ")}`);
  const result = await mediaDrill(openLab(values.lab), {
    fault,
    runs: Number(values.runs),
    calls: Number(values.calls),
    tell: (text) => void process.stderr.write(`${name}: ${text}\n`),
    signal: new AbortController().signal,
  });
  process.stdout.write(`${mediaText(result)}\n`);
  const { summary } = result;
  const spreadText = (value: typeof summary.gap_ms) =>
    value ? `${value.min} / ${value.median} / ${value.max}` : "–";
  rows.push({
    fault: name,
    runs: result.runs.length,
    "gap ms, min / median / max": spreadText(summary.gap_ms),
    "without fault": spreadText(summary.calm_gap_ms),
    "packets lost per end": spreadText(summary.lost),
    "calls dropped": summary.dropped,
    "BYEs failed": summary.byes_failed,
    "records wrong": summary.records_wrong,
    "new calls failed": `${summary.attempts_failed} of ${summary.attempts}`,
    "slowest set-up ms": summary.slowest_ms,
  });
}
await report(
  `media-${values.faults === Object.keys(all).join(",") ? "all" : values.faults.replaceAll(/[^a-z-]+/g, "_")}`,
  rows,
);
