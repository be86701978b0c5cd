import { parseArgs } from "node:util";
import { z } from "zod";
import { drillNamed } from "../src/drills/catalogue.ts";
import { waitForGreen } from "../src/drills/cluster-view.ts";
import { type Spread, spread } from "../src/drills/measure.ts";
import { mediaDrill } from "../src/drills/media-drill.ts";
import { runDrill } from "../src/drills/run-drill.ts";
import { askSocket } from "../src/http/socket.ts";
import { agentSocketOf } from "../src/lab/agents.ts";
import { openLab } from "../src/lab/lab.ts";
import { policyDefaults } from "../src/planner/defaults.ts";
import { report } from "./common.ts";

/**
 * Each takeover policy: the active node loses its power, again and again; d, b, i, f and z beside what the formulas say.
 *
 *   node bench/policies.ts [--runs 5] [--policies cold-passive,warm-passive,warm-active] [--lab policies]
 *
 * d: fault → the survivor is VRRP master. b: master → its Kamailio was restarted (0 where it runs already). i: the rest of
 * f. f: master → first answered call. z: last answered call before → first after; the formula says z = d + f, and the
 * difference is the distance of two calls.
 */
const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "5" },
    policies: { type: "string", default: "cold-passive,warm-passive,warm-active" },
    lab: { type: "string", default: "policies" },
  },
});
const signal = new AbortController().signal;
const tell = (text: string) => void process.stderr.write(`${text}\n`);
const lab = openLab(values.lab);
const rows: Record<string, string | number>[] = [];
const spreadText = (value: Spread | null) =>
  value ? [value.min, value.median, value.max].map(Math.round).join(" / ") : "–";
const eventsSchema = z.array(z.object({ wallMs: z.number(), kind: z.string(), subject: z.string() }));

/** From gaining the address to the start of Kamailio on the survivor, ms; 0: it ran. */
async function bootMs(survivor: string, from: number, to: number): Promise<number> {
  const data = lab.state().hosts[survivor]?.data ?? "";
  const events = eventsSchema.parse(await askSocket(agentSocketOf(data), "GET", "/events"));
  const between = events.filter((event) => event.wallMs >= from && event.wallMs <= to);
  const gained = between.find((event) => event.kind === "address" && event.subject === "gained");
  const started = between.find((event) => event.kind === "part-started" && event.subject === "kamailio");
  return gained && started ? Math.max(0, started.wallMs - gained.wallMs) : 0;
}

for (const policy of values.policies.split(",")) {
  await lab.up({ isolated: true, detach: false, fresh: true, settings: { policy } });
  try {
    await waitForGreen(lab, 120_000, (why) => tell(`${policy}: ${why.join("; ")}`), signal);
    const kind = { ...drillNamed("host-death"), outageMs: 30_000, patienceMs: 10_000 };
    const boots: number[] = [];
    const result = await runDrill(lab, kind, {
      runs: Number(values.runs),
      rate: 20,
      startedBy: "bench",
      tell,
      signal,
      onRun: async ({ at, master, figures }) => {
        const fault = Date.parse(at);
        const until = fault + (figures.d ?? 0) + (figures.f ?? 0);
        boots.push(policy === "cold-passive" && master ? await bootMs(master, fault, until) : 0);
      },
    });
    const talk = await mediaDrill(lab, { fault: { kind: "host-death" }, runs: 1, calls: 10, tell, signal });
    const { d_ms, f_ms, z_ms, records } = result.summary;
    const b = spread(boots);
    const i = spread(
      result.runs.map(({ figures }, run) => (figures.f === null ? null : figures.f - (boots[run] ?? 0))),
    );
    const assumed = policyDefaults[`hot/${policy.replace("hot-hot", "hot")}` as keyof typeof policyDefaults];
    const seconds = (range: { low: number; high: number }) =>
      range.high === 0 ? "0" : `${range.low}–${range.high} s`;
    rows.push({
      policy,
      runs: result.runs.length,
      "d ms": spreadText(d_ms),
      "b ms": spreadText(b),
      "i ms": spreadText(i),
      "f ms": spreadText(f_ms),
      "z ms": spreadText(z_ms),
      "z = d + f": d_ms && f_ms ? Math.round(d_ms.median + f_ms.median) : "–",
      "planner's d, b, i": `${seconds(assumed.d)}, ${seconds(assumed.b)}, ${seconds(assumed.i)}`,
      "calls in progress dropped": `${talk.summary.dropped} of 10`,
      "redials failed": result.summary.redials_failed,
      "records missing": records.missing,
    });
  } finally {
    await lab.down({ wipe: true });
  }
}
await report("policies", rows);
