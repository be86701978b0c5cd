import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { succeeded } from "../src/callers/attempt.ts";
import { startPhone } from "../src/callers/phone.ts";
import { routeKnown, routePrefix } from "../src/drills/api.ts";
import { waitForGreen } from "../src/drills/cluster-view.ts";
import { labGround } from "../src/drills/ground.ts";
import { startProber } from "../src/drills/prober.ts";
import { partsOf } from "../src/lab/agents.ts";
import { openLab } from "../src/lab/lab.ts";
import { activeNodes } from "../src/lab/readiness.ts";
import { percentile, report, rounded } from "./common.ts";
import { startBare } from "./cost/bare.ts";
import { type Cost, look, measure, memory, namedSyscalls, type Place } from "./cost/meter.ts";
import { partRows, ratioRows, type Step } from "./cost/tables.ts";

/**
 * What a call costs, and what rest costs: processor time of every part of holder, standby and witness, beside a bare
 * Kamailio and a bare Kamailio with rtpengine that take the same calls in the same run. Short calls (INVITE with SDP, 200,
 * ACK, BYE); their audio goes through the relay, as by default, unless --no-relay.
 *
 *   node bench/cost.ts [--lab NAME: one that runs and is green; otherwise one is made and taken down again]
 *     [--rates 10,50,100,200] [--seconds 20] [--rest 30] [--no-relay] [--syscalls: by name, at the last rate] [--json]
 */
const { values } = parseArgs({
  options: {
    lab: { type: "string" },
    rates: { type: "string", default: "10,50,100,200" },
    seconds: { type: "string", default: "20" },
    rest: { type: "string", default: "30" },
    "no-relay": { type: "boolean", default: false },
    syscalls: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});
const seconds = Number(values.seconds);
const number = "99745";
const phonePort = 5093;
const patienceMs = 4000;
const tell = (text: string) => void process.stderr.write(`${text}\n`);
const interrupted = new AbortController();
for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(name, () => interrupted.abort());
const { signal } = interrupted;

const lab = openLab(values.lab ?? "cost");
const directory = mkdtempSync(join(tmpdir(), "dialtone-cost-"));
// Kamailio and rtpengine of the baselines write here.
chmodSync(directory, 0o755);
if (values.lab === undefined) await lab.up({ isolated: true, detach: false, fresh: true });
try {
  const waitedMs = await waitForGreen(lab, 300_000, (why) => tell(`not yet: ${why.join("; ")}`), signal);
  tell(`green after ${Math.round(waitedMs / 1000)} s`);
  const state = lab.state();
  const ground = labGround(lab);
  const phone = `${ground.called.address}:${phonePort}`;
  await using bare = await startBare(state, directory, phone);
  const clusterPlaces: Place[] = Object.entries(state.hosts).flatMap(([host, { data, namespace }]) =>
    data === null
      ? []
      : [
          {
            host,
            namespace,
            roots: () =>
              Object.fromEntries(Object.entries(partsOf(data)).map(([part, { pid }]) => [part, pid])),
          },
        ],
  );
  const places = [...clusterPlaces, bare.place];
  await using _phone = await startPhone({
    place: ground.called,
    directory,
    name: "costphone",
    port: phonePort,
  });
  await routePrefix(
    lab.name,
    "bench-cost",
    number,
    phone,
    values["no-relay"] ? { media: "direct" as const } : {},
  );
  await routeKnown(lab, number, 60_000);
  const holder = async () => activeNodes((await lab.status()).hosts)[0] ?? "";

  /** Calls at a rate to one server; what all parts used while they came steadily. */
  async function load(server: string, rate: number): Promise<Step["targets"][string]> {
    await using prober = await startProber({
      place: ground.caller,
      directory,
      service: server,
      from: "0445550101",
      to: number,
      rate,
      patienceMs,
    });
    await delay(2000, undefined, { signal });
    const from = Date.now();
    const costs = await measure(places, seconds);
    const to = Date.now();
    await prober.finish();
    const calls = prober
      .attempts()
      .filter((call) => !call.redial && call.started >= from && call.started < to);
    const good = calls.filter(succeeded);
    const setUp = good.map((call) => (call.answered ?? 0) - call.started);
    // Of what a call costs behind its end (records), most is over.
    await delay(1000, undefined, { signal });
    return {
      calls: calls.length,
      failed: calls.length - good.length,
      repeated: calls.filter((call) => call.retransmissions > 0).length,
      setUpMs: { p50: rounded(percentile(setUp, 0.5)), p99: rounded(percentile(setUp, 0.99)) },
      costs,
    };
  }

  const first = await holder();
  // What a start leaves behind should be over.
  await delay(values.lab === undefined ? 10_000 : 1000, undefined, { signal });
  const rest = await measure(places, Number(values.rest));
  const mib = memory(places);
  tell("at rest: measured");
  const steps: Step[] = [];
  for (const rate of values.rates.split(",").map(Number)) {
    const before = await holder();
    const service = await load(ground.service, rate);
    const after = await holder();
    const alone = await load(bare.alone, rate);
    const withRelay = await load(bare.withRelay, rate);
    const targets = { service, alone, withRelay };
    steps.push({ rate, holder: before, moved: before !== after, targets });
    tell(
      `${rate} calls/s: ${service.calls} calls, ${service.failed} failed, p99 ${service.setUpMs.p99} ms; ` +
        `bare: ${alone.failed} and ${withRelay.failed} failed`,
    );
  }
  const named: Record<string, Record<string, number>> = {};
  const last = Number(values.rates.split(",").at(-1));
  if (values.syscalls) {
    await using _prober = await startProber({
      place: ground.caller,
      directory,
      service: ground.service,
      from: "0445550101",
      to: number,
      rate: last,
      patienceMs,
    });
    for (const [key, { pids }] of look(clusterPlaces)) named[key] = await namedSyscalls(pids, 5);
  }
  const ratios = ratioRows(steps, rest);
  const parts = partRows(steps, rest, mib, first);
  await report("cost", ratios, {
    quiet: values.json,
    more: { relay: !values["no-relay"], seconds, parts, rest: rest satisfies Cost[], steps, named },
    tables: [parts],
  });
  if (values.json) process.stdout.write(`${JSON.stringify({ ratios, parts, named }, null, 2)}\n`);
  else
    for (const [key, calls] of Object.entries(named))
      process.stdout.write(
        `${key}: ${
          Object.entries(calls)
            .slice(0, 8)
            .map(([call, rate]) => `${call} ${Math.round(rate)}/s`)
            .join(", ") || "none seen"
        }\n`,
      );
} finally {
  if (values.lab === undefined) await lab.down({ wipe: true });
  rmSync(directory, { recursive: true, force: true });
}
