import { chmodSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { succeeded } from "../src/callers/attempt.ts";
import { startProber } from "../src/drills/prober.ts";
import { percentile, report, rounded } from "./common.ts";
import { startBare } from "./cost/bare.ts";
import { type Cost, look, measure, memory, namedSyscalls } from "./cost/meter.ts";
import { placesOf } from "./cost/places.ts";
import { profilePart } from "./cost/profile.ts";
import { partRows, ratioRows, type Step } from "./cost/tables.ts";
import { openStage } from "./load/stage.ts";

/**
 * What a call costs, and what rest costs: processor time of every part of holder, standby and witness, beside a bare
 * Kamailio and a bare Kamailio with rtpengine that take the same calls in the same run. Short calls (INVITE with SDP, 200,
 * ACK, BYE); their audio goes through the relay, as by default, unless --no-relay.
 *
 *   node bench/cost.ts [--lab NAME: one that runs and is green; otherwise one is made and taken down again]
 *     [--rates 10,50,100,200] [--seconds 20] [--rest 30] [--no-relay] [--json]
 *     [--syscalls: by name, at the last rate] [--profile "a app": where its time goes, at the last rate]
 */
const { values } = parseArgs({
  options: {
    lab: { type: "string" },
    rates: { type: "string", default: "10,50,100,200" },
    seconds: { type: "string", default: "20" },
    rest: { type: "string", default: "30" },
    "no-relay": { type: "boolean", default: false },
    syscalls: { type: "boolean", default: false },
    profile: { type: "string" },
    json: { type: "boolean", default: false },
  },
});
const seconds = Number(values.seconds);
const number = "99745";
const patienceMs = 4000;
await using stage = await openStage(values.lab, "cost");
const { lab, ground, directory, signal, tell } = stage;
const state = lab.state();
// Kamailio and rtpengine of the baselines write here.
chmodSync(directory, 0o755);
await using bare = await startBare(state, directory, stage.phone);
const clusterPlaces = placesOf(state);
const places = [...clusterPlaces, bare.place];
await stage.route(number, values["no-relay"] ? { media: "direct" } : {});
const { holder } = stage;

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
  const calls = prober.attempts().filter((call) => !call.redial && call.started >= from && call.started < to);
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
if (values.syscalls || values.profile !== undefined) {
  await using _prober = await startProber({
    place: ground.caller,
    directory,
    service: ground.service,
    from: "0445550101",
    to: number,
    rate: last,
    patienceMs,
  });
  await delay(2000, undefined, { signal });
  if (values.syscalls)
    for (const [key, { pids }] of look(clusterPlaces)) named[key] = await namedSyscalls(pids, 5);
  if (values.profile !== undefined) {
    const [host, part = ""] = values.profile.split(" ");
    const place = clusterPlaces.find((one) => one.host === host);
    if (!place) throw new Error(`--profile '${values.profile}': give a host and a part, such as "a app"`);
    tell(await profilePart(place, part, 10, join(tmpdir(), `dialtone-${host}-${part}`)));
  }
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
